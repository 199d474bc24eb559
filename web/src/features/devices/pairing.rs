//! Letting a tablet in, on the owner's side: the invitation, the comparison, the decision.

use std::rc::Rc;

use lucerna_shared::engine::api::{
    AnswerPairing, CancelPairing, Event as EngineEvent, PairingInvite, Role, StartPairing,
};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Event, Guest, Pairing, left};
use super::qr::Qr;
use crate::i18n::{t, t_args};
use crate::session::{use_client, use_engine_event};
use crate::ui::patient_line::role_text;
use crate::ui::{Button, Choice, FaultNote, Kind, Notice, Sign, Toggle, Tone, Waiting, clock};

#[derive(Default)]
struct State(Pairing);

impl Reducible for State {
    type Action = Event;
    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        Rc::new(State(self.0.clone().update(event)))
    }
}

#[component]
pub fn PairTablet() -> Html {
    let client = use_client();
    let state = use_reducer(State::default);
    let send = state.dispatcher();
    {
        let send = send.clone();
        use_engine_event((), move |event| {
            if let EngineEvent::Pairing(heard) = event {
                send.dispatch(Event::Heard(heard.clone()));
            }
        });
    }
    let start = {
        let (client, send) = (client.clone(), send.clone());
        Callback::from(move |()| {
            send.dispatch(Event::Started);
            let (client, send) = (client.clone(), send.clone());
            spawn_local(async move {
                match client.call(StartPairing {}).await {
                    Ok(invite) => send.dispatch(Event::Opened(invite)),
                    Err(fault) => send.dispatch(Event::Failed(fault)),
                }
            });
        })
    };
    let cancel = {
        let (client, send) = (client.clone(), send.clone());
        Callback::from(move |()| {
            send.dispatch(Event::Closed);
            let client = client.clone();
            // Nothing to say when the window was shut already.
            spawn_local(async move { drop(client.call(CancelPairing {}).await) });
        })
    };
    let answer = {
        let (client, send) = (client.clone(), send.clone());
        Callback::from(move |(accept, role): (bool, Role)| {
            send.dispatch(if accept { Event::Accepted } else { Event::Closed });
            let (client, send) = (client.clone(), send.clone());
            spawn_local(async move {
                if let Err(fault) = client.call(AnswerPairing { accept, role }).await {
                    send.dispatch(Event::Failed(fault));
                }
            });
        })
    };
    // Leaving the page shuts the window: an invitation nobody looks at must not stay open.
    let open = use_mut_ref(|| false);
    *open.borrow_mut() = matches!(state.0, Pairing::Open(_) | Pairing::Opening);
    use_effect_with((), move |()| {
        move || {
            if *open.borrow() {
                spawn_local(async move { drop(client.call(CancelPairing {}).await) });
            }
        }
    });
    let onrole = {
        let send = send.clone();
        Callback::from(move |role| send.dispatch(Event::RoleChosen(role)))
    };
    let onexpired = {
        let send = send.clone();
        Callback::from(move |()| send.dispatch(Event::Expired))
    };
    let close = Callback::from(move |()| send.dispatch(Event::Closed));
    html! {
        <section class="panel pairing" aria-labelledby="pair-title">
            <h2 id="pair-title">{ t("pair-title") }</h2>
            { match &state.0 {
                Pairing::Closed => html! {
                    <div class="panel-line"><p>{ t("pair-text") }</p><Button label={t("alone-pair")} icon={Sign::QrCode} kind={Kind::Primary} onclick={start} /></div>
                },
                Pairing::Opening => html! {
                    <div class="stack"><p>{ t("pair-opening") }</p><Waiting lines={1} /><p class="hint late">{ t("pair-opening-slow") }</p><div><Button label={t("cancel")} onclick={cancel} /></div></div>
                },
                Pairing::Open(invite) => html! { <Invitation invite={invite.clone()} oncancel={cancel} {onexpired} /> },
                Pairing::Asked(guest) => html! { <Decision guest={guest.clone()} {onrole} onanswer={answer} /> },
                Pairing::Admitting(guest) => html! { <div aria-live="polite"><p>{ t_args("pair-admitting", [("device", guest.device.as_str().into())]) }</p><Waiting lines={1} /></div> },
                Pairing::Done(device) => html! {
                    <Notice tone={Tone::Good} alert=true actions={html! { <Button label={t("close")} onclick={close} /> }}>
                        { t_args("pair-done", [("device", device.as_str().into())]) }
                    </Notice>
                },
                Pairing::Failed(fault) => html! { <FaultNote fault={fault.clone()} retry={start} /> },
            } }
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct InvitationProps {
    invite: PairingInvite,
    oncancel: Callback<()>,
    onexpired: Callback<()>,
}

#[component]
fn Invitation(props: &InvitationProps) -> Html {
    let now = clock::use_now(500);
    let rest = left(props.invite.expires, now);
    {
        let told = props.onexpired.clone();
        use_effect_with(rest.is_none(), move |over| {
            if *over {
                told.emit(());
            }
        });
    }
    let digits = props
        .invite
        .digits
        .as_bytes()
        .chunks(4)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    html! {
        <div class="invitation">
            <Qr modules={props.invite.qr.clone()} label={t("pair-qr")} />
            <div class="invitation-words">
                <ol class="steps">
                    <li>{ t("pair-step-open") }</li>
                    <li>{ t("pair-step-scan") }</li>
                    <li>{ t("pair-step-compare") }</li>
                </ol>
                <p class="hint">{ t("pair-or-type") }</p>
                <p class="big-digits" data-testid="pairing-digits">{ digits }</p>
                <p class="hint" role="timer">{ t_args("pair-expires", [("left", rest.unwrap_or_default().into())]) }</p>
                <Button label={t("cancel")} onclick={props.oncancel.clone()} />
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct DecisionProps {
    guest: Guest,
    onrole: Callback<Role>,
    onanswer: Callback<(bool, Role)>,
}

#[component]
fn Decision(props: &DecisionProps) -> Html {
    let guest = &props.guest;
    let choices =
        vec![Choice::new("clinician", role_text(Role::Clinician)), Choice::new("owner", role_text(Role::Owner))];
    let value = match guest.role {
        Role::Owner => "owner",
        Role::Clinician => "clinician",
    };
    let onchange = props.onrole.reform(|value: AttrValue| if value == "owner" { Role::Owner } else { Role::Clinician });
    let role = guest.role;
    let say = |accept: bool| props.onanswer.reform(move |()| (accept, role));
    let digits = guest
        .digits
        .chars()
        .enumerate()
        .map(|(i, c)| if i == 3 { format!(" {c}") } else { c.to_string() })
        .collect::<String>();
    html! {
        <div class="decision" role="group" aria-label={t("pair-compare")}>
            <p role="alert">{ t_args("pair-asked", [("device", guest.device.as_str().into()), ("name", guest.staff.as_str().into())]) }</p>
            <p>{ t("pair-compare-text") }</p>
            <p class="big-digits" data-testid="verify-digits">{ digits }</p>
            <Toggle id="pair-role" label={t("pair-role")} {choices} {value} {onchange} />
            <div class="form-actions">
                <Button label={t("pair-refuse")} kind={Kind::Danger} onclick={say(false)} />
                <Button label={t("pair-accept")} kind={Kind::Primary} onclick={say(true)} />
            </div>
        </div>
    }
}

//! Draws the bar at the foot of the visit: what is saved and when, and the ways out.

use yew::prelude::*;

use super::autosave::SaveState;
use super::model::{Event, Question, Stage, Visit};
use crate::i18n::fault::fault_text;
use crate::i18n::{t, t_args};
use crate::ui::{Button, Icon, Kind, Sign, clock};

const SIGN_ID: &str = "visit-sign";

pub fn bar(visit: &Visit, send: &Callback<Event>) -> Html {
    html! {
        <footer class="visit-bar">
            { saved(visit, send) }
            <div class="visit-bar-buttons">
                if matches!(visit.stage, Stage::Reviewing | Stage::Signing) {
                    { reviewing(visit, send) }
                } else {
                    { writing(visit, send) }
                }
            </div>
        </footer>
    }
}

fn writing(visit: &Visit, send: &Callback<Event>) -> Html {
    let blank = visit.draft.is_blank();
    html! {
        <>
            <Button label={t("visit-discard")} icon={Sign::Trash} icon_only=true kind={Kind::Quiet} disabled={blank} onclick={send.reform(|()| Event::Ask(Question::Discard))} />
            <Button label={t("visit-leave")} onclick={send.reform(|()| Event::Leave)} />
            <Button label={t("visit-review")} kind={Kind::Primary} icon={Sign::Sign} disabled={blank} onclick={send.reform(|()| Event::Review)} />
        </>
    }
}

fn reviewing(visit: &Visit, send: &Callback<Event>) -> Html {
    let signing = visit.stage == Stage::Signing;
    html! {
        <>
            <Button label={t("visit-review-change")} disabled={signing} onclick={send.reform(|()| Event::BackToWriting)} />
            <Button id={SIGN_ID} label={t(if signing { "visit-signing" } else { "visit-sign" })} kind={Kind::Primary}
                icon={Sign::Sign} busy={signing} onclick={send.reform(|()| Event::Sign)} />
        </>
    }
}

/// Always there, and true: "saved" only after a commit that survives a crash.
fn saved(visit: &Visit, send: &Callback<Event>) -> Html {
    let (tone, sign, words) = match visit.save.state() {
        SaveState::Untouched => ("quiet", None, t("visit-untouched")),
        SaveState::Saving => ("quiet", Some(Sign::Sync), t("visit-saving")),
        SaveState::Saved(at) => ("good", Some(Sign::Check), t_args("visit-saved", [("time", clock::when(at).into())])),
        SaveState::Failed(fault) => {
            ("bad", Some(Sign::Warning), t_args("visit-save-failed", [("why", fault_text(&fault).into())]))
        }
    };
    let failed = tone == "bad";
    html! {
        <div class={classes!("visit-saved", tone)}>
            // Read out when it fails; the coming and going of "Saving…" would be noise.
            <span role={if failed { "alert" } else { "presentation" }} class="visit-saved-words" data-save={tone}>
                if let Some(sign) = sign { <Icon {sign} /> }
                { words }
            </span>
            if failed { <Button label={t("visit-save-retry")} class="small" onclick={send.reform(|()| Event::Flush)} /> }
        </div>
    }
}

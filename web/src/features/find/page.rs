//! The find page: the box keeps focus, arrows choose, Enter opens, a tap opens.

use std::rc::Rc;

use lucerna_shared::clinic::patient::PatientRow;
use lucerna_shared::engine::api::{Event as EngineEvent, Fault, Phase, Recent, Search, SearchSimilar};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::model::{Event, Model};
use crate::i18n::number::count;
use crate::i18n::{t, t_args};
use crate::route::Route;
use crate::session::query::on_any_change;
use crate::session::{use_client, use_engine_event, use_nav, use_query};
use crate::ui::{Button, FaultNote, Icon, Kind, Nothing, PatientLine, Sign, dom};

const LIMIT: u32 = 20;

#[derive(Default)]
struct State(Model);

impl Reducible for State {
    type Action = Event;
    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        Rc::new(State(self.0.clone().update(event)))
    }
}

#[component]
pub fn FindPage() -> Html {
    let (client, nav) = (use_client(), use_nav());
    let state = use_reducer(State::default);
    let send = state.dispatcher();
    let recent = use_query(Recent { limit: LIMIT }, on_any_change);
    let field = use_node_ref();
    let latest = use_mut_ref(String::new);
    let model = &state.0;

    let search = use_callback(client, {
        let send = send.clone();
        move |query: String, client: &crate::platform::client::EngineClient| {
            let (client, send) = (client.clone(), send.clone());
            spawn_local(async move {
                let few = match client.call(Search { query: query.clone(), limit: LIMIT }).await {
                    Ok(mut results) => {
                        results.query.clone_from(&query);
                        let few = results.few;
                        send.dispatch(Event::Found(results));
                        few
                    }
                    Err(fault) => return send.dispatch(Event::Failed { query, fault }),
                };
                if !few {
                    return;
                }
                match client.call(SearchSimilar { query: query.clone(), limit: LIMIT }).await {
                    Ok(mut results) => {
                        results.query = query;
                        send.dispatch(Event::Similar(results));
                    }
                    // Somebody typed on; the answer to that is on its way.
                    Err(Fault::Cancelled) => {}
                    Err(fault) => send.dispatch(Event::Failed { query, fault }),
                }
            });
        }
    });
    {
        let field = field.clone();
        use_effect_with((), move |()| dom::focus(&field));
    }
    {
        let (search, latest) = (search.clone(), latest.clone());
        let send = send.clone();
        use_engine_event((), move |event| {
            if let EngineEvent::Progress { phase: Phase::Indexing, done, total, .. } = event {
                send.dispatch(Event::Lacking(total.saturating_sub(*done)));
            }
            let typed = latest.borrow().clone();
            if matches!(event, EngineEvent::Changed { .. }) && !typed.trim().is_empty() {
                search.emit(typed);
            }
        });
    }
    let oninput = {
        let send = send.clone();
        move |event: InputEvent| {
            let typed = dom::value_of(&event);
            latest.borrow_mut().clone_from(&typed);
            send.dispatch(Event::Typed(typed.clone()));
            if !typed.trim().is_empty() {
                search.emit(typed);
            }
        }
    };
    // Before anything is typed the list shows who was seen lately; arrows and Enter work there too.
    let lately = recent.loaded.ready().cloned().unwrap_or_default();
    let no_patients = model.blank() && recent.loaded.ready().is_some_and(Vec::is_empty);
    let rows: Vec<PatientRow> = if model.blank() { lately } else { model.rows.clone() };
    let register = Route::Register { typed: model.typed.trim().to_owned() };
    let onkeydown = {
        let (send, nav, model) = (send.clone(), nav.clone(), model.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                send.dispatch(Event::Down);
            }
            "ArrowUp" => {
                event.prevent_default();
                send.dispatch(Event::Up);
            }
            "Enter" => {
                if let Some(row) = model.open() {
                    nav.go(Route::chart(row.patient.clone()));
                }
            }
            "Escape" if !model.typed.is_empty() => {
                event.prevent_default();
                send.dispatch(Event::Typed(String::new()));
            }
            _ => {}
        }
    };
    let active = (!model.blank() && !rows.is_empty()).then(|| format!("found-{}", model.chosen));
    html! {
        <div class="find">
            <header class="page-head">
                <h1>{ t("title-find") }</h1>
                <div class="page-actions"><Button label={t("register-patient")} icon={Sign::PersonAdd} kind={Kind::Primary} onclick={nav.to(register.clone())} /></div>
            </header>
            <div class="find-box">
                <Icon sign={Sign::Find} />
                <input
                    ref={field} id="find-box" type="search" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false"
                    aria-label={t("find-label")} aria-describedby="find-hint" aria-expanded={if rows.is_empty() { "false" } else { "true" }}
                    aria-controls="found" aria-activedescendant={active} aria-autocomplete="list" placeholder={t("find-placeholder")}
                    value={model.typed.clone()} {oninput} {onkeydown}
                />
            </div>
            <p class="hint" id="find-hint">{ t("find-hint") }<span class="find-keys">{ " " }{ t("find-keys") }</span></p>
            if model.lacking > 0 { <p class="hint" role="status">{ t_args("find-lacking", [("count", model.lacking.into())]) }</p> }
            if let Some(fault) = &model.fault { <FaultNote fault={fault.clone()} /> }
            <div class="found-head">
                if !rows.is_empty() { <h2>{ if model.blank() { t("today-recent") } else { t("find-results") } }</h2> }
                <p class="hint" role="status">
                    if !model.blank() && model.fresh && !rows.is_empty() {
                        { t_args(if model.more { "showing-of-more" } else { "showing-of" }, [("shown", count(rows.len() as u64).into()), ("total", count(model.total).into())]) }
                    }
                    if model.looking { { " " } { t("find-looking") } }
                </p>
            </div>
            if no_patients { <Nothing text_key="today-no-patients" /> }
            if model.nobody() {
                <Nothing text_key="find-nobody">
                    <Button label={t_args("find-register", [("typed", model.typed.trim().into())])} icon={Sign::PersonAdd} onclick={nav.to(register)} />
                </Nothing>
            }
            <ul class="rows found" id="found" role="listbox" aria-label={t("find-results")}>
                for (index, row) in rows.into_iter().enumerate() {
                    <li
                        key={row.patient.clone()} id={format!("found-{index}")} role="option" class="row"
                        aria-selected={if !model.blank() && index == model.chosen { "true" } else { "false" }}
                        onclick={let go = nav.to(Route::chart(row.patient.clone())); move |_: MouseEvent| go.emit(())}
                    >
                        <PatientLine {row} visit=true />
                        <Icon sign={Sign::Forward} />
                    </li>
                }
            </ul>
        </div>
    }
}

//! Draws the export of the clinic: what it is, a plain warning, progress, and what came out.

use yew::prelude::*;

use super::import::running;
use super::model::{Event, Export, Model};
use crate::i18n::{number, t, t_args};
use crate::ui::{Button, Confirm, FaultNote, Kind, Notice, Sign, Tone};

pub fn export(model: &Model, send: &Callback<Event>) -> Html {
    html! {
        <section class="card exchange-part" aria-labelledby="export-title">
            <h2 id="export-title">{ t("export-title") }</h2>
            { match &model.export {
                Export::Idle => offer(send),
                Export::Asking => html! {
                    <>
                        { offer(send) }
                        <Confirm id="export-ask" title={t("export-ask")} text={t("export-not-encrypted")} confirm={t("export-go")}
                            onconfirm={send.reform(|()| Event::StartExport)} oncancel={send.reform(|()| Event::CloseExport)} />
                    </>
                },
                Export::Running(run) => running(run, send.reform(|()| Event::CancelExport)),
                Export::Done(report) => html! {
                    <>
                        <Notice tone={Tone::Good}>
                            { t_args("export-done", [("count", number::count(report.resources).into()), ("size", number::bytes(report.bytes).into())]) }
                            { " " }<code>{ &report.file_name }</code>
                        </Notice>
                        <p class="hint">{ t("export-keep-safe") }</p>
                        { offer(send) }
                    </>
                },
                Export::Failed(fault) => html! { <><FaultNote fault={fault.clone()} />{ offer(send) }</> },
            } }
        </section>
    }
}

fn offer(send: &Callback<Event>) -> Html {
    html! {
        <>
            <p>{ t("export-clinic-text") }</p>
            <div class="exchange-acts">
                <Button id="export-clinic" label={t("export-clinic")} icon={Sign::Export} kind={Kind::Plain} onclick={send.reform(|()| Event::AskExport)} />
            </div>
        </>
    }
}

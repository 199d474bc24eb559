//! Draws the import: drop zone, progress, preview with its issues, report.

use lucerna_shared::engine::api::{Fault, ImportCount, ImportPreview, ImportReport, Issue, Phase, UnfinishedImport};
use yew::html::Scope;
use yew::prelude::*;

use super::model::{Event, Import, Model, Running, by_file};
use super::page::{ExchangePage, Msg};
use crate::i18n::{number, t, t_args};
use crate::platform::files;
use crate::ui::{Button, FaultNote, Icon, Kind, Notice, PatientLine, Progress, Sign, Tone};

/// Issues of one file before "and 200 more": the report has them all.
const ISSUES: usize = 50;

pub fn import(model: &Model, dragging: bool, link: &Scope<ExchangePage>) -> Html {
    let send = link.callback(Msg::Exchange);
    html! {
        <section class="card exchange-part" aria-labelledby="import-title">
            <h2 id="import-title">{ t("import-title") }</h2>
            { match &model.import {
                Import::Choosing => html! {
                    <>
                        if model.dropped { <Notice tone={Tone::Quiet}>{ t("import-dropped") }</Notice> }
                        { choosing(dragging, link) }
                    </>
                },
                Import::Interrupted(left, fault) => interrupted(left, fault.as_ref(), &send),
                Import::Previewing(run) | Import::Writing(run) => running(run, send.reform(|()| Event::CancelImport)),
                Import::Undoing(run) => undoing(run),
                Import::Previewed(preview) => previewed(preview, &send),
                Import::Done(report) => done(report, link),
                Import::Failed(fault) => html! {
                    <div id="exchange-result" tabindex="-1">
                        <FaultNote fault={fault.clone()} />
                        <p>{ t("import-nothing-changed") }</p>
                        <Button label={t("import-other-files")} onclick={send.reform(|()| Event::StartOver)} />
                    </div>
                },
            } }
        </section>
    }
}

fn choosing(dragging: bool, link: &Scope<ExchangePage>) -> Html {
    let over = link.callback(|e: DragEvent| {
        e.prevent_default();
        Msg::Dragging(true)
    });
    html! {
        <div class={classes!("drop-zone", dragging.then_some("over"))}
            ondragenter={over.clone()} ondragover={over} ondragleave={link.callback(|_: DragEvent| Msg::Dragging(false))}
            ondrop={link.callback(|e: DragEvent| Msg::Files(files::dropped(&e)))}>
            <Icon sign={Sign::Import} />
            <p class="drop-zone-words">{ t("import-drop") }</p>
            <Button id="import-pick" label={t("import-pick")} kind={Kind::Primary} onclick={link.callback(|()| Msg::Pick)} />
            <p class="hint">{ t("import-hint") }</p>
        </div>
    }
}

/// Nothing of it is seen before it is finished; the files are not needed again.
fn interrupted(left: &UnfinishedImport, fault: Option<&Fault>, send: &Callback<Event>) -> Html {
    html! {
        <div id="exchange-result" tabindex="-1" class="exchange-result">
            if let Some(fault) = fault { <FaultNote fault={fault.clone()} /> }
            <Notice tone={Tone::Warning} alert=true>
                { t_args("import-interrupted", [
                    ("done", number::count(left.done).into()),
                    ("resources", number::count(left.resources).into()),
                    ("patients", number::count(left.patients).into()),
                ]) }
            </Notice>
            <div class="exchange-acts">
                <Button id="import-undo" label={t("import-undo")} onclick={send.reform(|()| Event::Undo)} />
                <Button id="import-finish" label={t("import-finish")} kind={Kind::Primary} icon={Sign::Import} onclick={send.reform(|()| Event::Finish)} />
            </div>
        </div>
    }
}

fn undoing(run: &Running) -> Html {
    html! { <Progress label={t(phase_key(run.phase))} done={run.done} total={run.total} detail={String::new()} /> }
}

/// A bar for a job: what it does, how far, how fast, and a way to stop it.
pub fn running(run: &Running, oncancel: Callback<()>) -> Html {
    // Files are read by the byte; everything after that is counted in resources.
    let amount = |n: u64| if run.phase == Phase::Reading { number::bytes(n) } else { number::count(n) };
    let count = if run.total > 0 {
        t_args("job-of", [("done", amount(run.done).into()), ("total", amount(run.total).into())])
    } else {
        amount(run.done)
    };
    let rate = run.rate.per_second().map(|r| t_args("job-rate", [("rate", amount(r).into())]));
    let left = run.rate.seconds_left(run.total).map(|s| t_args("job-left", [("seconds", s.into())]));
    let detail = [Some(count), rate, left].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <Progress label={t(phase_key(run.phase))} done={run.done} total={run.total} {detail}>
            <Button label={t(if run.cancelling { "job-cancelling" } else { "cancel" })} busy={run.cancelling} onclick={oncancel} />
        </Progress>
    }
}

fn phase_key(phase: Phase) -> &'static str {
    match phase {
        Phase::Reading => "phase-reading",
        Phase::Checking => "phase-checking",
        Phase::Sealing => "phase-sealing",
        Phase::Writing => "phase-writing",
        Phase::Exporting => "phase-exporting",
        Phase::Undoing => "phase-undoing",
        Phase::Demo => "phase-demo",
        Phase::Indexing => "phase-indexing",
    }
}

fn previewed(preview: &ImportPreview, send: &Callback<Event>) -> Html {
    let fresh: u32 = preview.types.iter().map(|c| c.new + c.changed).sum();
    let nothing_new = fresh == 0 && !preview.blocked;
    html! {
        <div id="exchange-result" tabindex="-1" class="exchange-result">
            <p class="exchange-facts">
                { t_args("import-facts", [("files", preview.files.into()), ("new", preview.patients_new.into()), ("known", preview.patients_known.into())]) }
            </p>
            if preview.blocked { <Notice tone={Tone::Bad} alert=true>{ t("import-blocked") }</Notice> }
            if nothing_new { <Notice tone={Tone::Quiet}>{ t("import-nothing-new") }</Notice> }
            if !preview.sample.is_empty() {
                <h3>{ t("import-sample") }</h3>
                <ul class="exchange-sample">{ for preview.sample.iter().map(|row| html! { <li><PatientLine row={row.clone()} /></li> }) }</ul>
            }
            { types(&preview.types) }
            { issues(&preview.issues) }
            <div class="exchange-acts">
                <Button label={t("import-other-files")} onclick={send.reform(|()| Event::StartOver)} />
                <Button id="import-commit" label={t_args("import-commit", [("count", fresh.into())])} kind={Kind::Primary} icon={Sign::Import}
                    disabled={preview.blocked || nothing_new} onclick={send.reform(|()| Event::Commit)} />
            </div>
        </div>
    }
}

fn types(types: &[ImportCount]) -> Html {
    if types.is_empty() {
        return html! {};
    }
    let cell = |n: u32| html! { <td class="number">{ if n == 0 { "–".to_owned() } else { number::count(u64::from(n)) } }</td> };
    html! {
        <div class="table-scroll" tabindex="0" role="region" aria-label={t("import-types")}>
            <table class="exchange-table">
                <caption class="unseen">{ t("import-types") }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ t("import-type") }</th>
                        <th scope="col" class="number">{ t("import-new") }</th>
                        <th scope="col" class="number">{ t("import-changed") }</th>
                        <th scope="col" class="number">{ t("import-same") }</th>
                    </tr>
                </thead>
                <tbody>
                    { for types.iter().map(|c| html! {
                        <tr><th scope="row">{ &c.resource_type }</th>{ cell(c.new) }{ cell(c.changed) }{ cell(c.same) }</tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}

/// Every problem under the file it stands in, each named by its path.
fn issues(issues: &[Issue]) -> Html {
    if issues.is_empty() {
        return html! { <p class="exchange-clean"><Icon sign={Sign::Check} />{ t("import-no-issues") }</p> };
    }
    html! {
        <div class="exchange-issues">
            <h3>{ t_args("import-issues", [("count", issues.len().into())]) }</h3>
            { for by_file(issues).into_iter().map(|(file, list)| html! {
                <details class="issue-file" open={list.len() <= 10}>
                    <summary>{ if file.is_empty() { t("import-no-file-name") } else { file.to_owned() } }<span class="count">{ list.len() }</span></summary>
                    <ul>{ for list.iter().take(ISSUES).map(|i| issue(i)) }</ul>
                    if list.len() > ISSUES { <p class="hint">{ t_args("import-more-issues", [("count", (list.len() - ISSUES).into())]) }</p> }
                </details>
            }) }
        </div>
    }
}

fn issue(issue: &Issue) -> Html {
    let (tone, key) = match issue.severity.as_str() {
        "fatal" => ("bad", "severity-fatal"),
        "error" => ("bad", "severity-error"),
        "warning" => ("warning", "severity-warning"),
        _ => ("", "severity-information"),
    };
    html! {
        <li class="issue">
            <span class={classes!("tag", tone)}>{ t(key) }</span>
            <code class="issue-path">{ &issue.path }</code>
            <span class="issue-text">{ &issue.text }</span>
        </li>
    }
}

fn done(report: &ImportReport, link: &Scope<ExchangePage>) -> Html {
    let outcome = report.outcome.clone();
    let seconds = number::number(&format!("{:.1}", report.millis as f64 / 1_000.0));
    html! {
        <div id="exchange-result" tabindex="-1" class="exchange-result">
            <Notice tone={Tone::Good}>
                { t_args("import-done-facts", [
                    ("resources", number::count(report.resources).into()),
                    ("patients", number::count(report.patients).into()),
                    ("seconds", seconds.into()),
                ]) }
            </Notice>
            { issues(&report.issues) }
            <div class="exchange-acts">
                <Button label={t("import-save-report")} icon={Sign::Document} onclick={link.callback(move |()| Msg::SaveOutcome(outcome.clone()))} />
                <Button label={t("import-more-files")} kind={Kind::Primary} onclick={link.callback(|()| Msg::Exchange(Event::StartOver))} />
            </div>
        </div>
    }
}

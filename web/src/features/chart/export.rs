//! Hands one patient's record out as a FHIR file, after a plain word that the file is not encrypted.

use lucerna_shared::clinic::patient::PatientRow;
use lucerna_shared::engine::api;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::i18n::fault::fault_text;
use crate::i18n::{number, t, t_args};
use crate::platform::files;
use crate::session::use_client;
use crate::ui::identity::Identity;
use crate::ui::{Confirm, clock, use_toasts};

#[derive(Properties, PartialEq)]
pub struct ExportProps {
    pub row: PatientRow,
    pub onclose: Callback<()>,
}

/// Two identifiers stand in the question: a file that goes to someone else must be of the right person.
#[component]
pub fn ExportDialog(props: &ExportProps) -> Html {
    let (client, toasts) = (use_client(), use_toasts());
    let busy = use_state(|| false);
    let onconfirm = {
        let (patient, onclose, busy) = (props.row.patient.clone(), props.onclose.clone(), busy.setter());
        Callback::from(move |()| {
            busy.set(true);
            let job = clock::now() as u32;
            let call = api::ExportPatient { patient: patient.clone(), job };
            let (client, toasts, onclose) = (client.clone(), toasts.clone(), onclose.clone());
            spawn_local(async move {
                match client.call_for_file(call).await {
                    Ok((report, Some(file))) => {
                        files::download(&file, &report.file_name);
                        let count = number::count(report.resources);
                        toasts.say(t_args(
                            "export-done",
                            [("count", count.into()), ("size", number::bytes(report.bytes).into())],
                        ));
                    }
                    Ok((_, None)) => toasts.fail(t("export-no-file")),
                    Err(fault) => toasts.fail(fault_text(&fault)),
                }
                onclose.emit(());
            });
        })
    };
    html! {
        <Confirm id="chart-export" title={t("chart-export")} text={t("export-not-encrypted")} confirm={t("export-go")}
            busy={*busy} {onconfirm} oncancel={props.onclose.clone()}>
            <Identity row={props.row.clone()} />
        </Confirm>
    }
}

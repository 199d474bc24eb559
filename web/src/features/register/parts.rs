//! Likely duplicates beside the form.

use lucerna_shared::clinic::patient::LikelyDuplicate;
use yew::prelude::*;

use crate::i18n::{knows, t};
use crate::ui::{Icon, PatientLine, Sign};

#[derive(Properties, PartialEq)]
pub struct DuplicatesProps {
    pub found: Vec<LikelyDuplicate>,
    /// Opens the chart of the one that is the same person.
    pub onopen: Callback<String>,
}

#[component]
pub fn Duplicates(props: &DuplicatesProps) -> Html {
    html! {
        <aside class="panel duplicates" aria-labelledby="duplicates-title">
            <h2 id="duplicates-title">{ t("duplicates-title") }</h2>
            <div aria-live="polite">
                if props.found.is_empty() {
                    <p class="hint">{ t("duplicates-none") }</p>
                } else {
                    <p>{ t("duplicates-text") }</p>
                }
            </div>
            <ul class="rows">
                for duplicate in props.found.clone() {
                    <li key={duplicate.row.patient.clone()}>
                        <button
                            type="button" class="row"
                            onclick={let told = props.onopen.clone(); let id = duplicate.row.patient.clone(); move |_: MouseEvent| told.emit(id.clone())}
                        >
                            <span class="row-words">
                                <PatientLine row={duplicate.row.clone()} />
                                <span class="reasons">{ for duplicate.reasons.iter().filter(|r| knows(r)).map(|r| html! { <span class="tag">{ t(r) }</span> }) }</span>
                            </span>
                            <Icon sign={Sign::Forward} />
                        </button>
                    </li>
                }
            </ul>
        </aside>
    }
}

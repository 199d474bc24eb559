//! What protects the clinic, said plainly: what the server can see, what it cannot, which version runs, where data lies.

use lucerna_shared::engine::api::{KindUse, StorageKind, StorageKinds};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::i18n::number::bytes;
use crate::i18n::{t, t_args};
use crate::platform::storage::{self, Room};
use crate::session::query::never;
use crate::session::use_query;
use crate::ui::{Button, Icon, Notice, Sign, Tone, dom, faces};

#[component]
pub fn SecurityPage() -> Html {
    html! {
        <div class="settings">
            <header class="page-head"><h1>{ t("title-security") }</h1></header>
            <section class="panel" aria-labelledby="sec-server">
                <h2 id="sec-server">{ t("security-server") }</h2>
                <p>{ t("security-server-text") }</p>
                <div class="seen">
                    { list("security-sees", &["security-sees-sizes", "security-sees-times", "security-sees-addresses", "security-sees-rooms"], Sign::Eye) }
                    { list("security-not", &["security-not-names", "security-not-records", "security-not-keys", "security-not-clinic"], Sign::EyeOff) }
                </div>
            </section>
            <section class="panel" aria-labelledby="sec-device">
                <h2 id="sec-device">{ t("security-device") }</h2>
                <p>{ t("security-device-text") }</p>
                <StorageFacts />
            </section>
            <section class="panel" aria-labelledby="sec-code">
                <h2 id="sec-code">{ t("security-code") }</h2>
                <p>{ t("security-code-text") }</p>
                <dl class="facts">
                    <div><dt>{ t("security-version") }</dt><dd class="number">{ env!("CARGO_PKG_VERSION") }</dd></div>
                    <div><dt>{ t("security-build") }</dt><dd class="number">{ dom::build_id() }</dd></div>
                </dl>
            </section>
        </div>
    }
}

fn list(title: &str, keys: &[&str], sign: Sign) -> Html {
    html! {
        <div>
            <h3>{ t(title) }</h3>
            <ul class="marks">{ for keys.iter().map(|key| html! { <li><Icon {sign} />{ t(key) }</li> }) }</ul>
        </div>
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Browser {
    persisted: bool,
    room: Option<Room>,
}

#[component]
fn StorageFacts() -> Html {
    let used = use_query(StorageKinds {}, never);
    let browser = use_state(|| None::<Browser>);
    let ask = {
        let browser = browser.setter();
        Callback::from(move |persist: bool| {
            let browser = browser.clone();
            spawn_local(async move {
                let persisted = if persist { storage::persist().await } else { storage::persisted().await };
                browser.set(Some(Browser { persisted, room: storage::room().await }));
            });
        })
    };
    {
        let ask = ask.clone();
        use_effect_with((), move |()| ask.emit(false));
    }
    html! {
        <>
            { faces(&used.loaded, Html::default, |kinds: &Vec<KindUse>| stored(kinds)) }
            if let Some(Browser { persisted, room }) = *browser {
                if let Some(room) = room {
                    <p class="hint">{ t_args("security-room", [("used", bytes(room.used_bytes as u64).into()), ("quota", bytes(room.quota_bytes as u64).into())]) }</p>
                }
                if persisted {
                    <Notice tone={Tone::Good}>{ t("security-persisted") }</Notice>
                } else {
                    <Notice tone={Tone::Warning} actions={html! { <Button label={t("security-persist")} onclick={move |()| ask.emit(true)} /> }}>{ t("security-not-persisted") }</Notice>
                }
            }
        </>
    }
}

fn stored(kinds: &[KindUse]) -> Html {
    let row = |used: &KindUse| {
        let size = bytes(used.bytes);
        let size = if used.about { t_args("security-about", [("size", size.into())]) } else { size };
        html! { <div><dt>{ t(kind_key(used.kind)) }</dt><dd class="number">{ size }</dd></div> }
    };
    html! { <dl class="facts">{ for kinds.iter().map(row) }</dl> }
}

fn kind_key(kind: StorageKind) -> &'static str {
    match kind {
        StorageKind::Records => "stored-records",
        StorageKind::Search => "stored-search",
        StorageKind::Drafts => "stored-drafts",
        StorageKind::Audit => "stored-audit",
        StorageKind::Keys => "stored-keys",
        StorageKind::Waiting => "stored-waiting",
        StorageKind::Import => "stored-import",
    }
}

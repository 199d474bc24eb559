//! The strips under the top bar: demo clinic, records on one device only, a new version, the offer to install.

use lucerna_shared::engine::api::Event;
use yew::prelude::*;

use crate::i18n::t;
use crate::platform::{install, update};
use crate::route::Route;
use crate::session::{use_engine_event, use_nav, use_session, use_sync};
use crate::ui::{Button, Kind, Notice, Sign, Tone};

#[component]
pub fn Notices() -> Html {
    let session = use_session();
    html! {
        <aside class="notices" aria-label={t("notices-label")}>
            if session.demo { <p class="demo-strip">{ t("demo-banner") }</p> }
            <UpdateReady />
            if !session.demo {
                <OneDeviceOnly />
                <InstallOffer />
            }
        </aside>
    }
}

#[component]
fn UpdateReady() -> Html {
    let ready = use_state(|| false);
    let setter = ready.setter();
    use_effect_with((), move |()| update::on_ready(move || setter.set(true)));
    if !*ready {
        return Html::default();
    }
    let actions = html! { <Button label={t("update-now")} kind={Kind::Primary} onclick={|()| update::apply()} /> };
    html! { <Notice {actions}>{ t("update-ready") }</Notice> }
}

#[component]
fn OneDeviceOnly() -> Html {
    let (sync, nav, session) = (use_sync(), use_nav(), use_session());
    // The first registration is what makes the warning due; later ones change nothing.
    let any = use_state(|| session.patients > 0);
    {
        let any = any.setter();
        use_engine_event((), move |event| {
            if matches!(event, Event::Changed { .. }) {
                any.set(true);
            }
        });
    }
    let hidden = use_state(|| false);
    let unneeded = !*any || sync.other_devices > 0 || nav.route == Route::Devices;
    if unneeded || *hidden || nav.route.patient().is_some() {
        return Html::default();
    }
    let actions = html! {
        <>
            <Button label={t("alone-pair")} icon={Sign::Devices} onclick={nav.to(Route::Devices)} />
            <Button label={t("dismiss")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={move |()| hidden.set(true)} />
        </>
    };
    html! { <Notice tone={Tone::Warning} {actions}>{ t("alone-warning") }</Notice> }
}

#[component]
fn InstallOffer() -> Html {
    let offered = use_state(|| false);
    let offer = use_mut_ref(install::Offer::default);
    let nav = use_nav();
    {
        let (setter, offer) = (offered.setter(), offer.clone());
        use_effect_with((), move |()| {
            let (found, listening) = install::watch(move |can| setter.set(can));
            offer.replace(found);
            move || drop(listening)
        });
    }
    if !*offered || install::is_installed() || nav.route != Route::Today {
        return Html::default();
    }
    let take = {
        let offered = offered.clone();
        Callback::from(move |()| {
            offer.borrow().take();
            offered.set(false);
        })
    };
    let actions = html! {
        <>
            <Button label={t("install-now")} icon={Sign::Import} onclick={take} />
            <Button label={t("dismiss")} kind={Kind::Quiet} icon={Sign::Close} icon_only=true onclick={move |()| offered.set(false)} />
        </>
    };
    html! { <Notice {actions}>{ t("install-hint") }</Notice> }
}

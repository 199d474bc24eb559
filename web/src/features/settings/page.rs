//! Settings of this device: language, theme, when it locks; ways to security and the access log.

use yew::prelude::*;

pub use super::security::SecurityPage;
use crate::i18n::{t, t_args};
use crate::route::Route;
use crate::session::prefs::{Theme, Wishes};
use crate::session::{use_nav, use_prefs, use_session};
use crate::ui::language::LanguageChoice;
use crate::ui::patient_line::role_text;
use crate::ui::{Button, Choice, Sign, Toggle};

/// Within `IDLE_MINUTES`.
const MINUTES: [u32; 6] = [1, 2, 5, 10, 15, 30];

#[component]
pub fn SettingsPage() -> Html {
    let (prefs, nav, session) = (use_prefs(), use_nav(), use_session());
    let themes: Vec<Choice> = Theme::ALL.iter().map(|theme| Choice::new(theme.name(), t(theme_key(*theme)))).collect();
    let onthemes = {
        let prefs = prefs.clone();
        Callback::from(move |name: AttrValue| prefs.set(Wishes { theme: Theme::from_name(&name), ..prefs.wishes }))
    };
    let minutes: Vec<Choice> =
        MINUTES.iter().map(|m| Choice::new(m.to_string(), t_args("idle-minutes", [("count", (*m).into())]))).collect();
    let onminutes = {
        let prefs = prefs.clone();
        Callback::from(move |text: AttrValue| {
            if let Ok(idle_minutes) = text.parse() {
                prefs.set(Wishes { idle_minutes, ..prefs.wishes });
            }
        })
    };
    html! {
        <div class="settings">
            <header class="page-head"><h1>{ t("title-settings") }</h1></header>
            <section class="panel" aria-labelledby="set-look">
                <h2 id="set-look">{ t("settings-look") }</h2>
                <div class="setting"><span>{ t("language") }</span><LanguageChoice /></div>
                <div class="setting">
                    <span>{ t("theme") }</span>
                    <Toggle id="theme" label={t("theme")} bare=true choices={themes} value={prefs.wishes.theme.name()} onchange={onthemes} />
                </div>
            </section>
            <section class="panel" aria-labelledby="set-lock">
                <h2 id="set-lock">{ t("settings-lock") }</h2>
                <div class="setting">
                    <span>{ t("settings-idle") }</span>
                    <Toggle id="idle-after" label={t("settings-idle")} bare=true choices={minutes} value={prefs.wishes.idle_minutes.to_string()} onchange={onminutes} />
                </div>
                <p class="hint">{ t("settings-panic") }</p>
            </section>
            <section class="panel" aria-labelledby="set-clinic">
                <h2 id="set-clinic">{ session.clinic_name.clone() }</h2>
                <dl class="facts">
                    <div><dt>{ t("settings-signed-in") }</dt><dd>{ session.staff.name.clone() }</dd></div>
                    <div><dt>{ t("pair-role") }</dt><dd>{ role_text(session.staff.role) }</dd></div>
                    <div><dt>{ t("device-this") }</dt><dd>{ session.device_name.clone() }</dd></div>
                </dl>
                <div class="page-actions">
                    <Button label={t("title-security")} icon={Sign::Shield} onclick={nav.to(Route::Security)} />
                    <Button label={t("title-audit")} icon={Sign::Audit} onclick={nav.to(Route::Audit)} />
                    <Button label={t("title-devices")} icon={Sign::Devices} onclick={nav.to(Route::Devices)} />
                </div>
            </section>
        </div>
    }
}

fn theme_key(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "theme-auto",
        Theme::Light => "theme-light",
        Theme::Dark => "theme-dark",
    }
}

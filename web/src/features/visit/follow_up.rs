//! Draws the follow-up: a date, or a few usual distances from today, one tap each.

use jiff::ToSpan;
use jiff::civil::Date;
use yew::prelude::*;

use super::model::{Event, Visit};
use crate::i18n::date::date;
use crate::i18n::{t, t_args};
use crate::ui::{Button, Kind, Sign, clock, dom};

/// Days ahead, as clinics book them.
const USUAL: [i64; 5] = [3, 7, 14, 30, 90];

pub fn follow_up(visit: &Visit, send: &Callback<Event>) -> Html {
    let chosen = visit.draft.follow_up.clone();
    let today = clock::today();
    let oninput = send.reform(|e: InputEvent| Event::FollowUp(dom::value_of(&e)));
    html! {
        <div class="follow-up field">
            <label for="visit-follow-up">{ t("visit-follow-up") }</label>
            <div class="follow-up-row">
                <input id="visit-follow-up" class="input" type="date" autocomplete="off" min={today.clone()} value={chosen.clone()} {oninput} />
                if !chosen.is_empty() {
                    <span class="follow-up-shown">{ date(&chosen) }</span>
                    <Button label={t("visit-follow-up-clear")} icon={Sign::Close} icon_only=true kind={Kind::Quiet} class="small"
                        onclick={send.reform(|()| Event::FollowUp(String::new()))} />
                }
                { for USUAL.iter().filter_map(|days| {
                    let day = ahead(&today, *days)?;
                    let pressed = chosen == day;
                    let onclick = send.reform(move |_: MouseEvent| Event::FollowUp(day.clone()));
                    Some(html! {
                        <button type="button" class="chip" aria-pressed={pressed.to_string()} {onclick}>
                            { t_args("visit-follow-up-in-days", [("count", (*days).into())]) }
                        </button>
                    })
                }) }
            </div>
        </div>
    }
}

fn ahead(today: &str, days: i64) -> Option<String> {
    let today: Date = today.parse().ok()?;
    today.checked_add(days.days()).ok().map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ahead_crosses_the_end_of_the_month() {
        assert_eq!(ahead("2026-01-31", 30).as_deref(), Some("2026-03-02"));
        assert_eq!(ahead("someday", 3), None);
    }
}

//! The timeline as it is read: months, days within them, lines within those; filtered by type and cut to a
//! window, so that a chart of thousands of lines draws as quickly as a short one.

use lucerna_shared::clinic::chart::Line;

/// Lines drawn at first; "show more" adds twice as many.
pub const FIRST_LINES: usize = 80;

/// `YYYY-MM`, or as much of a date as the lines have; empty for undated lines, which stand last.
#[derive(Clone, Debug, PartialEq)]
pub struct Month<'a> {
    pub month: &'a str,
    pub days: Vec<Day<'a>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Day<'a> {
    /// `YYYY-MM-DD`, or shorter when only that is known.
    pub date: &'a str,
    pub lines: Vec<&'a Line>,
}

/// The newest `limit` lines of this type (all types for `None`), and how many there are in all.
/// `lines` come newest first, as the engine gives them.
pub fn window<'a>(lines: &'a [Line], filter: Option<&str>, limit: usize) -> (Vec<Month<'a>>, usize) {
    let matching = || lines.iter().filter(|l| filter.is_none_or(|wanted| l.resource_type == wanted));
    let total = matching().count();
    let dated = matching().filter(|l| !l.date.is_empty());
    let undated = matching().filter(|l| l.date.is_empty());
    let mut months: Vec<Month<'a>> = Vec::new();
    for line in dated.chain(undated).take(limit) {
        let date = clip(&line.date, 10);
        let month = clip(date, 7);
        if months.last().is_none_or(|m| m.month != month) {
            months.push(Month { month, days: Vec::new() });
        }
        let Some(days) = months.last_mut().map(|m| &mut m.days) else { continue };
        match days.last_mut().filter(|d| d.date == date) {
            Some(day) => day.lines.push(line),
            None => days.push(Day { date, lines: vec![line] }),
        }
    }
    (months, total)
}

fn clip(text: &str, to: usize) -> &str {
    text.get(..to).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(resource_type: &str, date: &str) -> Line {
        Line { resource_type: resource_type.into(), date: date.into(), ..Line::default() }
    }

    #[test]
    fn lines_of_one_day_stand_together_under_their_month() {
        let lines = [
            line("A", "2026-07-14T10:00:00Z"),
            line("B", "2026-07-14"),
            line("A", "2026-07-01"),
            line("A", "2026-06-30"),
        ];
        let (months, total) = window(&lines, None, 100);
        assert_eq!(total, 4);
        let shape: Vec<_> =
            months.iter().map(|m| (m.month, m.days.iter().map(|d| d.lines.len()).collect::<Vec<_>>())).collect();
        assert_eq!(shape, [("2026-07", vec![2, 1]), ("2026-06", vec![1])]);
    }

    #[test]
    fn undated_lines_come_last_and_are_not_lost() {
        let lines = [line("A", ""), line("B", "2026")];
        let (months, _) = window(&lines, None, 100);
        assert_eq!(months.iter().map(|m| m.month).collect::<Vec<_>>(), ["2026", ""]);
    }

    #[test]
    fn the_window_cuts_and_still_tells_the_whole_count() {
        let lines: Vec<_> = (0..2_000).map(|n| line(if n % 2 == 0 { "A" } else { "B" }, "2026-07-14")).collect();
        let (months, total) = window(&lines, Some("A"), 80);
        assert_eq!(total, 1_000);
        assert_eq!(months.iter().flat_map(|m| &m.days).map(|d| d.lines.len()).sum::<usize>(), 80);
    }
}

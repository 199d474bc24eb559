//! The geometry of a line chart: where points and round axis numbers fall. Pure, so it is tested without a browser.

/// A frame of `width` × `height` with room for the axes at the left and bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub bottom: f64,
    pub top: f64,
    pub right: f64,
}

impl Frame {
    /// No axes: for a line inside a row of text.
    pub const SPARK: Frame = Frame { width: 96.0, height: 28.0, left: 3.0, right: 4.0, top: 4.0, bottom: 4.0 };
    pub const CHART: Frame = Frame { width: 640.0, height: 260.0, left: 52.0, right: 16.0, top: 14.0, bottom: 34.0 };

    pub fn x(&self, t: f64, span: (f64, f64)) -> f64 {
        let share = if span.1 > span.0 { (t - span.0) / (span.1 - span.0) } else { 0.5 };
        round(self.left + share * (self.width - self.left - self.right))
    }

    pub fn y(&self, value: f64, span: (f64, f64)) -> f64 {
        let share = if span.1 > span.0 { (value - span.0) / (span.1 - span.0) } else { 0.5 };
        round(self.height - self.bottom - share * (self.height - self.top - self.bottom))
    }
}

/// Smallest and largest; `(0, 0)` of nothing.
pub fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .filter(|v| v.is_finite())
        .fold(None, |span: Option<(f64, f64)>, v| match span {
            None => Some((v, v)),
            Some((low, high)) => Some((low.min(v), high.max(v))),
        })
        .unwrap_or((0.0, 0.0))
}

/// Three to six round numbers that reach over the span.
pub fn ticks(span: (f64, f64)) -> Vec<f64> {
    let (low, high) = if span.1 > span.0 { span } else { (span.0 - 1.0, span.1 + 1.0) };
    let rough = (high - low) / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(power * 10.0);
    let first = (low / step).floor();
    let last = (high / step).ceil();
    (0..=(last - first) as i64).map(|i| round((first + i as f64) * step)).collect()
}

/// The `d` of a path through the points.
pub fn path(points: &[(f64, f64)]) -> String {
    points.iter().enumerate().map(|(i, (x, y))| format!("{}{x} {y}", if i == 0 { "M" } else { "L" })).collect()
}

fn round(v: f64) -> f64 {
    (v * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_every_value() {
        assert_eq!(ticks((118.0, 152.0)), vec![110.0, 120.0, 130.0, 140.0, 150.0, 160.0]);
        let ticks = ticks((36.4, 38.9));
        assert!(ticks[0] <= 36.4 && *ticks.last().unwrap() >= 38.9);
    }

    #[test]
    fn one_single_value_stands_in_the_middle() {
        let frame = Frame::SPARK;
        assert_eq!(frame.x(5.0, (5.0, 5.0)), (frame.left + frame.width - frame.right) / 2.0);
        assert!(ticks((7.0, 7.0)).len() >= 3);
    }

    #[test]
    fn a_path_moves_once_and_then_draws() {
        assert_eq!(path(&[(0.0, 1.0), (2.5, 3.0)]), "M0 1L2.5 3");
        assert_eq!(path(&[]), "");
    }
}

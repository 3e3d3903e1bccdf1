//! A test's values as a small line: where they lie in a box of one by one.

use hlincos_ssmix::summary::LabTest;

/// One value of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendPoint {
    /// From the oldest (0) to the newest (1).
    pub x: f64,
    /// From the lowest (0) to the highest (1) of values and range.
    pub y: f64,
}

/// A line of two values or more, and the reference range behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// Oldest first.
    pub points: Vec<TrendPoint>,
    /// Lower and upper end of the reference range, on the same scale.
    pub range: Option<(f64, f64)>,
}

impl Trend {
    /// The line of a test.
    ///
    /// `None` unless two values or more are numbers of one unit: words, `<0.1` and changing units
    /// are nothing to draw a line through. Values stand in their order, equally far apart.
    #[must_use]
    pub fn of(test: &LabTest) -> Option<Self> {
        let unit = &test.values.first()?.unit;
        let numbers: Vec<f64> = test
            .values
            .iter()
            .rev()
            .map(|value| number(&value.value).filter(|_| value.unit == *unit))
            .collect::<Option<_>>()?;
        if numbers.len() < 2 {
            return None;
        }
        let range = test.values.first().and_then(|value| range(&value.range));
        let all = || {
            numbers
                .iter()
                .copied()
                .chain(range.into_iter().flat_map(|(a, b)| [a, b]))
        };
        let (low, high) = (
            all().fold(f64::INFINITY, f64::min),
            all().fold(f64::NEG_INFINITY, f64::max),
        );
        let scale = |value: f64| {
            if high > low {
                (value - low) / (high - low)
            } else {
                0.5
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "four values at most")]
        let place = |at: usize| at as f64 / (numbers.len() - 1) as f64;
        Some(Self {
            points: numbers
                .iter()
                .enumerate()
                .map(|(at, value)| TrendPoint {
                    x: place(at),
                    y: scale(*value),
                })
                .collect(),
            range: range.map(|(low, high)| (scale(low), scale(high))),
        })
    }
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let figures = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let number: f64 = text.parse().ok()?;
    (figures && number.is_finite()).then_some(number)
}

/// `0.46-0.79`; ranges of another form are shown as text alone.
fn range(text: &str) -> Option<(f64, f64)> {
    let (low, high) = text.trim().split_once(['-', '〜', '~'])?;
    let (low, high) = (number(low)?, number(high)?);
    (low <= high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hlincos_ssmix::summary::LabValue;

    fn test(values: &[&str], range: &str) -> LabTest {
        let value = |text: &&str| LabValue {
            value: (*text).into(),
            range: range.into(),
            ..LabValue::default()
        };
        LabTest {
            values: values.iter().map(value).collect(),
            ..LabTest::default()
        }
    }

    #[test]
    fn a_line_goes_from_the_oldest_to_the_newest_over_its_range() {
        let trend = Trend::of(&test(&["1.5", "1.0", "0.5"], "0.5-1.0")).unwrap();
        let places: Vec<_> = trend.points.iter().map(|p| (p.x, p.y)).collect();
        assert_eq!(places, [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]);
        assert_eq!(trend.range, Some((0.0, 0.5)));
    }

    #[test]
    fn nothing_is_drawn_through_what_is_no_number() {
        assert_eq!(Trend::of(&test(&["1.5", "  -"], "")), None);
        assert_eq!(Trend::of(&test(&["1.5", "<0.1"], "")), None);
        assert_eq!(Trend::of(&test(&["inf", "1"], "")), None);
        assert_eq!(Trend::of(&test(&["1.5"], "")), None);
        let level = Trend::of(&test(&["2", "2"], "-")).unwrap();
        assert!(
            level
                .points
                .iter()
                .all(|point| (point.y - 0.5).abs() < 1e-9)
        );
    }
}

//! How much key a link makes: fixed, by distance, or from a file; and when it makes none.

use std::time::Duration;

use serde::Deserialize;

const NANOS_PER_S: u128 = 1_000_000_000;
/// No link of today makes more: 10 Gb/s.
const BITS_PER_S_MAX: u64 = 10_000_000_000;
const ROWS_MAX: usize = 1_000_000;

/// Key rates that installed systems reached, as (km, bits per second):
///
/// - 10 km: 10 Mb/s at 2 dB of loss, 0.2 dB a km (Toshiba, arXiv 1807.04484);
/// - 45 km: 304 kb/s over installed fibre (Toshiba in the Tokyo QKD Network, 2010);
/// - 90 km: 2 kb/s over installed fibre (NTT in the Tokyo QKD Network, 2010).
///
/// Between them the logarithm of the rate is a straight line, as loss in decibels grows with the
/// distance; nearer than the first the detectors are the limit; beyond the last the line goes on.
/// These are three systems of three years, no model of one device.
const MEASURED: [(f64, f64); 3] = [(10.0, 10e6), (45.0, 304e3), (90.0, 2e3)];
/// No key at all from here on.
const KM_MAX: f64 = 150.0;

/// Key that a link makes over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyRate {
    /// Bits per second.
    Fixed(u64),
    /// From each time on so many bits per second; nothing before the first.
    Steps(Vec<(Duration, u64)>),
}

/// A rate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// Too fast.
    #[error("a key rate is at most {BITS_PER_S_MAX} bits per second")]
    TooFast,
    /// No distance.
    #[error("the distance is a number of km, 0 or more")]
    Distance,
    /// A row of the file is wrong.
    #[error("row {0} of the rate file is not right: write time_s,bits_per_s, times rising")]
    Row(usize),
    /// No row, or too many.
    #[error("the rate file has 1 to {ROWS_MAX} rows under the heading time_s,bits_per_s")]
    Rows,
}

impl KeyRate {
    /// The same rate for ever.
    ///
    /// # Errors
    /// [`RateError::TooFast`].
    pub const fn fixed(bits_per_s: u64) -> Result<Self, RateError> {
        if bits_per_s > BITS_PER_S_MAX {
            return Err(RateError::TooFast);
        }
        Ok(Self::Fixed(bits_per_s))
    }

    /// The rate over so many km of fibre; see the table in this file.
    ///
    /// # Errors
    /// [`RateError::Distance`].
    pub fn at_km(km: f64) -> Result<Self, RateError> {
        if !km.is_finite() || km < 0.0 {
            return Err(RateError::Distance);
        }
        if km >= KM_MAX {
            return Ok(Self::Fixed(0));
        }
        let [first, middle, last] = MEASURED;
        let (from, to) = if km < middle.0 {
            (first, middle)
        } else {
            (middle, last)
        };
        let part = (km.max(first.0) - from.0) / (to.0 - from.0);
        let rate = from.1 * (to.1 / from.1).powf(part);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate between 0 and 10 million"
        )]
        Ok(Self::Fixed(rate.round() as u64))
    }

    /// Reads a file of steps: CSV with the heading `time_s,bits_per_s`.
    ///
    /// # Errors
    /// [`RateError`] with the row.
    pub fn from_csv(text: &str) -> Result<Self, RateError> {
        #[derive(Deserialize)]
        struct Row {
            time_s: f64,
            bits_per_s: u64,
        }
        let mut steps: Vec<(Duration, u64)> = Vec::new();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        for (at, row) in reader.deserialize().enumerate() {
            let wrong = RateError::Row(at + 1);
            let row: Row = row.map_err(|_| wrong.clone())?;
            let time = Duration::try_from_secs_f64(row.time_s).map_err(|_| wrong.clone())?;
            let late = steps.last().is_none_or(|(last, _)| *last < time);
            if !late || row.bits_per_s > BITS_PER_S_MAX {
                return Err(wrong);
            }
            if steps.len() == ROWS_MAX {
                return Err(RateError::Rows);
            }
            steps.push((time, row.bits_per_s));
        }
        if steps.is_empty() {
            return Err(RateError::Rows);
        }
        Ok(Self::Steps(steps))
    }

    /// Bits per second at a time since the start.
    #[must_use]
    pub fn at(&self, time: Duration) -> u64 {
        match self {
            Self::Fixed(rate) => *rate,
            Self::Steps(steps) => {
                let passed = steps.partition_point(|(from, _)| *from <= time);
                passed.checked_sub(1).map_or(0, |last| steps[last].1)
            }
        }
    }

    /// The first change after a time, if there is one.
    fn next_change(&self, after: Duration) -> Option<Duration> {
        match self {
            Self::Fixed(_) => None,
            Self::Steps(steps) => {
                let passed = steps.partition_point(|(from, _)| *from <= after);
                steps.get(passed).map(|(from, _)| *from)
            }
        }
    }
}

/// A time in which the link makes no key, in seconds since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// First second without key.
    pub from_s: u64,
    /// First second with key again.
    pub until_s: u64,
}

impl Outage {
    fn is_at(self, time: Duration) -> bool {
        (self.from_s..self.until_s).contains(&time.as_secs())
    }
}

/// Rate now, outages counted.
pub(crate) fn rate_at(rate: &KeyRate, outages: &[Outage], time: Duration) -> u64 {
    if outages.iter().any(|outage| outage.is_at(time)) {
        0
    } else {
        rate.at(time)
    }
}

/// Key made between two times, in bits times 10⁻⁹: so small a unit that nothing is rounded.
pub(crate) fn made(rate: &KeyRate, outages: &[Outage], from: Duration, until: Duration) -> u128 {
    let (mut sum, mut now) = (0, from);
    while now < until {
        let edges = outages
            .iter()
            .flat_map(|outage| [outage.from_s, outage.until_s])
            .map(Duration::from_secs)
            .chain(rate.next_change(now))
            .filter(|edge| *edge > now);
        let next = edges.min().map_or(until, |edge| edge.min(until));
        sum += u128::from(rate_at(rate, outages, now)) * (next - now).as_nanos();
        now = next;
    }
    sum
}

/// Bits in units of [`made`].
pub(crate) fn nanobits(bits: u64) -> u128 {
    u128::from(bits) * NANOS_PER_S
}

/// Whole bits in so many units of [`made`].
pub(crate) fn whole_bits(nanobits: u128) -> u64 {
    u64::try_from(nanobits / NANOS_PER_S).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(rate: &KeyRate, outages: &[Outage], from_ms: u64, until_ms: u64) -> u64 {
        let (from, until) = (from_ms, until_ms);
        whole_bits(made(
            rate,
            outages,
            Duration::from_millis(from),
            Duration::from_millis(until),
        ))
    }

    #[test]
    fn a_fixed_rate_makes_the_same_in_one_step_or_in_many() {
        let rate = KeyRate::fixed(304_000).unwrap();
        let one = made(&rate, &[], Duration::ZERO, Duration::from_secs(10));
        let edges: Vec<Duration> = (0..=777)
            .map(|at| Duration::from_secs(10) * at / 777)
            .collect();
        let many: u128 = edges
            .windows(2)
            .map(|pair| made(&rate, &[], pair[0], pair[1]))
            .sum();
        assert_eq!(one, many);
        assert_eq!(whole_bits(one), 3_040_000);
    }

    #[test]
    fn the_distance_gives_the_measured_rates_and_falls() {
        for (km, expected) in [
            (0.0, 10_000_000),
            (10.0, 10_000_000),
            (45.0, 304_000),
            (90.0, 2_000),
        ] {
            assert_eq!(KeyRate::at_km(km), Ok(KeyRate::Fixed(expected)), "{km}");
        }
        let at = |km: u32| KeyRate::at_km(km.into()).unwrap().at(Duration::ZERO);
        assert!((10..100).all(|km| at(km) > at(km + 1)));
        assert_eq!(at(150), 0);
        for km in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(KeyRate::at_km(km), Err(RateError::Distance));
        }
    }

    #[test]
    fn a_file_gives_steps() {
        let rate = KeyRate::from_csv("time_s,bits_per_s\n1, 1000\n# night\n2.5,0\n4,8\n").unwrap();
        assert_eq!(bits(&rate, &[], 0, 1_000), 0);
        assert_eq!(bits(&rate, &[], 0, 5_000), 1_500 + 8);
        assert_eq!(bits(&rate, &[], 2_000, 3_000), 500);
        for (text, error) in [
            ("time_s,bits_per_s\n", RateError::Rows),
            ("", RateError::Rows),
            ("time_s,bits_per_s\n1,2\n1,3\n", RateError::Row(2)),
            ("time_s,bits_per_s\n-1,2\n", RateError::Row(1)),
            ("time_s,bits_per_s\nNaN,2\n", RateError::Row(1)),
            ("time_s,bits_per_s\n1e300,2\n", RateError::Row(1)),
            ("time_s,bits_per_s\n1,99999999999\n", RateError::Row(1)),
            ("time,rate\n1,2\n", RateError::Row(1)),
        ] {
            assert_eq!(KeyRate::from_csv(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_outage_makes_no_key_and_afterwards_it_goes_on() {
        let rate = KeyRate::fixed(1_000).unwrap();
        let outages = [
            Outage {
                from_s: 2,
                until_s: 4,
            },
            Outage {
                from_s: 3,
                until_s: 5,
            },
        ];
        assert_eq!(bits(&rate, &outages, 0, 10_000), 7_000);
        assert_eq!(bits(&rate, &outages, 2_500, 4_500), 0);
        assert_eq!(bits(&rate, &outages, 4_500, 5_500), 500);
    }
}

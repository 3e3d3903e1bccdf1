//! How old things are: the patient, the data, the copy; and whether a clock must be wrong.

use hlincos_ssmix::summary::Summary;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::Provenance;
use crate::word::Word;
use crate::words;

/// Clocks of two machines may differ by so much.
const CLOCK_TOLERANCE_MS: u64 = 5 * 60 * 1_000;
/// Japan has one time zone, without summer time.
const JAPAN: i8 = 9;

/// Ages, as far as they can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ages {
    /// The patient's age today, in whole years.
    pub years: Option<i32>,
    /// The patient's age at the newest record, in whole years.
    pub years_at_record: Option<i32>,
    /// Whole days since the data were known to be complete: since the store's last backup run, or,
    /// where that is not known, since the newest of them was dealt.
    pub days: Option<i64>,
    /// Whole days since the newest record.
    pub record_days: Option<i64>,
    /// Older than the configuration allows.
    pub stale: bool,
    /// Days that the configuration allows.
    pub stale_after_days: u32,
    /// Whole minutes since the records were fetched.
    pub fetched_minutes: i64,
    /// What lies in the future, so that a clock must be wrong.
    pub future: Vec<Word>,
}

impl Ages {
    pub(super) fn new(
        summary: &Summary,
        provenance: &Provenance,
        now_unix_ms: u64,
        stale_after_days: u32,
    ) -> Self {
        let today = date_of(now_unix_ms);
        let born: Option<Date> = summary.patient.born.parse().ok();
        let recorded: Option<Date> = summary.as_of.parse().ok();
        let known = provenance.run_unix_ms.or(provenance.dealt_unix_ms);
        let days = known.map(|ms| whole_days(ms, now_unix_ms));
        let late = |ms: u64| ms > now_unix_ms.saturating_add(CLOCK_TOLERANCE_MS);
        let mut future = Vec::new();
        if provenance.run_unix_ms.is_some_and(late) || provenance.dealt_unix_ms.is_some_and(late) {
            future.push(words::LAST_RUN);
        }
        if late(provenance.fetched_unix_ms) {
            future.push(words::FETCHED);
        }
        if let (Some(recorded), Some(today)) = (recorded, today)
            && days_between(today, recorded) > 1
        {
            future.push(words::LATEST);
        }
        Self {
            years: born.zip(today).and_then(|(born, day)| years(born, day)),
            years_at_record: born.zip(recorded).and_then(|(born, day)| years(born, day)),
            days,
            record_days: recorded
                .zip(today)
                .map(|(recorded, today)| days_between(recorded, today)),
            stale: days.is_some_and(|days| days > i64::from(stale_after_days)),
            stale_after_days,
            fetched_minutes: minutes(provenance.fetched_unix_ms, now_unix_ms),
            future,
        }
    }
}

fn whole_days(from_unix_ms: u64, to_unix_ms: u64) -> i64 {
    minutes(from_unix_ms, to_unix_ms) / (24 * 60)
}

fn minutes(from_unix_ms: u64, to_unix_ms: u64) -> i64 {
    i64::try_from(to_unix_ms.saturating_sub(from_unix_ms) / 60_000).unwrap_or(i64::MAX)
}

fn zoned(unix_ms: u64) -> Option<jiff::Zoned> {
    let timestamp = Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()?;
    let zone = TimeZone::fixed(Offset::from_hours(JAPAN).ok()?);
    Some(timestamp.to_zoned(zone))
}

fn date_of(unix_ms: u64) -> Option<Date> {
    zoned(unix_ms).map(|zoned| zoned.date())
}

/// The day in Japan, `yyyy-mm-dd`.
#[must_use]
pub fn day_of(unix_ms: u64) -> String {
    date_of(unix_ms).map_or_else(String::new, |date| date.to_string())
}

/// Day and time in Japan, `yyyy-mm-dd hh:mm`.
#[must_use]
pub fn moment_of(unix_ms: u64) -> String {
    zoned(unix_ms).map_or_else(String::new, |zoned| {
        let (date, time) = (zoned.date(), zoned.time());
        format!("{date} {:02}:{:02}", time.hour(), time.minute())
    })
}

/// Whole years between two days; `None` when they are no lifetime apart.
fn years(from: Date, to: Date) -> Option<i32> {
    let span = from.until((Unit::Year, to)).ok()?;
    let years = i32::from(span.get_years());
    (to >= from && (0..150).contains(&years)).then_some(years)
}

pub(super) fn days_between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to))
        .map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_counted_in_whole_years() {
        let age = |born: &str, day: &str| years(born.parse().unwrap(), day.parse().unwrap());
        assert_eq!(age("1951-03-11", "2019-03-10"), Some(67));
        assert_eq!(age("1951-03-11", "2019-03-11"), Some(68));
        assert_eq!(age("2020-01-01", "2019-03-11"), None);
    }

    #[test]
    fn a_day_is_that_of_japan() {
        // 2019-08-31 15:30 UTC.
        assert_eq!(day_of(1_567_265_400_000), "2019-09-01");
        assert_eq!(moment_of(1_567_265_400_000), "2019-09-01 00:30");
    }
}

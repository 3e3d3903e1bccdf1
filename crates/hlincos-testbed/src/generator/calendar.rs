//! Days and times as SS-MIX2 writes them, and arithmetic on them.

use std::fmt::{Display, Formatter, Result};

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};

/// Writes `yyyyMMdd`.
#[derive(Clone, Copy)]
pub(crate) struct Day(pub(crate) Date);

/// Writes `yyyyMMddHHmmss`.
#[derive(Clone, Copy)]
pub(crate) struct Second(pub(crate) DateTime);

/// Writes `yyyyMMddHHmmssfff`, the time in a file name.
#[derive(Clone, Copy)]
pub(crate) struct Stamp(pub(crate) DateTime);

impl Display for Day {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "{:04}{:02}{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }
}

impl Display for Second {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let time = self.0;
        write!(
            f,
            "{}{:02}{:02}{:02}",
            Day(time.date()),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

impl Display for Stamp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{:03}", Second(self.0), self.0.millisecond())
    }
}

/// Goes some days forward; back, if negative.
pub(crate) fn days_after(day: Date, days: i32) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// Goes some minutes forward; back, if negative.
pub(crate) fn minutes_after(time: DateTime, minutes: i32) -> DateTime {
    time.saturating_add(Span::new().minutes(minutes))
}

/// Counts the days from one day to another.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    to.since(from).map_or(0, |span| span.get_days())
}

/// Moves a Saturday or Sunday to the Friday before.
pub(crate) fn working_day(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => days_after(day, -1),
        Weekday::Sunday => days_after(day, -2),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => day,
    }
}

//! Dates and times of HL7: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
//!
//! Source: HL7 v2.5 section 2.A.77 (TS).

/// A time as far as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Year, four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: Option<u8>,
    /// 1 to the month's last.
    pub day: Option<u8>,
    /// 0 to 23.
    pub hour: Option<u8>,
    /// 0 to 59.
    pub minute: Option<u8>,
    /// 0 to 59.
    pub second: Option<u8>,
    /// Thousandths of a second.
    pub millis: Option<u16>,
}

impl Time {
    /// Reads a time; `None` when it is none, such as `20191345`.
    ///
    /// Accepts what occurs: any precision down from the year, decimals behind a dot or, in 17
    /// digits, without one, and an offset from UTC, which is checked and dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, offset) = text
            .find(['+', '-'])
            .map_or((text, ""), |at| text.split_at(at));
        let (digits, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let (digits, run_on) = if digits.len() == 17 && decimals.is_empty() {
            digits.split_at_checked(14)?
        } else {
            (digits, "")
        };
        let decimals = if run_on.is_empty() { decimals } else { run_on };
        let figures = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let offset_legal = offset.is_empty() || offset.len() == 5 && figures(&offset[1..]);
        let length_legal = matches!(digits.len(), 4 | 6 | 8 | 10 | 12 | 14);
        let decimals_legal =
            decimals.is_empty() || digits.len() == 14 && decimals.len() <= 4 && figures(decimals);
        if !(figures(digits) && length_legal && decimals_legal && offset_legal) {
            return None;
        }
        let two = |at: usize| digits.get(at..at + 2).and_then(|text| text.parse().ok());
        let time = Self {
            year: digits.get(..4)?.parse().ok()?,
            month: two(4),
            day: two(6),
            hour: two(8),
            minute: two(10),
            second: two(12),
            millis: (!decimals.is_empty())
                .then(|| format!("{decimals:0<3}")[..3].parse().ok())
                .flatten(),
        };
        time.is_real().then_some(time)
    }

    fn is_real(&self) -> bool {
        let month = self.month.unwrap_or(1);
        (1..=12).contains(&month)
            && (1..=days(self.year, month)).contains(&self.day.unwrap_or(1))
            && self.hour.unwrap_or(0) < 24
            && self.minute.unwrap_or(0) < 60
            && self.second.unwrap_or(0) < 60
    }
}

fn days(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_precision_are_read() {
        let year_only = Time::parse("1951").unwrap();
        assert_eq!((year_only.year, year_only.month), (1951, None));
        for good in [
            "195103",
            "19510311",
            "2019090110",
            "201909011530",
            "20190901153045",
        ] {
            assert!(Time::parse(good).is_some(), "{good}");
        }
        for millis in [
            "20190901153045.120",
            "20190901153045120",
            "20190901153045.12",
            "20190901153045.1200",
        ] {
            assert_eq!(Time::parse(millis).unwrap().millis, Some(120), "{millis}");
        }
        assert!(Time::parse("20190901153045+0900").is_some());
        assert!(Time::parse("20200229").is_some() && Time::parse("20000229").is_some());
    }

    #[test]
    fn what_is_no_time_is_none() {
        for bad in [
            "",
            "20191345",
            "20190230",
            "19000229",
            "2019090124",
            "201909011560",
            "2019-09-01",
            "2019090",
            "201909",
            "20190901153045.",
            "20190901.5",
            "２０１９",
            "20190901153045.12345",
            "20190901+09",
            "abc",
        ] {
            let legal = bad == "201909" || bad == "20190901153045.";
            assert_eq!(Time::parse(bad).is_some(), legal, "{bad}");
        }
    }
}

//! The 8-digit supplements of JAMI: which days, how unevenly.
//!
//! ```text
//! I1100000  1 day on, 1 off       W0100100  Monday, Thursday      CW100000  once a week
//! D0AK0000  10th, 20th monthly    DCAKU000  10, 20, 30 December   V14NNNNN  dose 1: 4 units
//! ```
//! Source: as [`super::usage`].

use crate::summary::Bilingual;

use super::usage::{list, wide};

/// What a supplement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Supplement {
    /// On which days.
    Days(Bilingual),
    /// One dose of a day: which, and how many units.
    Uneven(u32, u32),
}

/// Reads a supplement's code; `None` when it is none, or says what is not known here.
pub(super) fn read(code: &str) -> Option<Supplement> {
    let digits: [u8; 8] = code.as_bytes().try_into().ok()?;
    if !digits
        .iter()
        .all(|digit| digit.is_ascii_digit() || digit.is_ascii_uppercase())
    {
        return None;
    }
    let n = |at: usize| char::from(digits[at]).to_digit(36).unwrap_or(0);
    let figures = |places: std::ops::Range<usize>| digits[places].iter().all(u8::is_ascii_digit);
    match digits[0] {
        b'I' if code.ends_with("00000") && figures(1..3) => on_and_off(n(1), n(2)),
        b'W' => weekdays(&digits),
        b'D' => dates(n(1), &digits),
        b'C' if digits[1] == b'W' && code.ends_with("00000") && figures(2..3) => {
            let en = match n(2) {
                0 => return None,
                1 => "once a week".to_owned(),
                2 => "twice a week".to_owned(),
                times => format!("{times} times a week"),
            };
            let ja = format!("週{}回", wide(n(2)));
            Some(Supplement::Days(Bilingual { ja, en }))
        }
        b'V' if (1..=9).contains(&n(1)) && code.ends_with("NNNNN") && n(2) < 10 => {
            Some(Supplement::Uneven(n(1), n(2)))
        }
        _ => None,
    }
}

fn on_and_off(on: u32, off: u32) -> Option<Supplement> {
    let days = |n: u32| if n == 1 { "day" } else { "days" };
    let words = match (on, off) {
        (0, _) | (_, 0) => return None,
        (1, 1) => Bilingual::new("１日おき", "every other day"),
        (1, off) => Bilingual {
            ja: format!("{}日おき", wide(off)),
            en: format!("every {} days", off + 1),
        },
        (on, off) => Bilingual {
            ja: format!("{}日投与・{}日休薬", wide(on), wide(off)),
            en: format!("{on} {} on, {off} {} off", days(on), days(off)),
        },
    };
    Some(Supplement::Days(words))
}

fn weekdays(digits: &[u8; 8]) -> Option<Supplement> {
    const DAYS: [(&str, &str); 7] = [
        ("日", "Sundays"),
        ("月", "Mondays"),
        ("火", "Tuesdays"),
        ("水", "Wednesdays"),
        ("木", "Thursdays"),
        ("金", "Fridays"),
        ("土", "Saturdays"),
    ];
    if !digits[1..].iter().all(|digit| matches!(digit, b'0' | b'1')) {
        return None;
    }
    let told = DAYS
        .iter()
        .zip(&digits[1..])
        .filter(|(_, digit)| **digit == b'1');
    let (ja, en): (Vec<_>, Vec<_>) = told.map(|((ja, en), _)| (format!("{ja}曜日"), *en)).unzip();
    if en.is_empty() {
        return None;
    }
    Some(Supplement::Days(Bilingual {
        ja: ja.join("、"),
        en: format!("on {}", list(&en)),
    }))
}

/// Days of every month (0) or of one: each a digit, A for 10 and on.
fn dates(month: u32, digits: &[u8; 8]) -> Option<Supplement> {
    let told = digits[2..].iter().take_while(|digit| **digit != b'0');
    let days: Vec<u32> = told
        .filter_map(|digit| char::from(*digit).to_digit(36))
        .collect();
    let rising = days.windows(2).all(|pair| pair[0] < pair[1]);
    let gap = digits[2 + days.len()..].iter().any(|digit| *digit != b'0');
    if days.is_empty() || !rising || gap || month > 12 || days.iter().any(|day| *day > 31) {
        return None;
    }
    let figures: Vec<_> = days.iter().map(ToString::to_string).collect();
    let en: Vec<_> = figures.iter().map(String::as_str).collect();
    let ja: Vec<_> = days.iter().map(|day| format!("{}日", wide(*day))).collect();
    let when = match month {
        0 => Bilingual {
            ja: format!("毎月{}", ja.join("、")),
            en: format!("on day {} of each month", list(&en)),
        },
        month => Bilingual {
            ja: format!("{}月{}", wide(month), ja.join("、")),
            en: format!("on day {} of month {month}", list(&en)),
        },
    };
    Some(Supplement::Days(when))
}

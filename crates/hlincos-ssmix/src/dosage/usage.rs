//! The 16-digit usage code of JAMI: how, when and how often.
//!
//! ```text
//! digit   1      2         3       4      5      6    7    8    9      10-14  15-16
//!         basic  way       timing  times  bed    even noon morn rising        injection
//! 1013044400000000  oral, 3 times a day, after breakfast, lunch and dinner
//! ```
//! Digits 4 to 8 hold other things where digit 3 says so: an interval, hours, an event.
//!
//! Source: JAMI standard for usages of prescriptions and injections, as quoted in JP Core and in
//! the ministry's FHIR specification of electronic prescriptions; `spec/ssmix-dosage.md`.

use crate::summary::Bilingual;

use super::sent::plain_words;
use super::way;

/// What a usage code says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// By mouth, applied, injected under the skin, ...
    way: Bilingual,
    /// The routes of RXR-1 that fit the way.
    routes: &'static str,
    /// How often a day; empty where an interval or an event says it.
    often: Bilingual,
    /// Meals, hours, an interval, an event; empty where only the number of times is told.
    when: Bilingual,
    /// Behind it: in one shot, at home by oneself.
    manner: Bilingual,
    /// `when` alone says how often.
    implied: bool,
    /// Times a day, least and most.
    pub(super) count: Option<(u32, u32)>,
    /// Only as needed.
    pub(super) as_needed: bool,
    /// The patient or family injects at home.
    pub(super) self_injection: bool,
}

impl Usage {
    /// In Japanese, as the standard words it.
    pub(super) fn ja(&self) -> String {
        let body = format!("{}{}", self.often.ja, self.when.ja);
        let parts = [self.way.ja.as_str(), &body, &self.manner.ja];
        let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        told.join("・")
    }

    /// In English.
    pub(super) fn en(&self) -> String {
        let parts = [&self.often.en, &self.when.en, &self.manner.en];
        let told: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let told: Vec<_> = told.iter().map(|part| part.as_str()).collect();
        format!("{} {}", self.way.en, told.join(", "))
    }

    /// Whether a route of table 0162 is another than the way; routes unknown here are none.
    pub(super) fn goes_another_way(&self, route: &str) -> bool {
        way::is_route(route) && !self.routes.split(' ').any(|fits| fits == route)
    }

    /// Whether a text says the same: with or without the way, and the number of times where the
    /// rest tells it.
    pub(super) fn says(&self, text: &str) -> bool {
        let text = plain_words(text);
        let way: Vec<String> = self.way.ja.split('・').map(plain_words).collect();
        let prefixes = [
            way.concat(),
            way[0].clone(),
            way[way.len() - 1].clone(),
            String::new(),
        ];
        let mut bodies = vec![format!(
            "{}{}{}",
            self.often.ja, self.when.ja, self.manner.ja
        )];
        if self.implied {
            bodies.push(format!("{}{}", self.when.ja, self.manner.ja));
        }
        let bodies: Vec<String> = bodies.iter().map(|body| plain_words(body)).collect();
        prefixes
            .iter()
            .filter_map(|prefix| text.strip_prefix(prefix.as_str()))
            .any(|rest| bodies.iter().any(|body| body == rest))
    }
}

/// Reads a usage code; `None` when it is none, is not wholly known here, or says what cannot be.
pub(super) fn read(code: &str) -> Option<Usage> {
    let digits: [u8; 16] = code.as_bytes().try_into().ok()?;
    if !digits
        .iter()
        .all(|digit| digit.is_ascii_digit() || digit.is_ascii_uppercase())
    {
        return None;
    }
    let way = way::of(&code[..2])?;
    let (manner, self_injection) = manner(&digits)?;
    let told = match digits[2] {
        b'1' | b'6' => rhythm(&digits),
        b'2' => every_hours(&digits),
        b'3' => at_hours(&digits),
        b'4' if unused(&digits, 7) => {
            let (ja, en) = event(&code[4..7])?;
            Some(Usage {
                when: Bilingual::new(ja, en),
                ..often(digits[3], b'0')?
            })
        }
        b'5' if unused(&digits, 6) => event(&code[3..6]).map(|(ja, en)| Usage {
            when: Bilingual::new(ja, en),
            as_needed: true,
            ..Usage::default()
        }),
        b'7' if unused(&digits, 5) => often(digits[3], digits[4]),
        b'8' if unused(&digits, 5) => interval(digits[3], digits[4]),
        _ => None,
    }?;
    Some(Usage {
        way: Bilingual::new(way.ja, way.en),
        routes: way.routes,
        manner,
        self_injection,
        ..told
    })
}

/// Whether nothing stands from a place on, up to the digits of injections.
fn unused(digits: &[u8; 16], from: usize) -> bool {
    digits[from..14].iter().all(|digit| *digit == b'0')
}

/// Digits 15 and 16, of injections only; and whether the patient injects.
fn manner(digits: &[u8; 16]) -> Option<(Bilingual, bool)> {
    let words = match (digits[0], digits[14], digits[15]) {
        (_, b'0', b'0') => return Some((Bilingual::default(), false)),
        (b'3', b'1', b'0') => return Some((Bilingual::new("ワンショット", "as one shot"), false)),
        (b'3', b'0', b'4') => Bilingual::new("在宅・自己", ""),
        (b'3', b'1', b'4') => Bilingual::new("ワンショット・在宅・自己", "as one shot"),
        _ => return None,
    };
    Some((words, true))
}

/// Meals, rising and bed, each with its relation; as many as times a day.
fn rhythm(digits: &[u8; 16]) -> Option<Usage> {
    // In the order of the day, not of the digits.
    let moments = [
        (8, "起床時", "on rising"),
        (7, "朝", "breakfast"),
        (6, "昼", "lunch"),
        (5, "夕", "dinner"),
        (4, "就寝前", "at bedtime"),
    ];
    if !unused(digits, 9) || !matches!((digits[4], digits[8]), (b'0' | b'1', b'0' | b'9')) {
        return None;
    }
    let told: Vec<_> = moments
        .into_iter()
        .filter(|(at, ..)| digits[*at] != b'0')
        .collect();
    let often = often(digits[3], b'0')?;
    let len = u32::try_from(told.len()).ok()?;
    if often.count != Some((len, len)) {
        return None;
    }
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    for (n, (at, moment_ja, moment_en)) in told.iter().enumerate() {
        if matches!(at, 4 | 8) {
            ja.push((*moment_ja).to_owned());
            en.push((*moment_en).to_owned());
            continue;
        }
        // The moment itself only where digit 3 says so.
        let (relation_ja, relation_en) =
            relation(digits[*at]).filter(|_| digits[*at] != b'9' || digits[2] == b'6')?;
        // 朝昼夕食後: the relation once, behind the last meal that shares it.
        let again = told
            .get(n + 1)
            .is_some_and(|(next, ..)| digits[*next] == digits[*at] && !matches!(next, 4 | 8));
        let shown = if again { "" } else { relation_ja };
        ja.push(format!("{moment_ja}{shown}"));
        en.push(match (relation_en, *moment_en) {
            ("", "breakfast") => "in the morning".to_owned(),
            ("", "lunch") => "at noon".to_owned(),
            ("", _) => "in the evening".to_owned(),
            (relation, meal) => format!("{relation} {meal}"),
        });
    }
    let en: Vec<_> = en.iter().map(String::as_str).collect();
    Some(Usage {
        when: Bilingual {
            ja: ja.concat(),
            en: list(&en),
        },
        implied: true,
        ..often
    })
}

const fn relation(digit: u8) -> Option<(&'static str, &'static str)> {
    Some(match digit {
        b'1' => ("食前", "before"),
        b'2' => ("食直前", "right before"),
        b'4' => ("食後", "after"),
        b'9' => ("", ""),
        _ => return None,
    })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// How many times a day, 1 to 9; `most` is 0 or more than `least`.
fn often(least: u8, most: u8) -> Option<Usage> {
    let (least, most) = range(least, most)?;
    let en = match (least, most) {
        (1, 1) => "once a day".to_owned(),
        (2, 2) => "twice a day".to_owned(),
        (least, most) if most > least => format!("{least} to {most} times a day"),
        (least, _) => format!("{least} times a day"),
    };
    let ja = if most > least {
        format!("１日{}～{}回", wide(least), wide(most))
    } else {
        format!("１日{}回", wide(least))
    };
    Some(Usage {
        often: Bilingual { ja, en },
        count: Some((least, most)),
        ..Usage::default()
    })
}

/// N times a day, evenly apart: 24 divides by the number.
fn every_hours(digits: &[u8; 16]) -> Option<Usage> {
    let often = often(digits[3], b'0').filter(|_| unused(digits, 4))?;
    let (count, _) = often.count?;
    let hours = (24 % count == 0).then_some(24 / count)?;
    Some(Usage {
        when: Bilingual {
            ja: format!("{}時間毎", wide(hours)),
            en: format!("every {hours} hours"),
        },
        implied: true,
        ..often
    })
}

/// N times a day at hours, a letter each from A for 0, in the order of the day.
fn at_hours(digits: &[u8; 16]) -> Option<Usage> {
    let often = often(digits[3], b'0')?;
    let count = often.count?.0 as usize;
    let letters = &digits[4..4 + count];
    let rising = letters.windows(2).all(|pair| pair[0] < pair[1]);
    let known = letters.iter().all(|letter| (b'A'..=b'X').contains(letter));
    if !(rising && known && unused(digits, 4 + count)) {
        return None;
    }
    let hours = || letters.iter().map(|letter| u32::from(letter - b'A'));
    let ja: Vec<_> = hours().map(|hour| format!("{}時", wide(hour))).collect();
    let en: Vec<_> = hours().map(|hour| format!("{hour}:00")).collect();
    let en: Vec<_> = en.iter().map(String::as_str).collect();
    Some(Usage {
        when: Bilingual {
            ja: ja.join("、"),
            en: format!("at {}", list(&en)),
        },
        implied: true,
        ..often
    })
}

fn interval(least: u8, most: u8) -> Option<Usage> {
    let (least, most) = range(least, most)?;
    let when = match (least, most) {
        (least, most) if most > least => Bilingual {
            ja: format!("{}～{}時間毎", wide(least), wide(most)),
            en: format!("every {least} to {most} hours"),
        },
        (1, _) => Bilingual::new("１時間毎", "every hour"),
        _ => Bilingual {
            ja: format!("{}時間毎", wide(least)),
            en: format!("every {least} hours"),
        },
    };
    Some(Usage {
        when,
        ..Usage::default()
    })
}

/// Least and most as figures from 1; 0 for the most is no range.
fn range(least: u8, most: u8) -> Option<(u32, u32)> {
    let figure = |digit: u8| digit.is_ascii_digit().then(|| u32::from(digit - b'0'));
    match (figure(least)?, figure(most)?) {
        (0, _) => None,
        (least, 0) => Some((least, least)),
        (least, most) => (least < most).then_some((least, most)),
    }
}

const fn event(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code.as_bytes() {
        b"011" => ("疼痛時", "for pain"),
        b"081" => ("かゆいとき", "for itching"),
        b"B70" => ("哺乳時", "with feeding"),
        _ => return None,
    })
}

/// A number in full-width figures, as prescriptions have it.
pub(super) fn wide(number: u32) -> String {
    let figures = number.to_string();
    let figure = |c: char| char::from_u32(u32::from(c) - 0x30 + 0xFF10).unwrap_or(c);
    figures.chars().map(figure).collect()
}

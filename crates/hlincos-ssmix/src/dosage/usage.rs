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

/// What a usage code says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// By mouth, applied, injected under the skin, ...
    pub(super) way: Bilingual,
    /// When and how often; empty where the code says something that is not known here.
    pub(super) when: Bilingual,
    /// Only as needed.
    pub(super) as_needed: bool,
    /// The patient or family injects at home.
    pub(super) self_injection: bool,
    /// Morning, noon, evening, as far as the code tells them.
    pub(super) moments: [bool; 3],
}

/// Reads a usage code; `None` when it is none.
pub(super) fn read(code: &str) -> Option<Usage> {
    let digits: [u8; 16] = code.as_bytes().try_into().ok()?;
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let (ja, en) = way(&code[..2])?;
    let mut usage = Usage {
        way: Bilingual::new(ja, en),
        self_injection: digits[0] == b'3' && digits[15] == b'4',
        as_needed: digits[2] == b'5',
        ..Usage::default()
    };
    usage.when = match digits[2] {
        b'1' | b'6' => {
            // Digit 8 is the morning, 7 noon, 6 the evening.
            usage.moments = [7, 6, 5].map(|at: usize| digits[at] != b'0');
            rhythm(&digits)
        }
        b'2' => every_hours(digits[3]),
        b'3' => at_hours(&digits),
        b'4' => event(&code[4..7]).map(|(ja, en)| {
            let count = digits[3];
            prefixed(times(count, count), &[ja], &[en])
        }),
        b'5' => event(&code[3..6]).map(|(ja, en)| Bilingual::new(ja, en)),
        b'7' => Some(times(digits[3], digits[4])),
        b'8' => interval(digits[3], digits[4]),
        _ => None,
    }
    .unwrap_or_default();
    Some(usage)
}

/// Meals, rising and bed, each with its relation.
fn rhythm(digits: &[u8; 16]) -> Option<Bilingual> {
    // In the order of the day, not of the digits.
    let moments = [
        (8, "起床時", "on rising"),
        (7, "朝", "breakfast"),
        (6, "昼", "lunch"),
        (5, "夕", "dinner"),
        (4, "就寝前", "at bedtime"),
    ];
    let told: Vec<_> = moments
        .into_iter()
        .filter(|(at, ..)| digits[*at] != b'0')
        .collect();
    let (mut ja, mut en) = (Vec::new(), Vec::new());
    for (n, (at, moment_ja, moment_en)) in told.iter().enumerate() {
        if matches!(at, 4 | 8) {
            ja.push((*moment_ja).to_owned());
            en.push((*moment_en).to_owned());
            continue;
        }
        let (relation_ja, relation_en) = relation(digits[*at])?;
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
    if en.is_empty() {
        return None;
    }
    let ja = ja.concat();
    Some(prefixed(
        times(digits[3], digits[3]),
        &[&ja],
        &en.iter().map(String::as_str).collect::<Vec<_>>(),
    ))
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

fn prefixed(times: Bilingual, ja: &[&str], en: &[&str]) -> Bilingual {
    Bilingual {
        ja: format!("{}{}", times.ja, ja.concat()),
        en: format!("{}, {}", times.en, list(en)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

fn times(least: u8, most: u8) -> Bilingual {
    let (least, most) = (number(least), number(most));
    let en = match (least, most) {
        (1, 0 | 1) => "once a day".to_owned(),
        (2, 0 | 2) => "twice a day".to_owned(),
        (least, most) if most > least => format!("{least} to {most} times a day"),
        (least, _) => format!("{least} times a day"),
    };
    let ja = if most > least {
        format!("１日{}～{}回", wide(least), wide(most))
    } else {
        format!("１日{}回", wide(least))
    };
    Bilingual { ja, en }
}

/// N times a day, evenly apart: 24 divides by the number.
fn every_hours(count: u8) -> Option<Bilingual> {
    let count = number(count);
    let hours = 24_u32
        .checked_div(count)
        .filter(|hours| hours * count == 24)?;
    let often = times(b'0' + u8::try_from(count).ok()?, 0);
    Some(Bilingual {
        ja: format!("{}{}時間毎", often.ja, wide(hours)),
        en: format!("{}, every {hours} hours", often.en),
    })
}

/// N times a day at hours, a letter each from A for 0.
fn at_hours(digits: &[u8; 16]) -> Option<Bilingual> {
    let letters = digits[4..14].iter().take_while(|letter| **letter != b'0');
    let hours: Option<Vec<u32>> = letters
        .map(|letter| {
            letter
                .checked_sub(b'A')
                .map(u32::from)
                .filter(|hour| *hour < 24)
        })
        .collect();
    let hours = hours.filter(|hours| hours.len() == number(digits[3]) as usize)?;
    let ja: Vec<_> = hours
        .iter()
        .map(|hour| format!("{}時", wide(*hour)))
        .collect();
    let en: Vec<_> = hours.iter().map(|hour| format!("{hour}:00")).collect();
    let en: Vec<_> = en.iter().map(String::as_str).collect();
    let often = times(digits[3], digits[3]);
    Some(Bilingual {
        ja: format!("{}{}", often.ja, ja.join("、")),
        en: format!("{}, at {}", often.en, list(&en)),
    })
}

fn interval(least: u8, most: u8) -> Option<Bilingual> {
    let (least, most) = (number(least), number(most));
    match (least, most) {
        (0, _) => None,
        (least, most) if most > least => Some(Bilingual {
            ja: format!("{}～{}時間毎", wide(least), wide(most)),
            en: format!("every {least} to {most} hours"),
        }),
        _ => Some(Bilingual {
            ja: format!("{}時間毎", wide(least)),
            en: format!("every {least} hours"),
        }),
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

/// A digit, or a letter from A for 10.
fn number(digit: u8) -> u32 {
    char::from(digit).to_digit(36).unwrap_or(0)
}

/// A number in full-width figures, as prescriptions have it.
pub(super) fn wide(number: u32) -> String {
    let figures = number.to_string();
    let figure = |c: char| char::from_u32(u32::from(c) - 0x30 + 0xFF10).unwrap_or(c);
    figures.chars().map(figure).collect()
}

#[rustfmt::skip]
fn way(code: &str) -> Option<(&'static str, &'static str)> {
    const WAYS: [(&str, &str, &str); 36] = [
        ("10", "内服・経口", "by mouth"), ("11", "内服・舌下", "under the tongue"), ("12", "内服・バッカル", "in the cheek"),
        ("13", "内服・口腔内塗布", "painted in the mouth"), ("2A", "外用・貼付", "stuck on"), ("2B", "外用・塗布", "applied"),
        ("2C", "外用・湿布", "as a compress"), ("2D", "外用・撒布", "dusted"), ("2E", "外用・噴霧", "sprayed"), ("2F", "外用・消毒", "as a disinfectant"),
        ("2G", "外用・点耳", "as ear drops"), ("2H", "外用・点眼", "as eye drops"), ("2J", "外用・点鼻", "into the nose"),
        ("2K", "外用・うがい", "gargled"), ("2L", "外用・吸入", "inhaled"), ("2M", "外用・トローチ", "as a lozenge"),
        ("2N", "外用・膀胱洗浄", "as a bladder wash"), ("2P", "外用・鼻腔内洗浄", "as a nasal wash"), ("2Q", "外用・浣腸", "as an enema"),
        ("2R", "外用・肛門挿入", "rectally"), ("2S", "外用・肛門注入", "instilled rectally"), ("2T", "外用・膣内挿入", "vaginally"),
        ("2U", "外用・膀胱注入", "instilled into the bladder"), ("30", "注射・静脈注射", "injected into a vein"),
        ("31", "注射・中心静脈注射", "injected into a central vein"), ("32", "注射・皮下注射", "injected under the skin"),
        ("33", "注射・筋肉内注射", "injected into a muscle"), ("34", "注射・皮内注射", "injected into the skin"),
        ("35", "注射・動脈注射", "injected into an artery"), ("3A", "注射・硬膜外注射", "injected epidurally"),
        ("3B", "注射・脳脊髄腔注射", "injected intrathecally"), ("3D", "注射・関節腔内注射", "injected into a joint"),
        ("3G", "注射・硝子体内注射", "injected into the vitreous"), ("3R", "注射・腹腔内注射", "injected into the abdomen"),
        ("40", "注入・腹膜透析", "by peritoneal dialysis"), ("41", "注入・気管内注入", "instilled into the trachea"),
    ];
    WAYS.iter().find(|(known, ..)| *known == code).map(|(_, ja, en)| (*ja, *en))
}

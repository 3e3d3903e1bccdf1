//! Amounts and their units: RXE-3 to -5, RXE-19, TQ1-2.

use crate::hl7::Value;
use crate::summary::Bilingual;

use super::sent::{believed, plain_words, quoted};

/// A number in millionths, so that `3.0` and `3` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

impl Number {
    /// Reads a decimal number of at most nine figures before the point and six behind it.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let figures = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !figures(whole) || !figures(part) || whole.len() > 9 || part.len() > 6 {
            return None;
        }
        let part: u64 = format!("{part:0<6}").parse().ok()?;
        Some(Self(whole.parse::<u64>().ok()? * 1_000_000 + part))
    }

    pub(super) fn whole(number: u32) -> Self {
        Self(u64::from(number) * 1_000_000)
    }

    pub(super) const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as u64))
    }
}

/// A unit: how it is shown, and whether its code could be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unit {
    /// As compared: the code where it is believed, else what was sent.
    key: String,
    pub(super) ja: String,
    one: String,
    many: String,
    /// Not put into plain words.
    pub(super) as_sent: bool,
    /// Code and name differ.
    pub(super) contradictory: bool,
}

impl Unit {
    /// Shape: code, name and system.
    pub(super) fn of([code, name, system]: [Value<'_>; 3]) -> Self {
        let (code, name) = (code.plain(), name.plain());
        let own = if name.is_empty() { &code } else { &name };
        if own.is_empty() {
            return Self::default();
        }
        let known = UNITS.iter().find(|(known, ..)| *known == code);
        let known = known.filter(|_| believed(&system.plain(), "MR9P"));
        if let Some((_, names, one, many)) = known {
            let told = plain_words(&name);
            if name.is_empty() || names.iter().any(|name| plain_words(name) == told) {
                return Self {
                    key: code.clone().into_owned(),
                    ja: if name.is_empty() { names[0] } else { &name }.to_owned(),
                    one: (*one).to_owned(),
                    many: (*many).to_owned(),
                    ..Self::default()
                };
            }
        }
        let shown = quoted(own);
        Self {
            key: own.clone().into_owned(),
            ja: shown.ja,
            one: shown.en.clone(),
            many: shown.en,
            as_sent: true,
            contradictory: known.is_some(),
        }
    }

    /// From a component that holds code, name and system as subcomponents.
    pub(super) fn within(value: Value<'_>) -> Self {
        Self::of([1, 2, 3].map(|number| value.subcomponent(number)))
    }

    pub(super) const fn is_told(&self) -> bool {
        !self.key.is_empty()
    }

    fn en(&self, amount: &str) -> &str {
        if Number::read(amount) == Some(Number::whole(1)) {
            &self.one
        } else {
            &self.many
        }
    }
}

/// An amount, or a range of amounts, with its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    text: String,
    /// Least and most; `None` where what was sent is no number.
    pub(super) range: Option<(Number, Number)>,
    pub(super) unit: Unit,
}

impl Amount {
    /// `None` when neither was sent.
    pub(super) fn of(least: &str, most: &str, unit: Unit) -> Option<Self> {
        let (least, most) = match (least, most) {
            ("", "") => return None,
            ("", one) | (one, "") => (one, one),
            both => both,
        };
        let range = Number::read(least).zip(Number::read(most));
        let text = if least == most {
            least.to_owned()
        } else {
            format!("{least}–{most}")
        };
        let range = range.filter(|(least, most)| least <= most);
        Some(Self { text, range, unit })
    }

    /// Number and unit in both languages.
    pub(super) fn words(&self) -> Bilingual {
        let Self { text, unit, .. } = self;
        if self.range.is_none() {
            return quoted(&format!("{text}{}", unit.ja));
        }
        let en = format!("{text} {}", unit.en(text));
        Bilingual {
            ja: format!("{text}{}", unit.ja),
            en: en.trim_end().to_owned(),
        }
    }

    /// Whether both count in one unit; one that was not told is no other.
    pub(super) fn same_unit(&self, other: &Self) -> bool {
        self.unit.key == other.unit.key || !self.unit.is_told() || !other.unit.is_told()
    }
}

/// MERIT-9 code, its names, and English for one and for several.
const UNITS: [(&str, &[&str], &str, &str); 13] = [
    ("TAB", &["錠"], "tablet", "tablets"),
    ("CAP", &["カプセル"], "capsule", "capsules"),
    ("PCK", &["包"], "packet", "packets"),
    ("UNT", &["単位"], "unit", "units"),
    ("AMP", &["アンプル", "管"], "ampoule", "ampoules"),
    ("VIL", &["バイアル", "瓶"], "vial", "vials"),
    ("HON", &["本"], "piece", "pieces"),
    ("KO", &["個"], "piece", "pieces"),
    ("SHT", &["枚", "シート"], "sheet", "sheets"),
    ("SHEET", &["枚", "シート"], "sheet", "sheets"),
    ("MG", &["mg", "ミリグラム"], "mg", "mg"),
    ("G", &["g", "グラム"], "g", "g"),
    ("ML", &["mL", "ミリリットル"], "mL", "mL"),
];

//! Dosage in plain Japanese and English, from RXE, TQ1 and RXR.
//!
//! Nothing is guessed: where a code is not known here, or says something else than the text sent
//! with it, the text is shown as it was sent, in both languages.

mod supplement;
mod usage;

use serde::Serialize;

use crate::hl7::{Segment, Value};
use crate::summary::Bilingual;
use crate::views::{Coded, Rxe, Rxr, Tq1};

use supplement::Supplement;

/// How a drug is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dosage {
    /// The whole in one sentence.
    pub text: Bilingual,
    /// Only as needed.
    pub as_needed: bool,
    /// Injected at home by the patient or the family.
    pub self_injection: bool,
    /// Something could not be put into plain words: it stands in the text as it was sent.
    pub as_sent: bool,
    /// Code and text of the usage tell different times of day; the text is shown.
    pub contradictory: bool,
}

/// Puts one drug's dosage into words.
///
/// Shape: RXE, the TQ1 segments that follow it (one per step when a dose tapers), and RXR.
#[must_use]
pub fn dosage<'m>(rxe: Segment<'m>, timings: &[Segment<'m>], rxr: Option<Segment<'m>>) -> Dosage {
    let rxe = Rxe(rxe);
    let mut words = Words {
        uneven: uneven_doses(rxe, timings),
        ..Words::default()
    };
    words.dose(rxe);
    let steps = timings.len();
    for (at, timing) in timings.iter().enumerate() {
        if steps > 1 {
            let n = at + 1;
            words.add(format!("第{n}段階"), format!("step {n}"));
        }
        words.timing(Tq1(*timing));
    }
    words.tell_uneven(rxe);
    for instruction in rxe.instructions().chain(rxe.supplements()) {
        words.supplement(instruction);
    }
    let kind = rxe.kind();
    words.dosage.as_needed |= kind.code().raw() == "22";
    words.dosage.self_injection |= kind.code().raw() == "24";
    if let Some(rxr) = rxr {
        words.site(Rxr(rxr));
    }
    words.finish()
}

/// The dosage of a drug from the segments that follow it, up to the next order or drug.
#[must_use]
pub fn of_order<'m>(rxe: Segment<'m>, rest: &[Segment<'m>]) -> Dosage {
    let own = rest
        .iter()
        .take_while(|segment| !matches!(segment.name(), "ORC" | "RXE"));
    let timings = own.clone().filter(|segment| segment.name() == Tq1::SEGMENT);
    let timings: Vec<_> = timings.copied().collect();
    let way = own.clone().find(|segment| segment.name() == Rxr::SEGMENT);
    dosage(rxe, &timings, way.copied())
}

/// Which dose of a day has how many units, gathered from wherever it was sent.
fn uneven_doses(rxe: Rxe<'_>, timings: &[Segment<'_>]) -> Vec<(u32, u32)> {
    let of_drug = rxe.instructions().chain(rxe.supplements());
    let of_drug = of_drug.map(|coded| coded.code().plain());
    let patterns = timings.iter().map(|timing| Tq1(*timing).patterns());
    let of_timing = patterns.flat_map(|patterns| patterns.repetitions().collect::<Vec<_>>());
    let of_timing = of_timing.map(|pattern| pattern.component(1).subcomponent(1).plain());
    let mut doses: Vec<_> = of_drug
        .chain(of_timing)
        .filter_map(|code| match supplement::read(&code)? {
            Supplement::Uneven(dose, amount) => Some((dose, amount)),
            Supplement::Days(_) => None,
        })
        .collect();
    doses.sort_unstable();
    doses.dedup();
    doses
}

/// The sentence as it grows, piece by piece in both languages.
#[derive(Default)]
struct Words {
    dosage: Dosage,
    ja: Vec<String>,
    en: Vec<String>,
    uneven: Vec<(u32, u32)>,
}

impl Words {
    fn add(&mut self, ja: impl Into<String>, en: impl Into<String>) {
        self.ja.push(ja.into());
        self.en.push(en.into());
    }

    fn both(&mut self, words: Bilingual) {
        self.add(words.ja, words.en);
    }

    /// Shows a text that has no plain words here as it was sent.
    fn sent(&mut self, text: &str) {
        if !text.is_empty() {
            self.dosage.as_sent = true;
            self.add(text, format!("“{text}”"));
        }
    }

    fn dose(&mut self, rxe: Rxe<'_>) {
        let (least, most) = (rxe.least().plain(), rxe.most().plain());
        let amount = match (&*least, &*most) {
            ("", most) => most.to_owned(),
            (least, "") => least.to_owned(),
            (least, most) if least == most => least.to_owned(),
            (least, most) => format!("{least}–{most}"),
        };
        let unit = rxe.unit();
        // Uneven doses that add up to the amount: it is that of a day.
        let sum: u32 = self.uneven.iter().map(|(_, amount)| amount).sum();
        if !self.uneven.is_empty() && amount == sum.to_string() {
            let (ja, en) = (unit.shown(), english_unit(unit, &amount));
            self.add(format!("１日{amount}{ja}"), format!("{amount} {en} a day"));
        } else if !amount.is_empty() {
            let (ja, en) = (unit.shown(), english_unit(unit, &amount));
            self.add(format!("１回{amount}{ja}"), format!("{amount} {en}"));
        }
    }

    fn timing(&mut self, tq1: Tq1<'_>) {
        for repeat in tq1.patterns().repetitions() {
            self.pattern(repeat.component(1));
        }
        let length = tq1.duration();
        let number = length.component(1).plain();
        if !number.is_empty() {
            let unit = length.component(2);
            let (code, name) = (unit.subcomponent(1).plain(), unit.subcomponent(2).plain());
            self.duration(&number, &code, &name);
        }
        let times = tq1.times().plain();
        if !times.is_empty() {
            let en = if times == "1" { "dose" } else { "doses" };
            self.add(format!("{times}回分"), format!("{times} {en} supplied"));
        }
        self.sent(&tq1.words().plain());
    }

    /// One repetition of TQ1-3: code, text and system as subcomponents.
    fn pattern(&mut self, pattern: Value<'_>) {
        let code = pattern.subcomponent(1).plain();
        let text = pattern.subcomponent(2).plain();
        if let Some(usage) = usage::read(&code) {
            self.dosage.as_needed |= usage.as_needed;
            self.dosage.self_injection |= usage.self_injection;
            let told = ["朝", "昼", "夕"].map(|moment| text.contains(moment));
            let same = !told.contains(&true)
                || !usage.moments.contains(&true)
                || told == usage.moments
                || text.contains("毎食") && usage.moments == [true; 3];
            self.dosage.contradictory |= !same;
            if same && !usage.when.en.is_empty() {
                let ja = if text.is_empty() {
                    format!("{}・{}", usage.way.ja, usage.when.ja)
                } else {
                    text.into_owned()
                };
                self.add(ja, format!("{} {}", usage.way.en, usage.when.en));
                return;
            }
        }
        let own_words = if text.is_empty() { code.clone() } else { text };
        match supplement::read(&code) {
            Some(Supplement::Days(days)) => self.add(
                if own_words == code {
                    days.ja
                } else {
                    own_words.into_owned()
                },
                days.en,
            ),
            Some(Supplement::Uneven(..)) => {}
            None => self.sent(&own_words),
        }
    }

    fn duration(&mut self, number: &str, code: &str, name: &str) {
        let unit = code.trim_end_matches(|c: char| c.is_ascii_digit());
        let (ja, one, many) = match (unit, name) {
            ("D" | "d", _) | (_, "日") | ("", "") => ("日分", "day", "days"),
            ("W" | "w" | "WK" | "wk", _) | (_, "週") => ("週間分", "week", "weeks"),
            ("MO" | "mo" | "L", _) | (_, "月" | "ヶ月" | "か月") => {
                ("か月分", "month", "months")
            }
            ("H" | "h", _) | (_, "時間") => ("時間", "hour", "hours"),
            _ => {
                let unit = if name.is_empty() { code } else { name };
                return self.sent(&format!("{number}{unit}"));
            }
        };
        let en = if number == "1" { one } else { many };
        self.add(format!("{number}{ja}"), format!("for {number} {en}"));
    }

    /// RXE-7 and RXE-31: supplements by code, or words.
    fn supplement(&mut self, coded: Coded<'_>) {
        match supplement::read(coded.code().raw()) {
            Some(Supplement::Uneven(..)) => {}
            Some(Supplement::Days(days)) => self.both(days),
            None => self.sent(&coded.shown()),
        }
    }

    /// Uneven doses of a day, one by one.
    fn tell_uneven(&mut self, rxe: Rxe<'_>) {
        if self.uneven.is_empty() {
            return;
        }
        let unit = rxe.unit();
        let one = |(dose, amount): &(u32, u32)| {
            let ja = format!("{}回目{amount}{}", usage::wide(*dose), unit.shown());
            let en = format!(
                "dose {dose}: {amount} {}",
                english_unit(unit, &amount.to_string())
            );
            (ja, en)
        };
        let (ja, en): (Vec<_>, Vec<_>) = self.uneven.iter().map(one).unzip();
        let (ja, en) = (ja.join("・"), en.join(", "));
        self.add(format!("不均等（{ja}）"), format!("unevenly ({en})"));
    }

    fn site(&mut self, rxr: Rxr<'_>) {
        let site = rxr.site().shown();
        if !site.is_empty() {
            self.add(format!("部位：{site}"), format!("site “{site}”"));
        }
    }

    fn finish(mut self) -> Dosage {
        if self.dosage.as_needed {
            self.add("頓用", "only as needed");
        }
        if self.dosage.self_injection {
            self.add("自己注射", "self-injection at home");
        }
        self.dosage.text = Bilingual {
            ja: self.ja.join("、"),
            en: self.en.join(", "),
        };
        self.dosage
    }
}

/// A MERIT-9 unit in English; the hospital's own word where there is none here.
fn english_unit(unit: Coded<'_>, amount: &str) -> String {
    let (one, many) = match unit.code().raw() {
        "TAB" => ("tablet", "tablets"),
        "CAP" => ("capsule", "capsules"),
        "PCK" => ("packet", "packets"),
        "UNT" => ("unit", "units"),
        "AMP" => ("ampoule", "ampoules"),
        "VIL" => ("vial", "vials"),
        "HON" => ("piece", "pieces"),
        "KO" => ("piece", "pieces"),
        "SHT" | "SHEET" => ("sheet", "sheets"),
        "MG" => ("mg", "mg"),
        "G" => ("g", "g"),
        "ML" => ("mL", "mL"),
        _ => return unit.shown().into_owned(),
    };
    if amount == "1" { one } else { many }.to_owned()
}

#[cfg(test)]
mod tests;

//! One TQ1: the dose, when and for how long; several are the steps of a tapering.

use std::collections::HashSet;

use crate::hl7::Segment;
use crate::summary::{Bilingual, moment};
use crate::views::Tq1;

use super::amount::{Amount, Number};
use super::pattern::{Pattern, Told};
use super::sent::{believed, plain_words};
use super::sentence::Sentence;
use super::usage::{Usage, wide};
use super::{Drug, quantity};

pub(super) struct Step<'m> {
    tq1: Tq1<'m>,
    /// TQ1-2.
    pub(super) own: Option<Amount>,
    patterns: Vec<(Pattern<'m>, Told)>,
    keys: HashSet<(String, String)>,
    uneven: Uneven,
}

/// The doses of a day, where they differ from each other.
#[derive(Default)]
struct Uneven {
    /// In the order of the day.
    doses: Vec<(u32, u32)>,
    /// One is missing or told twice, or there are more or fewer than times a day.
    in_doubt: bool,
}

impl Uneven {
    fn of(mut doses: Vec<(u32, u32)>, usage: Option<&Usage>, mistrusted: bool) -> Self {
        doses.sort_unstable();
        doses.dedup();
        let in_order = doses.iter().zip(1..).all(|((dose, _), n)| *dose == n);
        let count = usage.and_then(|usage| usage.count);
        let same = count.is_none_or(|count| (count.0, count.1) == (len(&doses), len(&doses)));
        Self {
            in_doubt: !doses.is_empty() && (mistrusted || !in_order || !same),
            doses,
        }
    }

    fn sum(&self) -> Number {
        Number::whole(self.doses.iter().map(|(_, amount)| amount).sum())
    }

    fn range(&self) -> Option<(Number, Number)> {
        let amounts = || self.doses.iter().map(|(_, amount)| *amount);
        amounts()
            .min()
            .map(Number::whole)
            .zip(amounts().max().map(Number::whole))
    }
}

fn len(doses: &[(u32, u32)]) -> u32 {
    u32::try_from(doses.len()).unwrap_or(u32::MAX)
}

impl<'m> Step<'m> {
    /// Reads one TQ1; uneven doses of the drug belong to it when it is the only one.
    pub(super) fn read(tq1: Tq1<'m>, drug: &Drug<'m>, only: bool) -> Self {
        let own = quantity(tq1.0.field(2), &drug.unit);
        let mut keys = HashSet::new();
        let mut patterns: Vec<(Pattern<'_>, Told)> = Vec::new();
        for repeat in tq1.patterns().repetitions() {
            let pattern = Pattern::of_timing(repeat.component(1));
            if keys.insert(pattern.key()) {
                let told = pattern.told(&drug.unit);
                patterns.push((pattern, told));
            }
        }
        let of_drug: &[(Pattern<'_>, Told)] = if only { &drug.supplements } else { &[] };
        let all = || patterns.iter().chain(of_drug);
        let doses = all().filter_map(|(_, told)| match told {
            Told::Uneven(dose, amount) => Some((*dose, *amount)),
            _ => None,
        });
        let mistrusted = all().any(|(pattern, told)| *told == Told::Differs && !pattern.is_usage());
        let uneven = Uneven::of(doses.collect(), usage(&patterns), mistrusted);
        Self {
            tq1,
            own,
            patterns,
            keys,
            uneven,
        }
    }

    /// What its TQ1-3 told.
    pub(super) fn keys(&self) -> impl Iterator<Item = &(String, String)> {
        self.keys.iter()
    }

    /// Whether a route of RXR-1 is another way than that of a usage here.
    pub(super) fn goes_another_way(&self, route: &str) -> bool {
        self.patterns
            .iter()
            .any(|(_, told)| matches!(told, Told::Usage(usage) if usage.goes_another_way(route)))
    }

    fn dose<'a>(&'a self, drug: &'a Drug<'_>) -> Option<&'a Amount> {
        self.own.as_ref().or(drug.dose.as_ref())
    }

    /// What a day's doses add up to, least and most, where they can be reckoned.
    pub(super) fn daily(&self, drug: &Drug<'_>) -> Option<(Amount, (Number, Number))> {
        let dose = self.dose(drug)?.clone();
        if self.uneven.in_doubt {
            return None;
        }
        if !self.uneven.doses.is_empty() {
            return Some((dose, (self.uneven.sum(), self.uneven.sum())));
        }
        let (least, most) = usage(&self.patterns)?.count?;
        let range = dose.range?;
        Some((dose, (range.0.times(least), range.1.times(most))))
    }

    pub(super) fn tell(&self, drug: &Drug<'_>, sentence: &mut Sentence) {
        self.tell_dose(drug, sentence);
        self.tell_patterns(sentence);
        self.tell_uneven(drug, sentence);
        for number in [4, 5, 10] {
            sentence.sent(&self.tq1.0.field(number).plain());
        }
        sentence.sent(&self.tq1.words().plain());
        self.tell_duration(drug, sentence);
        self.tell_period(sentence);
        let times = self.tq1.times().plain();
        if Number::read(&times).is_some() {
            let en = if times == "1" { "dose" } else { "doses" };
            sentence.add(format!("{times}回分"), format!("{times} {en} supplied"));
        } else {
            sentence.sent(&times);
        }
    }

    /// The amount of a dose; of a day, where uneven doses add up to it.
    fn tell_dose(&self, drug: &Drug<'_>, sentence: &mut Sentence) {
        let Some(dose) = self.dose(drug) else { return };
        let uneven = &self.uneven;
        let words = dose.words();
        if uneven.doses.is_empty() || !uneven.in_doubt && dose.range == uneven.range() {
            sentence.dose(Some(dose));
        } else if !uneven.in_doubt && dose.range == Some((uneven.sum(), uneven.sum())) {
            sentence.doubt(&dose.unit);
            sentence.add(format!("１日{}", words.ja), format!("{} a day", words.en));
        } else {
            sentence.differ(&words.ja);
        }
    }

    fn tell_patterns(&self, sentence: &mut Sentence) {
        let usages = self
            .patterns
            .iter()
            .filter(|(pattern, _)| pattern.is_usage());
        let several = usages.count() > 1;
        for (pattern, told) in &self.patterns {
            if several && pattern.is_usage() {
                sentence.differ(&pattern.own_words());
            } else {
                sentence.tell(pattern, told);
            }
        }
    }

    /// Uneven doses of a day, one by one.
    fn tell_uneven(&self, drug: &Drug<'_>, sentence: &mut Sentence) {
        if self.uneven.doses.is_empty() {
            return;
        }
        sentence.doubt(&drug.unit);
        let one = |(dose, amount): &(u32, u32)| {
            let amount = Amount::of(&amount.to_string(), "", drug.unit.clone());
            let words = amount.map(|amount| amount.words()).unwrap_or_default();
            (
                format!("{}回目{}", wide(*dose), words.ja),
                format!("dose {dose}: {}", words.en),
            )
        };
        let (ja, en): (Vec<_>, Vec<_>) = self.uneven.doses.iter().map(one).unzip();
        let (ja, en) = (ja.join("・"), en.join(", "));
        if self.uneven.in_doubt {
            return sentence.differ(&ja);
        }
        sentence.add(format!("不均等（{ja}）"), format!("unevenly ({en})"));
    }

    /// TQ1-6; with days left out, or a usage not understood, it is that of the supply.
    fn tell_duration(&self, drug: &Drug<'_>, sentence: &mut Sentence) {
        let length = self.tq1.duration();
        let number = length.component(1).plain();
        let unit = length.component(2);
        let [code, name, system] = [1, 2, 3].map(|at| unit.subcomponent(at).plain());
        let known = DURATIONS.iter().find(|(codes, names, ..)| {
            let by_code = code.is_empty() || codes.contains(&&*code.to_uppercase());
            let by_name = name.is_empty() || names.contains(&&*plain_words(&name));
            by_code && by_name && !(code.is_empty() && name.is_empty())
        });
        let known = known.filter(|_| believed(&system, "ISO+") && Number::read(&number).is_some());
        let Some((_, _, ja, one, many)) = known else {
            let unit = if name.is_empty() { &code } else { &name };
            let text = format!("{number}{unit}");
            // Code and name of two different units.
            if !code.is_empty() && !name.is_empty() && believed(&system, "ISO+") {
                sentence.dosage.contradictory = true;
            }
            return sentence.sent(&text);
        };
        let en = if number == "1" { one } else { many };
        let steadily = drug.steadily
            && usage(&self.patterns).is_some()
            && self
                .patterns
                .iter()
                .all(|(_, told)| matches!(told, Told::Usage(_) | Told::Uneven(..)))
            && !sentence.dosage.as_sent;
        sentence.add(
            format!("{number}{ja}"),
            match (steadily, number == "1") {
                (true, _) => format!("for {number} {en}"),
                (false, true) => format!("{number} {en}'s supply"),
                (false, false) => format!("{number} {en}' supply"),
            },
        );
    }

    /// TQ1-7 and -8, with the time of day where it was told.
    fn tell_period(&self, sentence: &mut Sentence) {
        let [from, until] = [7, 8].map(|number| self.tq1.0.field(number).plain());
        if !from.is_empty() {
            let from = moment(&from);
            sentence.add(format!("{from}から"), format!("from {from}"));
        }
        if !until.is_empty() {
            let until = moment(&until);
            sentence.add(format!("{until}まで"), format!("until {until}"));
        }
    }
}

/// The usage, where there is one and no more.
fn usage<'a>(patterns: &'a [(Pattern<'_>, Told)]) -> Option<&'a Usage> {
    let mut usages = patterns.iter().filter(|(pattern, _)| pattern.is_usage());
    match (usages.next(), usages.next()) {
        (Some((_, Told::Usage(usage))), None) => Some(usage),
        _ => None,
    }
}

/// What several TQ1 are called: steps, or parts where they are at the same time.
pub(super) fn names(timings: &[Segment<'_>]) -> Option<fn(usize) -> Bilingual> {
    if timings.len() < 2 {
        return None;
    }
    let mut starts = HashSet::new();
    let together = timings.iter().any(|timing| {
        let start = timing.field(7);
        timing.field(12).raw() == "S" || start.has_value() && !starts.insert(start.raw())
    });
    Some(if together {
        |n| Bilingual {
            ja: format!("その{n}"),
            en: format!("part {n}"),
        }
    } else {
        |n| Bilingual {
            ja: format!("第{n}段階"),
            en: format!("step {n}"),
        }
    })
}

type Duration = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
);

/// Codes and names of a unit, then Japanese, and English for one and for several.
const DURATIONS: [Duration; 4] = [
    (&["D"], &["日", "日分", "日間"], "日分", "day", "days"),
    (&["W", "WK"], &["週", "週間"], "週間分", "week", "weeks"),
    (
        &["MO"],
        &["月", "ヶ月", "か月"],
        "か月分",
        "month",
        "months",
    ),
    (&["H", "HR"], &["時間"], "時間", "hour", "hours"),
];

//! Dosage in plain Japanese and English, from RXE, TQ1 and RXR.
//!
//! Nothing is guessed: a code is believed only where it is wholly known here and the text sent
//! with it says the same. Everything else is shown as it was sent, in quotes, in both languages.

mod amount;
mod pattern;
mod sent;
mod sentence;
mod step;
mod supplement;
mod usage;
mod way;

use std::collections::HashSet;

use serde::Serialize;

use crate::hl7::{Segment, Value};
use crate::summary::Bilingual;
use crate::views::{Rxe, Rxr, Tq1};

use amount::{Amount, Number, Unit};
use pattern::{Pattern, Told};
use sent::{believed, plain_words};
use sentence::Sentence;
use step::Step;

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
    /// Code and text, or two amounts, tell different things; what was sent is shown in quotes.
    pub contradictory: bool,
}

impl Dosage {
    /// What a reader must know before trusting the text; `None` when there is no doubt.
    #[must_use]
    pub fn warning(&self) -> Option<Bilingual> {
        if self.contradictory {
            return Some(Bilingual::new(
                "用法・用量のコード、文言、数量に食い違いがあります。「」は送信されたままの内容です。原本を確認してください。",
                "Code, text or amounts of this dosage differ; what stands in quotes is as sent. Check the source.",
            ));
        }
        self.as_sent.then(|| {
            Bilingual::new(
                "「」は送信されたままの内容です。",
                "What stands in quotes is as sent.",
            )
        })
    }
}

/// Puts one drug's dosage into words.
///
/// Shape: RXE, the TQ1 segments that follow it (one per step when a dose tapers), and RXR.
#[must_use]
pub fn dosage<'m>(rxe: Segment<'m>, timings: &[Segment<'m>], rxr: Option<Segment<'m>>) -> Dosage {
    let drug = Drug::of(Rxe(rxe));
    let steps: Vec<Step<'_>> = timings
        .iter()
        .map(|timing| Step::read(Tq1(*timing), &drug, timings.len() == 1))
        .collect();
    let mut sentence = Sentence::default();
    drug.tell_unmatched_dose(&steps, &mut sentence);
    let names = step::names(timings);
    for (at, step) in steps.iter().enumerate() {
        let mut own = Sentence::default();
        step.tell(&drug, &mut own);
        sentence.append(own, names.map(|name| name(at + 1)));
    }
    if steps.is_empty() {
        sentence.dose(drug.dose.as_ref());
    }
    drug.tell_supplements(&steps, &mut sentence);
    drug.tell_daily(&steps, &mut sentence);
    drug.tell_rate(&mut sentence);
    drug.tell_kind(&mut sentence);
    if let Some(rxr) = rxr {
        tell_other_route(Rxr(rxr), &steps, &mut sentence);
        tell_site(Rxr(rxr), &mut sentence);
    }
    sentence.finish()
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

/// What RXE tells, for all steps.
struct Drug<'m> {
    rxe: Rxe<'m>,
    unit: Unit,
    /// RXE-3 and -4.
    dose: Option<Amount>,
    /// RXE-7 and -31, each once.
    supplements: Vec<(Pattern<'m>, Told)>,
    /// None of them leaves days out, or could.
    steadily: bool,
}

impl<'m> Drug<'m> {
    fn of(rxe: Rxe<'m>) -> Self {
        let unit = rxe.unit();
        let unit = Unit::of([unit.code(), unit.name(), unit.system()]);
        let mut supplements: Vec<(Pattern<'_>, Told)> = Vec::new();
        let mut seen = HashSet::new();
        for coded in rxe.instructions().chain(rxe.supplements()) {
            let pattern = Pattern::of_coded(coded);
            if seen.insert(pattern.key()) {
                let told = pattern.told(&unit);
                supplements.push((pattern, told));
            }
        }
        let steadily = supplements
            .iter()
            .all(|(_, told)| matches!(told, Told::Uneven(..)));
        Self {
            steadily,
            rxe,
            dose: Amount::of(&rxe.least().plain(), &rxe.most().plain(), unit.clone()),
            unit,
            supplements,
        }
    }

    /// RXE-3 where steps bring doses of their own that it does not fit.
    fn tell_unmatched_dose(&self, steps: &[Step<'_>], sentence: &mut Sentence) {
        let Some(dose) = &self.dose else { return };
        let own: Vec<&Amount> = steps.iter().filter_map(|step| step.own.as_ref()).collect();
        if own.is_empty() {
            return;
        }
        let one = dose.range.filter(|(least, most)| least == most);
        let fits = own.iter().all(|own| own.same_unit(dose))
            && own.len() == steps.len()
            && match (one, dose.range) {
                (Some(_), _) => own.iter().any(|own| own.range == one),
                (None, Some(range)) => own.iter().all(|own| within(own.range, range)),
                (None, None) => false,
            };
        if !fits {
            let words = dose.words();
            sentence.differ(&format!("RXE-3 {}", words.ja));
        }
    }

    /// RXE-7 and RXE-31, but for what TQ1-3 told already and the uneven doses told with their step.
    fn tell_supplements(&self, steps: &[Step<'_>], sentence: &mut Sentence) {
        let timed: HashSet<_> = steps.iter().flat_map(Step::keys).collect();
        for (pattern, told) in &self.supplements {
            let again = timed.contains(&pattern.key());
            let with_step = matches!(told, Told::Uneven(..)) && steps.len() == 1;
            if !again && !with_step {
                match told {
                    Told::Uneven(..) => sentence.sent(&pattern.whole()),
                    told => sentence.tell(pattern, told),
                }
            }
        }
    }

    /// RXE-19: told where it cannot be reckoned from dose and times, and where it differs.
    fn tell_daily(&self, steps: &[Step<'_>], sentence: &mut Sentence) {
        let daily = self.rxe.daily();
        let unit = Unit::within(daily.component(2));
        let Some(daily) = Amount::of(&daily.component(1).plain(), "", unit) else {
            return;
        };
        let reckoned: Vec<_> = steps.iter().filter_map(|step| step.daily(self)).collect();
        let same =
            |(amount, range): &(Amount, _)| daily.same_unit(amount) && within(daily.range, *range);
        if reckoned.iter().any(same) {
            return;
        }
        sentence.doubt(&daily.unit);
        let words = daily.words();
        if reckoned.is_empty() {
            sentence.add(
                format!("１日量{}", words.ja),
                format!("{} a day in all", words.en),
            );
        } else {
            sentence.differ(&format!("RXE-19 {}", words.ja));
        }
    }

    /// RXE-22 to -24.
    fn tell_rate(&self, sentence: &mut Sentence) {
        let rate = self.rxe.rate().plain();
        if rate.is_empty() {
            return;
        }
        let unit = self.rxe.rate_unit();
        let per_hour = matches!(plain_words(&unit.code().plain()).as_str(), "ml/hr" | "ml/h")
            && believed(&unit.system().plain(), "ISO+")
            && matches!(&*self.rxe.0.field(22).plain(), "" | "H1")
            && matches!(
                plain_words(&unit.name().plain()).as_str(),
                "" | "ml/hr"
                    | "ml/h"
                    | "ml/時間"
                    | "ml/時"
                    | "ミリリットル/時間"
                    | "ミリリッター/時間"
            );
        if per_hour && Number::read(&rate).is_some() {
            sentence.add(format!("速度{rate}mL／時間"), format!("at {rate} mL/h"));
        } else {
            let per = self.rxe.0.field(22).plain();
            let parts = [&*rate, &*unit.shown(), &*per];
            sentence.sent(parts.join(" ").trim());
        }
    }

    fn tell_kind(&self, sentence: &mut Sentence) {
        let kind = self.rxe.kind();
        let (code, name) = (kind.code().plain(), kind.name().plain());
        let meant = match &*code {
            "22" => "頓用",
            "24" => "自己注射",
            _ => return,
        };
        if !believed(&kind.system().plain(), "JHSP0003") {
            return sentence.sent(&kind.shown());
        }
        if !name.is_empty() && name != meant {
            return sentence.differ(&name);
        }
        sentence.dosage.as_needed |= code == "22";
        sentence.dosage.self_injection |= code == "24";
    }
}

/// Whether a range lies in another.
fn within(range: Option<(Number, Number)>, (least, most): (Number, Number)) -> bool {
    range.is_some_and(|range| least <= range.0 && range.1 <= most)
}

/// RXR-1 where it is another way than that of the usage.
fn tell_other_route(rxr: Rxr<'_>, steps: &[Step<'_>], sentence: &mut Sentence) {
    let route = rxr.route();
    let code = route.code().plain();
    let known = believed(&route.system().plain(), "HL70162");
    if known && steps.iter().any(|step| step.goes_another_way(&code)) {
        sentence.differ(&format!("RXR-1 {}", route.shown()));
    }
}

fn tell_site(rxr: Rxr<'_>, sentence: &mut Sentence) {
    let site = rxr.site().shown();
    if !site.is_empty() {
        sentence.add(format!("部位：{site}"), format!("site “{site}”"));
    }
    let device = rxr.device().shown();
    if !device.is_empty() {
        sentence.add(format!("器具：{device}"), format!("device “{device}”"));
    }
}

/// A quantity with its unit (CQ).
fn quantity(value: Value<'_>, unit: &Unit) -> Option<Amount> {
    let own = Unit::within(value.component(2));
    let unit = if own.is_told() { own } else { unit.clone() };
    Amount::of(&value.component(1).plain(), "", unit)
}

#[cfg(test)]
mod tests;

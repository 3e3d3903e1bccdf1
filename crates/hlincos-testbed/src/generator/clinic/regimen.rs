//! What a patient takes: from the problems, never against an allergy or another illness.

use jiff::civil::Date;

use super::allergy::{Allergies, Family};
use super::drug::{self, Drug, Supplement, Usage};
use super::illness::{Illness, Problem};
use crate::generator::draw::Draw;

/// A drug as prescribed to one patient.
#[derive(Clone)]
pub(crate) struct Medicine {
    pub(crate) drug: &'static Drug,
    pub(crate) usage: &'static Usage,
    /// Units per time; pieces for what is not counted.
    pub(crate) dose: u32,
    /// From when it is prescribed.
    pub(crate) since: Date,
    /// Days of an acute course; as long as the next visit otherwise.
    pub(crate) days: Option<u32>,
    /// Days after the prescription on which it begins: the steps of a taper follow each other.
    pub(crate) begins: u32,
    pub(crate) supplement: Supplement,
}

impl Medicine {
    /// What medicines of one Rp have in common.
    pub(crate) fn group(&self) -> (&'static str, Option<u32>, u32, &'static str) {
        let Self {
            usage,
            days,
            begins,
            supplement,
            ..
        } = self;
        (usage.code, *days, *begins, supplement.code())
    }
}

/// What the choice of drugs depends on.
struct Case<'a> {
    problems: &'a [Problem],
    allergies: &'a Allergies,
    age: i16,
}

impl Case<'_> {
    fn has(&self, illness: Illness) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.illness == illness)
    }

    /// Pain killers of this kind harm those who bleed, wheeze, or have weak kidneys or hearts.
    fn bears_nsaid(&self) -> bool {
        use Illness::{
            Asthma, AtrialFibrillation, DuodenalUlcer, HeartFailure, KidneyDisease, OldStroke,
        };
        let against = [
            Asthma,
            AtrialFibrillation,
            DuodenalUlcer,
            HeartFailure,
            KidneyDisease,
            OldStroke,
        ];
        !self.allergies.forbid(Family::Nsaid) && !against.iter().any(|&illness| self.has(illness))
    }
}

/// Draws the lasting medicines.
pub(crate) fn draw_regimen(
    problems: &[Problem],
    allergies: &Allergies,
    age: i16,
    draw: &mut Draw,
) -> Vec<Medicine> {
    let case = Case {
        problems,
        allergies,
        age,
    };
    let mut regimen: Vec<Medicine> = Vec::new();
    for problem in problems.iter().filter(|problem| problem.until.is_none()) {
        for (drug, usage, dose) in treatment(problem.illness, &case, draw) {
            if !regimen
                .iter()
                .any(|medicine| medicine.drug.code == drug.code)
            {
                let medicine = Medicine {
                    drug,
                    usage,
                    dose,
                    since: problem.since,
                    days: None,
                    begins: 0,
                    supplement: Supplement::None,
                };
                regimen.extend(scheduled(medicine, problem.illness, draw));
            }
        }
    }
    regimen
}

/// Gives a medicine its days: steroids in four ways, methotrexate and vitamin D on some weekdays,
/// pain killers of the old when needed.
fn scheduled(medicine: Medicine, illness: Illness, draw: &mut Draw) -> Vec<Medicine> {
    let with = |supplement| Medicine {
        supplement,
        ..medicine.clone()
    };
    match medicine.drug.code {
        code if code == drug::PREDNISOLONE.code => match draw.below(4) {
            0 => vec![with(Supplement::EveryOtherDay)],
            1 => vec![Medicine {
                usage: &drug::THRICE,
                dose: 1,
                ..with(Supplement::Uneven(&[4, 2, 1]))
            }],
            2 => taper(&medicine),
            _ => vec![medicine],
        },
        code if code == drug::METHOTREXATE.code => {
            vec![with(Supplement::Weekdays("W0110000", "月曜日、火曜日", 2))]
        }
        code if code == drug::ALFACALCIDOL.code && illness == Illness::Dialysis => {
            vec![with(Supplement::Weekdays(
                "W0101010",
                "月曜日、水曜日、金曜日",
                3,
            ))]
        }
        code if code == drug::ACETAMINOPHEN.code && draw.percent(50) => vec![Medicine {
            usage: &drug::IN_PAIN,
            ..with(Supplement::AsNeeded(2, 10))
        }],
        _ => vec![medicine],
    }
}

/// Goes down in steps of a week, each an Rp of its own that begins when the one before ends.
fn taper(medicine: &Medicine) -> Vec<Medicine> {
    let steps = [(4, 0), (3, 7), (2, 14)];
    let step = |(dose, begins)| Medicine {
        dose,
        begins,
        days: Some(7),
        ..medicine.clone()
    };
    steps.map(step).into()
}

type Line = (&'static Drug, &'static Usage, u32);

fn treatment(illness: Illness, case: &Case<'_>, draw: &mut Draw) -> Vec<Line> {
    match illness {
        Illness::Hypertension => hypertension(case, draw),
        Illness::Diabetes => diabetes(case, draw),
        Illness::AtrialFibrillation => atrial_fibrillation(case, draw),
        Illness::Dyslipidemia if draw.percent(50) => vec![(&drug::ROSUVASTATIN, &drug::EVENING, 1)],
        Illness::Dyslipidemia => vec![(&drug::ATORVASTATIN, &drug::EVENING, 1)],
        Illness::HeartFailure => heart_failure(case),
        Illness::Asthma => vec![(&drug::BUDESONIDE_FORMOTEROL, &drug::INHALED, 1)],
        Illness::Insomnia if case.age < 75 && draw.percent(40) => {
            vec![(&drug::ZOLPIDEM, &drug::BEDTIME, 1)]
        }
        Illness::Insomnia => vec![(&drug::LEMBOREXANT, &drug::BEDTIME, 1)],
        Illness::KneeArthrosis if case.bears_nsaid() => {
            vec![
                (&drug::LOXOPROFEN, &drug::THRICE, 1),
                (&drug::REBAMIPIDE, &drug::THRICE, 1),
            ]
        }
        Illness::KneeArthrosis => vec![(&drug::ACETAMINOPHEN, &drug::THRICE, 2)],
        Illness::Hypothyroidism => vec![(&drug::LEVOTHYROXINE, &drug::MORNING, 1)],
        Illness::AllergicRhinitis if case.age >= 12 => {
            vec![(&drug::FEXOFENADINE, &drug::TWICE, 1)]
        }
        Illness::Gastritis if case.age >= 18 => vec![(&drug::REBAMIPIDE, &drug::THRICE, 1)],
        // Magnesium gathers where kidneys are weak.
        Illness::Constipation if case.age >= 18 && !case.has(Illness::KidneyDisease) => {
            vec![(&drug::MAGNESIUM, &drug::TWICE, 1)]
        }
        Illness::Polymyalgia => vec![(&drug::PREDNISOLONE, &drug::MORNING, 2)],
        Illness::Eczema => vec![(&drug::DIFLORASONE, &drug::SPREAD, 2)],
        Illness::Dementia => vec![(&drug::DONEPEZIL, &drug::MORNING, 1)],
        // One who takes an anticoagulant already gets no second thinner.
        Illness::OldStroke if !case.has(Illness::AtrialFibrillation) => {
            vec![(&drug::CLOPIDOGREL, &drug::MORNING, 3)]
        }
        Illness::RheumatoidArthritis if !case.has(Illness::KidneyDisease) => {
            vec![(&drug::METHOTREXATE, &drug::TWICE, 1)]
        }
        Illness::RheumatoidArthritis => vec![(&drug::PREDNISOLONE, &drug::MORNING, 1)],
        Illness::Dialysis => vec![
            (&drug::SEVELAMER, &drug::THRICE, 2),
            (&drug::ALFACALCIDOL, &drug::MORNING, 1),
        ],
        Illness::KidneyDisease
        | Illness::AllergicRhinitis
        | Illness::Gastritis
        | Illness::Constipation
        | Illness::OldStroke
        | Illness::DuodenalUlcer
        | Illness::Bronchitis
        | Illness::Pneumonia => vec![],
    }
}

fn hypertension(case: &Case<'_>, draw: &mut Draw) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![(&drug::AMLODIPINE, &drug::MORNING, 1)];
    if !case.has(Illness::KidneyDisease) && draw.percent(40) {
        lines.push((&drug::CANDESARTAN, &drug::MORNING, 2));
    }
    lines
}

fn diabetes(case: &Case<'_>, draw: &mut Draw) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let weak = case.has(Illness::KidneyDisease) || case.has(Illness::HeartFailure);
    if !weak && case.age < 75 {
        lines.push((&drug::METFORMIN, &drug::TWICE, 2));
    }
    if weak || draw.percent(35) {
        let units = 4 + 2 * draw.below(9);
        let insulin = if draw.percent(50) {
            &drug::INSULIN_GLARGINE
        } else {
            &drug::INSULIN_NPH
        };
        lines.push((insulin, &drug::INJECTED, units));
    } else if lines.is_empty() || draw.percent(40) {
        lines.push((&drug::GLIMEPIRIDE, &drug::MORNING, 1));
    }
    lines
}

fn atrial_fibrillation(case: &Case<'_>, draw: &mut Draw) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if draw.percent(45) {
        lines.push((&drug::WARFARIN, &drug::MORNING, 1 + draw.below(4)));
    } else {
        let tablets = if case.age >= 80 { 1 } else { 2 };
        lines.push((&drug::APIXABAN, &drug::TWICE, tablets));
    }
    if !case.has(Illness::Asthma) {
        lines.push((&drug::BISOPROLOL, &drug::MORNING, 1));
    }
    lines
}

fn heart_failure(case: &Case<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = vec![(&drug::FUROSEMIDE, &drug::MORNING, 1)];
    if !case.has(Illness::KidneyDisease) {
        lines.push((&drug::SPIRONOLACTONE, &drug::MORNING, 1));
    }
    if !case.has(Illness::Asthma) {
        lines.push((&drug::BISOPROLOL, &drug::MORNING, 1));
    }
    lines
}

/// Treats a bout of bronchitis or pneumonia: cough mixture, and an antibiotic the patient bears.
/// Who takes warfarin gets no antibiotic here, since both named ones strengthen it.
pub(crate) fn acute_course(
    regimen: &[Medicine],
    allergies: &Allergies,
    day: Date,
) -> Vec<Medicine> {
    let days = Some(5);
    let take = |drug, dose| Medicine {
        drug,
        usage: &drug::THRICE,
        dose,
        since: day,
        days,
        begins: 0,
        supplement: Supplement::None,
    };
    let mut course = vec![take(&drug::CARBOCISTEINE, 2)];
    let warfarin = regimen
        .iter()
        .any(|medicine| medicine.drug.code == drug::WARFARIN.code);
    if warfarin {
        return course;
    }
    if !allergies.forbid(drug::CEFOTIAM.family) {
        course.push(take(&drug::CEFOTIAM, 2));
    } else if !allergies.forbid(drug::CLARITHROMYCIN.family) {
        let twice = Medicine {
            usage: &drug::TWICE,
            ..take(&drug::CLARITHROMYCIN, 1)
        };
        course.push(twice);
    }
    course
}

//! Illnesses: their codes, who has them, and when.

use jiff::civil::Date;

use crate::generator::calendar::days_after;
use crate::generator::draw::Draw;
use crate::generator::population::{Person, Sex};

/// What a patient may suffer from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Illness {
    Hypertension,
    Diabetes,
    AtrialFibrillation,
    Dyslipidemia,
    HeartFailure,
    KidneyDisease,
    Asthma,
    Insomnia,
    KneeArthrosis,
    Hypothyroidism,
    AllergicRhinitis,
    Gastritis,
    Constipation,
    Polymyalgia,
    Eczema,
    Dementia,
    OldStroke,
    DuodenalUlcer,
    RheumatoidArthritis,
    Dialysis,
    Bronchitis,
    Pneumonia,
}

/// How an illness is written and how frequent it is.
pub(crate) struct Facts {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) system: &'static str,
    pub(crate) icd10: &'static str,
    /// Percent of the patients of 2-17, 18-39, 40-59, 60-74 and 75 or more years.
    frequency: [u32; 5],
}

/// An illness that a patient has or had.
#[derive(Clone)]
pub(crate) struct Problem {
    pub(crate) illness: Illness,
    pub(crate) since: Date,
    pub(crate) until: Option<Date>,
}

impl Problem {
    /// Tells whether it is there on a day.
    pub(crate) fn is_on(&self, day: Date) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// MEDIS management numbers where a source was at hand; local codes elsewhere.
const fn local(
    code: &'static str,
    name: &'static str,
    icd10: &'static str,
    frequency: [u32; 5],
) -> Facts {
    Facts {
        code,
        name,
        system: "99XYZ",
        icd10,
        frequency,
    }
}

const fn medis(
    code: &'static str,
    name: &'static str,
    icd10: &'static str,
    frequency: [u32; 5],
) -> Facts {
    Facts {
        code,
        name,
        system: "MDCDX2",
        icd10,
        frequency,
    }
}

impl Illness {
    /// Those a patient is drawn with; the last two come by the way.
    const LASTING: [Self; 20] = [
        Self::Hypertension,
        Self::Diabetes,
        Self::AtrialFibrillation,
        Self::Dyslipidemia,
        Self::HeartFailure,
        Self::KidneyDisease,
        Self::Asthma,
        Self::Insomnia,
        Self::KneeArthrosis,
        Self::Hypothyroidism,
        Self::AllergicRhinitis,
        Self::Gastritis,
        Self::Constipation,
        Self::Polymyalgia,
        Self::Eczema,
        Self::Dementia,
        Self::OldStroke,
        Self::DuodenalUlcer,
        Self::RheumatoidArthritis,
        Self::Dialysis,
    ];

    /// Looks up codes and frequency.
    pub(crate) fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

/// In the order of [`Illness`].
#[rustfmt::skip]
const FACTS: [Facts; 22] = [
    local("L00001", "高血圧症", "I10", [0, 3, 25, 45, 60]),
    local("L00002", "２型糖尿病", "E119", [0, 2, 12, 20, 22]),
    local("L00017", "心房細動", "I489", [0, 0, 2, 8, 16]),
    local("L00004", "脂質異常症", "E785", [0, 3, 22, 32, 28]),
    local("L00005", "慢性心不全", "I509", [0, 0, 1, 5, 14]),
    local("L00006", "慢性腎臓病", "N189", [0, 0, 2, 7, 14]),
    local("L00007", "気管支喘息", "J459", [22, 12, 7, 5, 4]),
    local("L00008", "不眠症", "G470", [0, 6, 10, 15, 22]),
    local("L00009", "変形性膝関節症", "M179", [0, 0, 6, 18, 28]),
    local("L00010", "甲状腺機能低下症", "E039", [0, 2, 4, 5, 6]),
    local("L00011", "アレルギー性鼻炎", "J304", [40, 28, 16, 10, 5]),
    medis("20054174", "胃炎", "K297", [2, 12, 14, 14, 12]),
    local("L00013", "便秘症", "K590", [2, 4, 6, 12, 26]),
    local("L00014", "リウマチ性多発筋痛症", "M353", [0, 0, 0, 2, 3]),
    local("L00015", "湿疹", "L309", [20, 12, 8, 8, 10]),
    local("L00016", "アルツハイマー型認知症", "G309", [0, 0, 0, 3, 14]),
    local("L00018", "陳旧性脳梗塞", "I693", [0, 0, 1, 5, 10]),
    medis("20064049", "十二指腸潰瘍", "K269", [0, 1, 3, 4, 5]),
    local("L00021", "関節リウマチ", "M0690", [0, 1, 2, 3, 3]),
    local("L00022", "末期腎不全（血液透析）", "N180", [0, 0, 1, 2, 3]),
    local("L00020", "急性気管支炎", "J209", [0, 0, 0, 0, 0]),
    medis("20058577", "急性肺炎", "J189", [0, 0, 0, 0, 0]),
];

/// Draws the lasting problems of a person, one at least.
pub(crate) fn draw_problems(person: &Person, today: Date, draw: &mut Draw) -> Vec<Problem> {
    let age = person.age(today);
    let band = match age {
        ..18 => 0,
        18..40 => 1,
        40..60 => 2,
        60..75 => 3,
        _ => 4,
    };
    let mut problems = Vec::new();
    for illness in Illness::LASTING {
        let thyroid = illness == Illness::Hypothyroidism && person.sex == Sex::Female;
        let percent = illness.facts().frequency[band] * if thyroid { 2 } else { 1 };
        if draw.percent(percent) {
            problems.push(begin(illness, person, today, draw));
        }
    }
    // Whose kidneys have failed has weak ones: every rule for those holds.
    if has(&problems, Illness::Dialysis) && !has(&problems, Illness::KidneyDisease) {
        problems.push(begin(Illness::KidneyDisease, person, today, draw));
    }
    if problems.is_empty() {
        let usual = if age < 40 {
            Illness::AllergicRhinitis
        } else {
            Illness::Hypertension
        };
        problems.push(begin(usual, person, today, draw));
    }
    problems
}

fn has(problems: &[Problem], illness: Illness) -> bool {
    problems.iter().any(|problem| problem.illness == illness)
}

/// Sets the beginning: within life, at most twenty years back; ulcers have healed.
fn begin(illness: Illness, person: &Person, today: Date, draw: &mut Draw) -> Problem {
    let years_max = i32::from(person.age(today)).clamp(1, 20);
    let since = days_after(today, -draw.between(200, years_max * 365 - 60)).max(person.born);
    let until = (illness == Illness::DuodenalUlcer).then(|| days_after(since, 61).min(today));
    Problem {
        illness,
        since,
        until,
    }
}

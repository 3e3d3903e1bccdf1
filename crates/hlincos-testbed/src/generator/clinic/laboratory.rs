//! Laboratory tests and values that fit the illnesses.

use jiff::civil::Date;

use super::illness::{Illness, Problem};
use super::regimen::Medicine;
use super::{drug, illness};
use crate::generator::draw::Draw;
use crate::generator::population::Sex;

/// A specimen: JC10 material code, text, order group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Specimen {
    Serum,
    Blood,
    Plasma,
}

/// A test; ranges are in units of the last decimal.
pub(crate) struct Test {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) local: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) specimen: Specimen,
    pub(crate) decimals: usize,
    male: (i32, i32),
    female: (i32, i32),
    /// Asked for only with a certain illness.
    special: bool,
}

/// A value in units of the last decimal of its test.
#[derive(Clone)]
pub(crate) struct Finding {
    pub(crate) test: &'static Test,
    pub(crate) value: i32,
}

impl Specimen {
    /// All, in the order of a report.
    pub(crate) const ALL: [Self; 3] = [Self::Serum, Self::Blood, Self::Plasma];

    /// JC10 material code and text.
    pub(crate) fn material(self) -> (&'static str, &'static str) {
        match self {
            Self::Serum => ("023", "血清"),
            Self::Blood => ("019", "全血"),
            Self::Plasma => ("022", "血漿"),
        }
    }

    /// Local code and text of the group of tests.
    pub(crate) fn group(self) -> (&'static str, &'static str) {
        match self {
            Self::Serum => ("E002", "生化学的検査"),
            Self::Blood => ("E003", "血液学的検査"),
            Self::Plasma => ("E001", "凝固検査"),
        }
    }
}

impl Test {
    /// The reference range of a sex.
    pub(crate) fn range(&self, sex: Sex) -> (i32, i32) {
        if sex == Sex::Female {
            self.female
        } else {
            self.male
        }
    }

    /// Writes a number in units of the last decimal as a decimal number.
    pub(crate) fn decimal(&self, value: i32) -> String {
        match self.decimals {
            0 => value.to_string(),
            1 => format!("{}.{}", value / 10, value % 10),
            _ => format!("{}.{:02}", value / 100, value % 100),
        }
    }
}

/// Where a patient's healthy values lie: percent of the range, per test.
pub(crate) struct Baseline([i32; TESTS.len()]);

impl Baseline {
    /// Draws it.
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        Self(std::array::from_fn(|_| draw.between(8, 92)))
    }
}

/// Draws the findings of one day: 8 to 30 tests, those that the illnesses ask for always.
pub(crate) fn draw_findings(
    sex: Sex,
    problems: &[Problem],
    regimen: &[Medicine],
    baseline: &Baseline,
    day: Date,
    draw: &mut Draw,
) -> Vec<Finding> {
    let wide = draw.percent(45);
    let on = |illness| {
        problems
            .iter()
            .any(|p| p.illness == illness && p.is_on(day))
    };
    let warfarin = regimen
        .iter()
        .any(|m| m.drug.code == drug::WARFARIN.code && m.since <= day);
    let mut findings = Vec::with_capacity(30);
    for (index, test) in TESTS.iter().enumerate() {
        let sick = sick_range(test.code, &on, warfarin);
        // Of the usual tests every second is left out in a small panel.
        if sick.is_none() && (test.special || (!wide && index % 2 == 1)) {
            continue;
        }
        let (low, high) = sick.unwrap_or(test.range(sex));
        let percent = (baseline.0[index] + draw.between(-14, 14)).clamp(-6, 106);
        let value = (low + (high - low) * percent / 100).max(0);
        findings.push(Finding { test, value });
    }
    findings
}

/// Where values lie in illness; `None` if the illnesses leave the test alone.
fn sick_range(code: &str, on: &dyn Fn(Illness) -> bool, warfarin: bool) -> Option<(i32, i32)> {
    use illness::Illness::{
        Bronchitis, Diabetes, Dialysis, Dyslipidemia, HeartFailure, Hypothyroidism, KidneyDisease,
        Pneumonia, RheumatoidArthritis,
    };
    match code {
        PT_INR if warfarin => Some((160, 290)),
        HBA1C if on(Diabetes) => Some((64, 92)),
        GLUCOSE if on(Diabetes) => Some((118, 246)),
        CREATININE if on(Dialysis) => Some((620, 1_240)),
        UREA if on(Dialysis) => Some((480, 820)),
        POTASSIUM if on(Dialysis) => Some((44, 58)),
        CREATININE if on(KidneyDisease) => Some((128, 268)),
        UREA if on(KidneyDisease) => Some((230, 460)),
        POTASSIUM if on(KidneyDisease) => Some((44, 55)),
        LDL if on(Dyslipidemia) => Some((96, 172)),
        TRIGLYCERIDE if on(Dyslipidemia) => Some((110, 260)),
        NT_PROBNP if on(HeartFailure) => Some((410, 2_900)),
        TSH if on(Hypothyroidism) => Some((150, 780)),
        CRP if on(Pneumonia) => Some((420, 1_680)),
        LEUKOCYTES if on(Pneumonia) => Some((98, 172)),
        CRP if on(Bronchitis) => Some((40, 260)),
        CRP if on(RheumatoidArthritis) => Some((20, 190)),
        _ => None,
    }
}

const PT_INR: &str = "2B030000002231157";
const HBA1C: &str = "3D046000001906202";
const GLUCOSE: &str = "3D010000002227201";
const CREATININE: &str = "3C015000002327101";
const UREA: &str = "3C025000002327201";
const POTASSIUM: &str = "3H015000002326101";
const LDL: &str = "3F077000002327101";
const TRIGLYCERIDE: &str = "3F015000002327101";
const NT_PROBNP: &str = "4Z272000002305301";
const TSH: &str = "4A055000002305301";
const CRP: &str = "5C070000002306201";
const LEUKOCYTES: &str = "2A010000001930101";

#[expect(clippy::too_many_arguments, reason = "one line of the table below")]
const fn row(
    code: &'static str,
    name: &'static str,
    local: &'static str,
    unit: &'static str,
    specimen: Specimen,
    decimals: usize,
    male: (i32, i32),
    female: (i32, i32),
    special: bool,
) -> Test {
    Test {
        code,
        name,
        local,
        unit,
        specimen,
        decimals,
        male,
        female,
        special,
    }
}

use Specimen::{Blood, Plasma, Serum};

#[rustfmt::skip]
const TESTS: [Test; 30] = [
    row("3A010000002327101", "総蛋白", "10222", "g/dL", Serum, 1, (66, 81), (66, 81), false),
    row("3A015000002327101", "アルブミン", "10223", "g/dL", Serum, 1, (41, 51), (41, 51), false),
    row("3B035000002327201", "ＡＳＴ", "10207", "U/L", Serum, 0, (13, 30), (13, 30), false),
    row("3B045000002327201", "ＡＬＴ", "10208", "U/L", Serum, 0, (10, 42), (7, 23), false),
    row("3B050000002327901", "ＬＤ", "10206", "U/L", Serum, 0, (124, 222), (124, 222), false),
    row("3B090000002327101", "γ－ＧＴ", "10209", "U/L", Serum, 0, (13, 64), (9, 32), false),
    row("3B070000002327501", "ＡＬＰ", "10210", "U/L", Serum, 0, (38, 113), (38, 113), false),
    row("3J010000002327101", "総ビリルビン", "10213", "mg/dL", Serum, 1, (4, 15), (4, 15), false),
    row(CREATININE, "Ｃｒｅ", "10216", "mg/dL", Serum, 2, (65, 107), (46, 79), false),
    row("3C020000002327101", "尿酸", "10217", "mg/dL", Serum, 1, (37, 78), (26, 55), false),
    row(UREA, "尿素窒素", "10215", "mg/dL", Serum, 1, (80, 200), (80, 200), false),
    row("3B010000002327201", "ＣＫ", "10205", "U/L", Serum, 0, (59, 248), (41, 153), false),
    row("3H010000002326101", "Ｎａ", "10240", "mEq/L", Serum, 0, (138, 145), (138, 145), false),
    row("3H030000002327101", "Ｃａ", "10243", "mg/dL", Serum, 1, (88, 101), (88, 101), false),
    row(POTASSIUM, "Ｋ", "10241", "mEq/L", Serum, 1, (36, 48), (36, 48), false),
    row("3B160000002327701", "アミラーゼ", "10212", "U/L", Serum, 0, (44, 132), (44, 132), false),
    row("3H020000002326101", "Ｃｌ", "10242", "mEq/L", Serum, 0, (101, 108), (101, 108), false),
    row(TRIGLYCERIDE, "中性脂肪", "10232", "mg/dL", Serum, 0, (40, 150), (30, 117), false),
    row(LDL, "ＬＤＬ－Ｃ", "10234", "mg/dL", Serum, 0, (65, 139), (65, 139), false),
    row("3F070000002327101", "ＨＤＬ－Ｃ", "10233", "mg/dL", Serum, 0, (40, 90), (48, 103), false),
    row(CRP, "ＣＲＰ", "10221", "mg/dL", Serum, 2, (0, 14), (0, 14), false),
    row(NT_PROBNP, "ＮＴ－ｐｒｏＢＮＰ", "10260", "pg/mL", Serum, 0, (5, 125), (5, 125), true),
    row(TSH, "ＴＳＨ", "10250", "μIU/mL", Serum, 2, (50, 500), (50, 500), true),
    row(GLUCOSE, "グルコース", "10230", "mg/dL", Plasma, 0, (73, 109), (73, 109), false),
    row(LEUKOCYTES, "白血球数", "30001", "10*3/μL", Blood, 1, (33, 86), (33, 86), false),
    row("2A020000001930101", "赤血球数", "30002", "10*6/μL", Blood, 2, (435, 555), (386, 492), false),
    row("2A030000001930101", "ヘモグロビン", "30003", "g/dL", Blood, 1, (137, 168), (116, 148), false),
    row("2A050000001930101", "血小板数", "30005", "10*3/μL", Blood, 0, (158, 348), (158, 348), false),
    row(HBA1C, "ＨｂＡ１ｃ（ＮＧＳＰ）", "30020", "%", Blood, 1, (49, 60), (49, 60), true),
    row(PT_INR, "ＰＴ－ＩＮＲ", "30046", "", Plasma, 2, (85, 115), (85, 115), true),
];

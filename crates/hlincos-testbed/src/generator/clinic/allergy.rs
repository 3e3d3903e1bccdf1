//! Allergies: what a patient must not get.

use jiff::civil::Date;

use super::illness::{Illness, Problem};
use crate::generator::calendar::days_after;
use crate::generator::draw::Draw;
use crate::generator::population::Person;

/// Drugs that are avoided together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Penicillin,
    Cephem,
    Macrolide,
    Nsaid,
    Contrast,
    Other,
}

/// What one may be allergic to.
pub(crate) struct Allergen {
    /// HL7 table 0127: code and text.
    pub(crate) class: (&'static str, &'static str),
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) system: &'static str,
    family: Family,
    reactions: &'static [&'static str],
}

/// An allergy of a patient.
pub(crate) struct Allergy {
    pub(crate) allergen: &'static Allergen,
    /// HL7 table 0128: code and text.
    pub(crate) severity: (&'static str, &'static str),
    pub(crate) reaction: &'static str,
    /// A day, or words if nobody remembers the day.
    pub(crate) onset: Result<Date, &'static str>,
}

/// What the record says of allergies.
pub(crate) enum Allergies {
    /// Nobody asked: there is no file.
    NotAsked,
    /// Asked, and there are none: the file says so.
    NoneKnown,
    /// One to four.
    Known(Vec<Allergy>),
}

impl Allergies {
    /// Lists them; none if none is known or nobody asked.
    pub(crate) fn list(&self) -> &[Allergy] {
        match self {
            Self::Known(list) => list,
            Self::NotAsked | Self::NoneKnown => &[],
        }
    }

    /// Tells whether a family of drugs must not be given. Who reacts to penicillin gets no cephem
    /// either, as a careful doctor would decide.
    pub(crate) fn forbid(&self, family: Family) -> bool {
        self.list().iter().any(|allergy| {
            let known = allergy.allergen.family;
            known != Family::Other
                && (known == family || (known == Family::Penicillin && family == Family::Cephem))
        })
    }
}

/// Draws what the record says; asthma brings an intolerance of pain killers to some.
pub(crate) fn draw_allergies(
    person: &Person,
    problems: &[Problem],
    today: Date,
    draw: &mut Draw,
) -> Allergies {
    match draw.below(100) {
        0..30 => return Allergies::NotAsked,
        30..52 => return Allergies::NoneKnown,
        _ => {}
    }
    let mut chosen: Vec<&'static Allergen> = Vec::new();
    let asthma = problems
        .iter()
        .any(|problem| problem.illness == Illness::Asthma);
    if asthma && draw.percent(15) {
        chosen.extend(
            ALLERGENS
                .iter()
                .find(|allergen| allergen.family == Family::Nsaid),
        );
    }
    let count = [1, 1, 1, 2, 2, 3, 4][draw.below(7) as usize];
    while chosen.len() < count {
        let allergen = draw.pick(ALLERGENS);
        if !chosen.iter().any(|other| std::ptr::eq(*other, allergen)) {
            chosen.push(allergen);
        }
    }
    let allergies = chosen.into_iter().map(|allergen| Allergy {
        allergen,
        severity: *draw.pick(SEVERITIES),
        reaction: draw.pick::<&'static str>(allergen.reactions),
        onset: if draw.percent(70) {
            Ok(days_after(today, -draw.between(400, 9_000)).max(days_after(person.born, 300)))
        } else {
            Err(*draw.pick(if person.age(today) < 20 {
                CHILD_ONSETS
            } else {
                ONSETS
            }))
        },
    });
    Allergies::Known(allergies.collect())
}

const SEVERITIES: &[(&str, &str)] = &[("SV", "重度"), ("MO", "中等度"), ("MI", "軽度")];
const ONSETS: &[&str] = &["小学校低学年の頃", "成人後", "時期不明", "幼児期"];
const CHILD_ONSETS: &[&str] = &["幼児期"];

const DRUG: (&str, &str) = ("DA", "薬剤アレルギー");
const FOOD: (&str, &str) = ("FA", "食物アレルギー");
const POLLEN: (&str, &str) = ("LA", "花粉アレルギー");
const ROOM: (&str, &str) = ("EA", "環境アレルギー");
const CONTRA: (&str, &str) = ("MC", "種々の禁忌");

#[rustfmt::skip]
const ALLERGENS: &[Allergen] = &[
    Allergen { class: DRUG, code: "1", name: "ペニシリン", system: "99XYZ", family: Family::Penicillin, reactions: &["アナフィラキシー", "発疹", "じん麻疹"] },
    Allergen { class: DRUG, code: "2", name: "セフェム系抗生物質", system: "99XYZ", family: Family::Cephem, reactions: &["発疹", "じん麻疹"] },
    Allergen { class: DRUG, code: "3", name: "マクロライド系抗生物質", system: "99XYZ", family: Family::Macrolide, reactions: &["発疹", "下痢"] },
    Allergen { class: DRUG, code: "4", name: "非ステロイド性抗炎症薬", system: "99XYZ", family: Family::Nsaid, reactions: &["喘息発作", "呼吸困難", "じん麻疹"] },
    Allergen { class: DRUG, code: "106824501", name: "アリナミン", system: "HOT9", family: Family::Other, reactions: &["のどの渇きが止まらない", "発疹"] },
    Allergen { class: CONTRA, code: "9901", name: "ヨード造影剤", system: "99XYZ", family: Family::Contrast, reactions: &["発疹", "血圧低下", "嘔吐"] },
    Allergen { class: FOOD, code: "J9FA15000016", name: "小麦粉", system: "JFAGY", family: Family::Other, reactions: &["じん麻疹", "アナフィラキシー"] },
    Allergen { class: FOOD, code: "5A1002411023006", name: "ソバ", system: "JC10", family: Family::Other, reactions: &["湿疹", "呼吸困難"] },
    Allergen { class: FOOD, code: "F01", name: "鶏卵", system: "99XYZ", family: Family::Other, reactions: &["じん麻疹", "嘔吐"] },
    Allergen { class: FOOD, code: "F02", name: "えび", system: "99XYZ", family: Family::Other, reactions: &["口腔内のかゆみ", "じん麻疹"] },
    Allergen { class: POLLEN, code: "5A1002216023023", name: "スギ", system: "JC10", family: Family::Other, reactions: &["目のかゆみ", "鼻水"] },
    Allergen { class: ROOM, code: "5A1102700023023", name: "ハウスダスト", system: "JC10", family: Family::Other, reactions: &["くしゃみ", "せき"] },
];

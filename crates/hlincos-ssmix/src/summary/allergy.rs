//! Allergies, from ADT-61 (IAM) and ADT-00 (AL1).

use std::collections::HashMap;

use serde::Serialize;

use super::{Source, coded, date};
use crate::hl7::{Message, Segment};

/// What is known of allergies. Nothing recorded is not the same as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Allergies {
    /// No record says anything.
    #[default]
    NotRecorded,
    /// A record says that there is none.
    NoneRecorded(Source),
    /// There are.
    Recorded(Vec<Allergy>),
}

/// One allergy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Allergy {
    /// HL70127 code: DA drug, FA food, MC contraindication, ...
    pub class_code: String,
    /// Its name as sent.
    pub class: String,
    /// What the patient is allergic to.
    pub substance: String,
    /// Its code.
    pub code: String,
    /// The code's system.
    pub system: String,
    /// SV, MO, MI, as sent.
    pub severity_code: String,
    /// Its name as sent.
    pub severity: String,
    /// What happened.
    pub reaction: String,
    /// Since when, a date or words.
    pub since: String,
    /// Where it was read.
    pub source: Source,
}

/// Whole texts that say that there is no allergy at all. "No drug allergy" is not among them.
const NONE: [&str; 6] = [
    "なし",
    "アレルギーなし",
    "アレルギー無し",
    "アレルギー歴なし",
    "アレルギー：なし",
    "NKA",
];

/// Reads IAM segments: the fuller record, which comes after AL1 in the order of kinds.
pub(crate) fn read_iam(message: &Message<'_>, source: &Source, allergies: &mut Found) {
    for iam in message.all("IAM") {
        // Action D withdraws an allergy.
        if iam.field(6).component(1).raw() == "D" {
            continue;
        }
        let since = [date(&iam.field(11).plain()), iam.field(12).text()];
        let allergy = Allergy {
            severity_code: iam.field(4).component(1).text(),
            severity: coded(iam.field(4)),
            reaction: iam
                .field(5)
                .repetitions()
                .map(|r| r.text())
                .collect::<Vec<_>>()
                .join("、"),
            since: since
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
            ..of(iam, source)
        };
        allergies.add(allergy);
    }
}

/// Reads AL1 segments.
pub(crate) fn read_al1(message: &Message<'_>, source: &Source, allergies: &mut Found) {
    for al1 in message.all("AL1") {
        let allergy = Allergy {
            severity_code: al1.field(4).component(1).text(),
            severity: coded(al1.field(4)),
            reaction: al1.field(5).text(),
            since: date(&al1.field(6).plain()),
            ..of(al1, source)
        };
        allergies.add(allergy);
    }
}

/// What IAM and AL1 have in common.
fn of(segment: Segment<'_>, source: &Source) -> Allergy {
    Allergy {
        class_code: segment.field(2).component(1).text(),
        class: coded(segment.field(2)),
        substance: coded(segment.field(3)),
        code: segment.field(3).component(1).text(),
        system: segment.field(3).component(3).text(),
        source: source.clone(),
        ..Allergy::default()
    }
}

/// Allergies as they are found, with the place of each.
#[derive(Default)]
pub(crate) struct Found {
    list: Vec<Allergy>,
    none: Option<Source>,
    /// By code and system.
    by_code: HashMap<(String, String), usize>,
    by_substance: HashMap<String, usize>,
}

impl Found {
    /// Adds an allergy; the same substance again replaces what said less.
    fn add(&mut self, allergy: Allergy) {
        if allergy.substance.is_empty() {
            return;
        }
        if NONE.contains(&allergy.substance.as_str()) {
            self.none.get_or_insert(allergy.source);
            return;
        }
        let code = (allergy.code.clone(), allergy.system.clone());
        let by_code = (!code.0.is_empty())
            .then(|| self.by_code.get(&code))
            .flatten();
        let known = by_code.or_else(|| self.by_substance.get(&allergy.substance));
        let at = known.copied().unwrap_or(self.list.len());
        if !code.0.is_empty() {
            self.by_code.entry(code).or_insert(at);
        }
        self.by_substance
            .entry(allergy.substance.clone())
            .or_insert(at);
        match self.list.get_mut(at) {
            Some(known) if detail(&allergy) >= detail(known) => *known = allergy,
            Some(_) => {}
            None => self.list.push(allergy),
        }
    }

    /// Somebody's allergy elsewhere outweighs somebody else's "none".
    pub(crate) fn finish(self) -> Allergies {
        if self.list.is_empty() {
            self.none
                .map_or(Allergies::NotRecorded, Allergies::NoneRecorded)
        } else {
            Allergies::Recorded(self.list)
        }
    }
}

fn detail(allergy: &Allergy) -> usize {
    let fields = [&allergy.severity, &allergy.reaction, &allergy.since];
    fields.iter().filter(|field| !field.is_empty()).count()
}

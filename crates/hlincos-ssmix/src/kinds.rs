//! The kinds of the standard storage: 26 kinds, 36 kinds of message with those that cancel.
//!
//! Source: SS-MIX2 guideline 1.2, table of data types; `spec/ssmix-message.md`, section 2.

/// A kind of the standard storage: one folder name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// As in folders and names: `OMP-01`.
    pub code: &'static str,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    /// Whether names carry a care date; otherwise `-`.
    pub dated: bool,
    /// The message that makes or updates a record.
    pub new: Event,
    /// The message that cancels one, where there is one of its own.
    pub cancel: Option<Event>,
}

/// A message type: MSH-9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// MSH-9.1: `ADT`.
    pub code: &'static str,
    /// MSH-9.2: `A08`.
    pub trigger: &'static str,
    /// MSH-9.3: `ADT_A01`.
    pub structure: &'static str,
    /// Segment and field whose first eight characters are the care date.
    pub care_date: Option<(&'static str, usize)>,
}

impl Kind {
    /// The kind of a code.
    #[must_use]
    pub fn of(code: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.code == code)
    }

    /// The messages that may lie in the kind's folder.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        core::iter::once(&self.new).chain(&self.cancel)
    }

    /// The message of MSH-9, if the kind has it.
    #[must_use]
    pub fn event(&self, code: &str, trigger: &str) -> Option<&Event> {
        self.events()
            .find(|event| (event.code, event.trigger) == (code, trigger))
    }
}

type Field = Option<(&'static str, usize)>;

const fn event(
    code: &'static str,
    trigger: &'static str,
    structure: &'static str,
    care_date: Field,
) -> Event {
    Event {
        code,
        trigger,
        structure,
        care_date,
    }
}

const fn adt(trigger: &'static str, structure: &'static str, care_date: Field) -> Event {
    event("ADT", trigger, structure, care_date)
}

const fn kind(
    code: &'static str,
    ja: &'static str,
    en: &'static str,
    new: Event,
    cancel: Option<Event>,
) -> Kind {
    Kind {
        code,
        ja,
        en,
        dated: new.care_date.is_some(),
        new,
        cancel,
    }
}

const RDE: Event = event("RDE", "O11", "RDE_O11", Some(("ORC", 9)));
const RAS: Event = event("RAS", "O17", "RAS_O17", Some(("RXA", 3)));
const OMG: Event = event("OMG", "O19", "OMG_O19", Some(("ORC", 9)));
const OMI: Event = event("OMI", "Z23", "OMI_Z23", Some(("OBR", 7)));

/// Every kind, in the guideline's order.
#[rustfmt::skip]
pub const KINDS: [Kind; 26] = [
    kind("ADT-00", "患者基本情報", "patient", adt("A08", "ADT_A01", None), Some(adt("A23", "ADT_A21", None))),
    kind("ADT-01", "担当医", "attending doctor", adt("A54", "ADT_A54", None), Some(adt("A55", "ADT_A52", None))),
    kind("ADT-12", "外来診察の受付", "outpatient reception", adt("A04", "ADT_A01", Some(("PV1", 44))), None),
    kind("ADT-21", "入院予定", "admission planned", adt("A14", "ADT_A05", Some(("PV2", 8))), Some(adt("A27", "ADT_A21", Some(("PV2", 8))))),
    kind("ADT-22", "入院実施", "admission", adt("A01", "ADT_A01", Some(("PV1", 44))), Some(adt("A11", "ADT_A09", Some(("PV1", 44))))),
    kind("ADT-31", "外出泊実施", "leave", adt("A21", "ADT_A21", Some(("EVN", 6))), Some(adt("A52", "ADT_A52", Some(("EVN", 6))))),
    kind("ADT-32", "外出泊帰院実施", "return from leave", adt("A22", "ADT_A21", Some(("EVN", 6))), Some(adt("A53", "ADT_A52", Some(("PV2", 47))))),
    kind("ADT-41", "転科・転棟（転室・転床）予定", "transfer planned", adt("A15", "ADT_A15", Some(("PV2", 8))), Some(adt("A26", "ADT_A21", Some(("PV2", 8))))),
    kind("ADT-42", "転科・転棟（転室・転床）実施", "transfer", adt("A02", "ADT_A02", Some(("EVN", 6))), Some(adt("A12", "ADT_A09", Some(("EVN", 6))))),
    kind("ADT-51", "退院予定", "discharge planned", adt("A16", "ADT_A16", Some(("PV2", 9))), Some(adt("A25", "ADT_A21", Some(("PV2", 9))))),
    kind("ADT-52", "退院実施", "discharge", adt("A03", "ADT_A03", Some(("PV1", 45))), Some(adt("A13", "ADT_A01", Some(("PV1", 45))))),
    kind("ADT-61", "アレルギー情報", "allergies", adt("A60", "ADT_A60", None), None),
    kind("PPR-01", "病名（歴）情報", "problems", event("PPR", "ZD1", "PPR_ZD1", None), None),
    kind("OMD", "食事オーダ", "meal order", event("OMD", "O03", "OMD_O03", Some(("ORC", 9))), None),
    kind("OMP-01", "処方オーダ", "prescription", RDE, None),
    kind("OMP-11", "処方実施通知", "prescription performed", RAS, None),
    kind("OMP-02", "注射オーダ", "injection order", RDE, None),
    kind("OMP-12", "注射実施通知", "injection performed", RAS, None),
    kind("OML-01", "検体検査オーダ", "laboratory order", event("OML", "O33", "OML_O33", Some(("ORC", 9))), None),
    kind("OML-11", "検体検査結果通知", "laboratory result", event("OUL", "R22", "OUL_R22", Some(("SPM", 17))), None),
    kind("OMG-01", "放射線検査オーダ", "radiology order", OMG, None),
    kind("OMG-11", "放射線検査の実施通知", "radiology performed", OMI, None),
    kind("OMG-02", "内視鏡検査オーダ", "endoscopy order", OMG, None),
    kind("OMG-12", "内視鏡検査の実施通知", "endoscopy performed", OMI, None),
    kind("OMG-03", "生理検査オーダ", "physiology order", OMG, None),
    kind("OMG-13", "生理検査結果通知", "physiology result", event("ORU", "R01", "ORU_R01", Some(("OBR", 7))), None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_26_kinds_and_36_kinds_of_message() {
        let messages: Vec<_> = KINDS.iter().flat_map(Kind::events).collect();
        assert_eq!((KINDS.len(), messages.len()), (26, 36));
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..at].iter().all(|other| other.code != kind.code));
        }
    }

    #[test]
    fn only_four_kinds_have_no_care_date() {
        let undated: Vec<_> = KINDS.iter().filter(|kind| !kind.dated).collect();
        let codes: Vec<_> = undated.iter().map(|kind| kind.code).collect();
        assert_eq!(codes, ["ADT-00", "ADT-01", "ADT-61", "PPR-01"]);
    }
}

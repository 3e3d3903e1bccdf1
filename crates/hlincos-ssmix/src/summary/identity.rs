//! Who the patient is, from ADT-00.

use serde::Serialize;

use super::{Source, coded, date};
use crate::hl7::{Message, Value};

/// A measured value and its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// As sent.
    pub value: String,
    /// As sent.
    pub unit: String,
}

/// A patient's identity; empty where nothing is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Patient {
    /// Identifier at the facility.
    pub id: String,
    /// Name in kanji.
    pub name: String,
    /// Name in kana.
    pub kana: String,
    /// Day of birth.
    pub born: String,
    /// `M`, `F`, `O` or `U`, as sent.
    pub sex: String,
    /// Whole address with its postal code.
    pub address: String,
    /// Telephone.
    pub phone: String,
    /// ABO group.
    pub blood_abo: String,
    /// Rh group.
    pub blood_rh: String,
    /// Height.
    pub height: Option<Measure>,
    /// Weight.
    pub weight: Option<Measure>,
    /// Where it was read; `None` when there is no ADT-00.
    pub source: Option<Source>,
}

pub(crate) fn read(message: &Message<'_>, source: &Source, patient: &mut Patient) {
    let pid = message.first("PID");
    // The representation code tells kanji from kana; without one, order does.
    let name_of = |kind: &str, at: usize| {
        let repetitions: Vec<Value<'_>> = pid.field(5).repetitions().collect();
        let told = repetitions
            .iter()
            .find(|value| value.component(8).raw() == kind);
        let found = told.or_else(|| repetitions.get(at));
        found.map(|value| full_name(*value)).unwrap_or_default()
    };
    let address = pid.field(11);
    let street = [8, 1, 2, 3, 4].map(|number| address.component(number).text());
    let whole = street
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    let phone = pid.field(13);
    let number = [12, 1].map(|number| phone.component(number).text());
    *patient = Patient {
        id: pid.field(3).component(1).text(),
        name: name_of("I", 0),
        kana: name_of("P", 1),
        born: date(&pid.field(7).plain()),
        sex: pid.field(8).text(),
        address: format!("{} {whole}", address.component(5).text())
            .trim()
            .to_owned(),
        phone: number
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        source: Some(source.clone()),
        ..Patient::default()
    };
    for obx in message.all("OBX") {
        let value = obx.field(5);
        let measure = || {
            let unit = obx.field(6).component(1).text();
            value.has_value().then(|| Measure {
                value: value.component(1).text(),
                unit,
            })
        };
        // JLAC10, without what varies from laboratory to laboratory.
        match obx.field(3).component(1).raw().get(..5) {
            Some("9N001") => patient.height = measure(),
            Some("9N006") => patient.weight = measure(),
            Some("5H010") => patient.blood_abo = coded(value),
            Some("5H020") => patient.blood_rh = coded(value),
            _ => {}
        }
    }
}

/// Family and given name, or the whole name where it stands in one component.
fn full_name(value: Value<'_>) -> String {
    let parts = [
        value.component(1).subcomponent(1).text(),
        value.component(2).text(),
    ];
    parts.join(" ").trim().to_owned()
}

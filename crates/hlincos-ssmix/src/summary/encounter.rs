//! Receptions, admissions and discharges, from their files' names.

use serde::Serialize;

use super::current::Record;
use super::{Bilingual, Source, date};

/// A visit, admission or discharge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Encounter {
    /// What.
    pub kind: Bilingual,
    /// When.
    pub date: String,
    /// The department's code, as in the file's name.
    pub department: String,
    /// Where it was read.
    pub source: Source,
}

pub(crate) fn read(record: &Record<'_>, source: &Source) -> Option<Encounter> {
    let kind = match record.name.kind {
        "ADT-12" => Bilingual::new("外来受診", "outpatient visit"),
        "ADT-22" => Bilingual::new("入院", "admission"),
        "ADT-52" => Bilingual::new("退院", "discharge"),
        _ => return None,
    };
    Some(Encounter {
        kind,
        date: record.name.care_date.map(date)?,
        department: record.name.department.unwrap_or_default().to_owned(),
        source: source.clone(),
    })
}

//! One patient's current records for a screen: what was sent, plainly, with its source.
//!
//! Nothing is guessed: what is not recorded is told as not recorded, and what is doubtful becomes
//! a [`Warning`].

mod allergy;
mod current;
mod encounter;
mod identity;
mod laboratory;
mod prescription;
mod problem;

use serde::Serialize;

pub use allergy::{Allergies, Allergy};
pub use encounter::Encounter;
pub use identity::{Measure, Patient};
pub use laboratory::{LabTest, LabValue};
pub use prescription::Prescription;
pub use problem::{Problem, ProblemStatus};

use crate::defect::MESSAGE_BYTES_MAX;
use current::Record;

/// Where a value was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Source {
    /// The file's path in its store; bytes that are no UTF-8 are shown as U+FFFD.
    pub path: String,
    /// The day on which the record was sent, `yyyy-mm-dd`.
    pub sent: String,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    pub(crate) fn new(ja: &str, en: &str) -> Self {
        Self {
            ja: ja.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// Something a reader must know before trusting the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What.
    pub text: Bilingual,
    /// Where.
    pub source: Source,
}

/// What is current of one patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Who.
    pub patient: Patient,
    /// Allergies.
    pub allergies: Allergies,
    /// Prescriptions and injections, newest first.
    pub prescriptions: Vec<Prescription>,
    /// Problems: active ones first.
    pub problems: Vec<Problem>,
    /// Laboratory tests, each with its latest values.
    pub laboratory: Vec<LabTest>,
    /// Receptions, admissions, discharges, newest first.
    pub encounters: Vec<Encounter>,
    /// What to know before trusting the screen.
    pub warnings: Vec<Warning>,
    /// Messages read.
    pub messages: u64,
    /// The newest message's day.
    pub as_of: String,
}

/// Reads the current messages among a patient's files.
///
/// Security: files of several patients, or of several facilities, are never read as one person's:
/// the summary is then empty but for a warning.
/// Shape: path in the store and bytes of each; files that are no current message of the standard
/// storage are passed over.
/// Time: linear in the bytes, but for sorting.
#[must_use]
pub fn summarise<P: AsRef<[u8]>, B: AsRef<[u8]>>(files: &[(P, B)]) -> Summary {
    let mut summary = Summary::default();
    if let Some(warning) = mixture(files) {
        summary.warnings.push(warning);
        return summary;
    }
    let mut allergies = allergy::Found::default();
    let mut tests = laboratory::Tests::default();
    let records = current::select(files, &mut summary.warnings);
    let decoded: Vec<(Record<'_>, std::borrow::Cow<'_, str>)> = records
        .into_iter()
        .map(|record| {
            let read_of = record.content.len().min(MESSAGE_BYTES_MAX);
            let text = crate::characters::decode(&record.content[..read_of]);
            if !text.defects.is_empty() {
                summary.warnings.push(Warning {
                    text: Bilingual::new(
                        "文字コードに誤りのある記録です。表示を確かめてください。",
                        "This record has malformed characters; read it with care.",
                    ),
                    source: record.source(),
                });
            }
            (record, text.text)
        })
        .collect();
    for (record, text) in &decoded {
        let Some(message) = crate::hl7::Message::parse(text) else {
            summary.warnings.push(Warning {
                text: Bilingual::new(
                    "HL7メッセージとして読めない記録があります。",
                    "A record is no readable HL7 message.",
                ),
                source: record.source(),
            });
            continue;
        };
        summary.messages += 1;
        let source = record.source();
        if message.ends_at().is_some() || record.content.len() > MESSAGE_BYTES_MAX {
            summary.warnings.push(Warning {
                text: Bilingual::new(
                    "長すぎるため途中までしか読んでいない記録があります。原本を確認してください。",
                    "A record is too long and was read only in part. Check the source.",
                ),
                source: source.clone(),
            });
        }
        summary.as_of = summary.as_of.max(source.sent.clone());
        let told = message.first("PID").field(3).component(1);
        if told.raw() != record.name.patient {
            summary.warnings.push(Warning {
                text: Bilingual::new(
                    "患者IDがファイル名と異なる記録があります。",
                    "A record names another patient than its file.",
                ),
                source: source.clone(),
            });
        }
        match record.name.kind {
            "ADT-00" => {
                identity::read(&message, &source, &mut summary.patient);
                allergy::read_al1(&message, &source, &mut allergies);
            }
            "ADT-61" => allergy::read_iam(&message, &source, &mut allergies),
            "PPR-01" => problem::read(&message, &source, &mut summary.problems),
            "OMP-01" | "OMP-02" => {
                prescription::read(&message, record, &source, &mut summary.prescriptions);
            }
            "OML-11" => laboratory::read(&message, &source, &mut tests),
            "ADT-12" | "ADT-22" | "ADT-52" => {
                summary.encounters.extend(encounter::read(record, &source));
            }
            _ => {}
        }
    }
    summary
        .prescriptions
        .sort_by(|a, b| b.ordered.cmp(&a.ordered).then(a.drug.cmp(&b.drug)));
    summary
        .problems
        .sort_by(|a, b| a.status.cmp(&b.status).then(b.since.cmp(&a.since)));
    summary
        .encounters
        .sort_by(|a, b| b.date.cmp(&a.date).then(a.source.cmp(&b.source)));
    summary.allergies = allergies.finish();
    summary.laboratory = tests.finish();
    summary
}

/// Whose path differs from the first one's, as a warning; facilities number patients on their own.
fn mixture<P: AsRef<[u8]>, B>(files: &[(P, B)]) -> Option<Warning> {
    let mut whose = files
        .iter()
        .filter_map(|(path, _)| Some((path.as_ref(), crate::path::patient_of(path.as_ref())?)));
    let (_, first) = whose.next()?;
    let (path, _) = whose.find(|(_, patient)| *patient != first)?;
    Some(Warning {
        text: Bilingual::new(
            "複数の患者の記録が混ざっているため、表示しません。",
            "Records of several patients are mixed; none of them is shown.",
        ),
        source: Source {
            path: String::from_utf8_lossy(path).into_owned(),
            sent: String::new(),
        },
    })
}

/// `yyyymmdd...` as `yyyy-mm-dd`; as sent when it is no date.
pub(crate) fn date(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..8)) {
        (Some(year), Some(month), Some(day))
            if [year, month, day]
                .iter()
                .all(|part| part.bytes().all(|b| b.is_ascii_digit())) =>
        {
            format!("{year}-{month}-{day}")
        }
        _ => text.to_owned(),
    }
}

/// [`date`], with hours and minutes as far as they were sent: `2019-09-01 08:30`.
pub(crate) fn moment(text: &str) -> String {
    let day = date(text);
    let figures = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    let hour = text.get(8..10).filter(figures);
    let minute = text.get(10..12).filter(figures);
    match (hour, minute) {
        _ if day.len() != 10 => day,
        (Some(hour), Some(minute)) => format!("{day} {hour}:{minute}"),
        // Midnight without minutes fills a date up.
        (Some(hour), None) if hour != "00" => format!("{day} {hour}h"),
        _ => day,
    }
}

/// The text of a coded value: its name, or else its code.
pub(crate) fn coded(value: crate::hl7::Value<'_>) -> String {
    let name = value.component(2).text();
    if name.is_empty() {
        value.component(1).text()
    } else {
        name
    }
}

#[cfg(test)]
mod tests;

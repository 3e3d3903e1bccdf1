//! Problems, from PPR^ZD1.

use serde::Serialize;

use super::{Source, coded, date};
use crate::hl7::Message;

/// Where a problem stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemStatus {
    /// It lasts.
    #[default]
    Active,
    /// It is only suspected.
    Suspected,
    /// It is over.
    Resolved,
}

/// One problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its name, as the hospital shows it.
    pub name: String,
    /// Its code.
    pub code: String,
    /// ICD-10, as sent.
    pub icd10: String,
    /// Where it stands.
    pub status: ProblemStatus,
    /// Since when.
    pub since: String,
    /// Until when.
    pub until: String,
    /// How it ended, as sent.
    pub outcome: String,
    /// Where it was read.
    pub source: Source,
}

pub(crate) fn read(message: &Message<'_>, source: &Source, problems: &mut Vec<Problem>) {
    for prb in message.all("PRB") {
        // Action DE takes the entry back.
        if prb.field(1).raw() == "DE" {
            continue;
        }
        let shown = prb.field(17).text();
        let until = date(&prb.field(9).plain());
        let suspected = prb.field(13).component(1).raw() == "1";
        let status = match (until.is_empty(), suspected) {
            (false, _) => ProblemStatus::Resolved,
            (true, true) => ProblemStatus::Suspected,
            (true, false) => ProblemStatus::Active,
        };
        let since = [prb.field(16), prb.field(7), prb.field(2)].map(|field| date(&field.plain()));
        problems.push(Problem {
            name: if shown.is_empty() {
                coded(prb.field(3))
            } else {
                shown
            },
            code: prb.field(3).component(1).text(),
            icd10: prb.field(10).component(1).text(),
            status,
            since: since
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
            until,
            outcome: coded(prb.field(14)),
            source: source.clone(),
        });
    }
}

//! One patient's screen as values: from messages and an account of them, before any HTML.
//!
//! Pure: the time comes in. Messages of a query and of a capsule have the same shape, so the same
//! screen is made of both.

mod age;
mod notes;
mod order;
mod record;
mod trend;

use hlincos_ssmix::summary::{
    Allergies, Bilingual, Encounter, LabTest, Patient, Problem, ProblemStatus, Source, Summary,
    summarise,
};
use serde::{Deserialize, Serialize};

pub use age::{Ages, day_of, moment_of};
pub use notes::{Note, Urgency};
pub use order::Orders;
pub use record::{RecordDetail, RecordEntry, Standing, detail};
pub use trend::{Trend, TrendPoint};

/// What a screen is made of.
pub struct Materials<'a, P, B> {
    /// Path in the store and bytes of each file.
    pub messages: &'a [(P, B)],
    /// What the sites and the gateway say of them.
    pub account: &'a Account,
    /// Where they came from and when.
    pub provenance: &'a Provenance,
    /// What is known of critical drugs; `None` when nobody looked.
    pub critical: Option<Vec<Critical>>,
    /// Now, milliseconds since 1970 (UTC).
    pub now_unix_ms: u64,
    /// Copies older than this are told in red.
    pub stale_after_days: u32,
}

/// What the sites and the gateway say of the records: the proof.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Sites whose shares were used.
    pub sites: Vec<String>,
    /// Sites whose shares were wrong.
    pub culprits: Vec<String>,
    /// Sites of which some are wrong, but the answers do not tell which.
    pub suspects: Vec<String>,
    /// Sites that did not answer.
    pub silent: Vec<String>,
    /// Bundles and files that could not be had.
    pub missing: u64,
    /// Files of more than 4 MiB, which are not read for the screen.
    pub too_large: u64,
    /// Grade of the randomness; empty when not told.
    pub randomness: String,
    /// Grade of the links; empty when not told.
    pub link: String,
    /// The newest backup run among the records.
    pub generation: u64,
}

/// Where the records came from, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The facility's code; `None` when the records tell none.
    pub facility: Option<String>,
    /// The facility's name, where the configuration has one.
    pub facility_name: String,
    /// How they came: `QUIC`, `TLS`.
    pub way: String,
    /// When they were fetched, milliseconds since 1970 (UTC).
    pub fetched_unix_ms: u64,
    /// From question to answer, in milliseconds.
    pub took_ms: u64,
    /// When the newest of them was dealt to the sites, milliseconds since 1970 (UTC).
    pub dealt_unix_ms: Option<u64>,
    /// When the store's last backup run finished, milliseconds since 1970 (UTC).
    pub run_unix_ms: Option<u64>,
    /// The link is down: this is a copy that was fetched before.
    pub offline: bool,
}

/// Something that endangers the patient if it is not known: an anticoagulant, insulin, a steroid,
/// dialysis. Whoever finds them fills this; the screen shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Critical {
    /// What.
    pub what: Bilingual,
    /// Which drug or entry says so.
    pub because: String,
    /// Where it was read.
    pub source: Source,
}

/// One patient's screen.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// Who.
    pub patient: Patient,
    /// Age at the newest record and now, of the data and of the copy.
    pub ages: Ages,
    /// What to know before trusting the screen, the urgent first.
    pub notes: Vec<Note>,
    /// Allergies.
    pub allergies: Allergies,
    /// Critical drugs; `None` when nobody looked.
    pub critical: Option<Vec<Critical>>,
    /// Prescriptions and injections.
    pub orders: Orders,
    /// Problems that last or are suspected.
    pub problems: Vec<Problem>,
    /// Problems that are over.
    pub resolved: Vec<Problem>,
    /// Laboratory tests.
    pub laboratory: Vec<LabTest>,
    /// Receptions, admissions and discharges, newest first.
    pub encounters: Vec<Encounter>,
    /// Every message that came, newest day first.
    pub record: Vec<RecordEntry>,
    /// The newest record's day.
    pub as_of: String,
    /// Messages read.
    pub messages: u64,
    /// The proof.
    pub account: Account,
    /// Where it came from.
    pub provenance: Provenance,
}

impl View {
    /// Makes the screen.
    ///
    /// Security: as [`summarise`]: files of several patients give a screen with a warning alone.
    /// Time: linear in the bytes, but for sorting.
    #[must_use]
    pub fn new<P: AsRef<[u8]>, B: AsRef<[u8]>>(materials: Materials<'_, P, B>) -> Self {
        let Materials {
            messages,
            account,
            provenance,
            critical,
            now_unix_ms,
            stale_after_days,
        } = materials;
        let summary = summarise(messages);
        let ages = Ages::new(&summary, provenance, now_unix_ms, stale_after_days);
        let notes = notes::notes(&summary, account, provenance, &ages);
        let record = if of_one_patient(messages) {
            record::entries(messages)
        } else {
            Vec::new()
        };
        let Summary {
            patient,
            allergies,
            prescriptions,
            problems,
            laboratory,
            encounters,
            messages,
            as_of,
            ..
        } = summary;
        let (resolved, problems) = problems
            .into_iter()
            .partition(|problem| problem.status == ProblemStatus::Resolved);
        Self {
            patient,
            ages,
            notes,
            allergies,
            critical,
            orders: Orders::new(prescriptions, &as_of),
            problems,
            resolved,
            laboratory,
            encounters,
            record,
            as_of,
            messages,
            account: account.clone(),
            provenance: provenance.clone(),
        }
    }

    /// Whether the messages say anything that the screen shows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patient.source.is_none()
            && self.allergies == Allergies::NotRecorded
            && self.orders.is_empty()
            && self.problems.is_empty()
            && self.resolved.is_empty()
            && self.laboratory.is_empty()
            && self.encounters.is_empty()
    }
}

/// Whether all files are one patient's; `summarise` shows nothing of a mixture, nor does the record.
fn of_one_patient<P: AsRef<[u8]>, B>(messages: &[(P, B)]) -> bool {
    let mut patients = messages
        .iter()
        .filter_map(|(path, _)| hlincos_ssmix::path::patient_of(path.as_ref()));
    let first = patients.next();
    patients.all(|patient| Some(&patient) == first.as_ref())
}

#[cfg(test)]
mod tests;

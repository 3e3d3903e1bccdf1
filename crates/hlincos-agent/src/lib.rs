//! The hospital's side: scans an SS-MIX2 store, sends what changed, writes what comes back.
//!
//! - [`backup()`]: one run, from the walk to the finished generation;
//! - [`restore()`]: files from verified bundles, each complete before it gets its name;
//! - [`fetch_records`], [`fetch_documents`]: one patient's messages or documents in memory, for a screen.
//!
//! A transaction storage, where there is one, tells a run which patients to look at. The agent keeps a journal of what was acknowledged, so a second run reads only what changed;
//! a lost journal is rebuilt from the sites.

mod backup;
mod feed;
mod fold;
mod journal;
mod packing;
mod records;
mod report;
mod restore;
mod scan;
mod sender;

pub use backup::{BackupError, backup};
pub use records::{PatientRecords, RecordsError, fetch_documents, fetch_records};
pub use report::{BackupReport, Counters, DefectCount, Plan};
pub use restore::{RestoreError, RestoreReport, restore};
pub use scan::first_patient;

//! What a backup needs to know, and what it tells.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use serde::Serialize;

/// What a backup needs to know.
pub struct Plan<'a> {
    /// The store's folder.
    pub store: &'a Path,
    /// The store's label.
    pub label: &'a str,
    /// The folder of journals and lists of defects.
    pub state: &'a Path,
    /// Whether a store that had files may have none: then all of them are recorded as removed.
    pub allow_empty: bool,
    /// Whether to ask the sites what still restores, and send again what does not.
    pub resend: bool,
    /// The folders of the store's transaction storages, if only the patients that they name shall
    /// be looked at; none to look at all.
    pub transactions: &'a [PathBuf],
    /// The clock, milliseconds since 1970 (UTC).
    pub now_unix_ms: &'a (dyn Fn() -> u64 + Sync),
}

/// How far a run is; read by whoever draws the progress.
#[derive(Debug, Default)]
pub struct Counters {
    /// Files found.
    pub files: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
    /// Empty folders found.
    pub folders: AtomicU64,
    /// Files whose bytes were read.
    pub files_read: AtomicU64,
    /// Files whose bytes are sent.
    pub files_sent: AtomicU64,
    /// Their bytes.
    pub bytes_sent: AtomicU64,
    /// Files sent as references to bytes that the sites have.
    pub referenced: AtomicU64,
    /// Bundles acknowledged.
    pub bundles: AtomicU64,
}

/// What a run did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BackupReport {
    /// The store's label.
    pub store: String,
    /// The generation that this run made.
    pub generation: u64,
    /// Whether it went on where a killed run had stopped.
    pub resumed: bool,
    /// Patients of the store.
    pub patients: u64,
    /// Files of the store.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Empty folders of the store.
    pub empty_folders: u64,
    /// Files whose bytes were sent.
    pub files_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Files renamed, copied or touched: nothing but their names was sent.
    pub files_referenced: u64,
    /// Paths that are no more.
    pub removed: u64,
    /// Bundles dealt.
    pub bundles: u64,
    /// Files with defects, backed up all the same.
    pub defective_files: u64,
    /// Their defects, read in this run or remembered.
    pub defects: Vec<DefectCount>,
    /// Where every one of them is listed.
    pub defects_file: Option<PathBuf>,
    /// Files and folders that could not be read and are not in this generation.
    pub unreadable: u64,
    /// Where every one of them is listed, with the reason.
    pub unreadable_file: Option<PathBuf>,
    /// Sites that did not take their shares: stored, but degraded.
    pub degraded_sites: Vec<String>,
    /// Whether the journal was rebuilt from the sites first.
    pub journal_rebuilt: bool,
    /// Lost bundles that this run made up for: generations before it stay incomplete.
    pub given_up: u64,
    /// Of a run with transactions: how many patients' folders were looked at; `None` when all.
    pub patients_looked_at: Option<u64>,
    /// Of a run with transactions: why it looked everywhere all the same.
    pub looked_everywhere: Option<&'static str>,
}

/// A kind of defect and how often it was found.
#[derive(Clone, Debug, Serialize)]
pub struct DefectCount {
    /// The defect's code.
    pub code: String,
    /// How often.
    pub count: u64,
}

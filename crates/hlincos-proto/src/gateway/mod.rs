//! The gateway's interface: what hospital agents, terminals and operators ask of it.
//!
//! Routes, JSON types, and the frames of its streams; `spec/gateway-api.md` is the page.

mod client;
mod frame;

use hlincos_net::link::LinkStatus;
use serde::{Deserialize, Serialize};

pub use client::{CheckLine, GatewayClient, GatewayError, Restored, Restoring};
pub use frame::{BATCH_BYTES_MAX, Frame, FrameError, FrameReader, read_bundles, write_bundles};

/// Route of the status.
pub const STATUS: &str = "/v1/status";
/// Route that opens a run.
pub const RUNS: &str = "/v1/runs";
/// Route that takes bundles.
pub const BUNDLES: &str = "/v1/bundles";
/// Route that restores a store or a patient's files.
pub const RESTORE: &str = "/v1/restore";
/// Route that fetches one patient's messages for a screen.
pub const QUERY: &str = "/v1/query";
/// Route that fetches one patient's documents and images for a screen.
pub const DOCUMENTS: &str = "/v1/documents";
/// Route that reads everything back.
pub const CHECK: &str = "/v1/check";
/// Route that recreates the catalogue.
pub const REBUILD: &str = "/v1/rebuild";

/// What an agent asks before it sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The store's label.
    pub store: String,
}

/// Where the store stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOpening {
    /// The vault behind this gateway (directory key and sites); a journal of another is of no use.
    pub vault: String,
    /// Last finished generation, 0 when there is none.
    pub finished: u64,
    /// Whether the root page lists the store.
    pub listed: bool,
}

/// What became of a batch of bundles; all of them are acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundlesAnswer {
    /// How many.
    pub stored: u64,
    /// Sites that do not have their shares: the debt.
    pub missing: Vec<String>,
}

/// Which files are wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreRequest {
    /// The store's label.
    pub store: String,
    /// As of this generation; the newest when absent.
    pub generation: Option<u64>,
    /// Only this patient's files.
    pub patient: Option<PatientRequest>,
    /// Whether to name the bundles that are lost; gateways of the first release refuse the question.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub losses: bool,
}

/// Which patient is wanted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientRequest {
    /// The facility; may be absent while only one facility has records of such a patient.
    pub facility: Option<String>,
    /// The patient's identifier there.
    pub patient: String,
    /// Why, for the gateway's log; gateways of the first release refuse the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

impl std::fmt::Debug for PatientRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientRequest(..)")
    }
}

/// A site and what it says or what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteWord {
    /// The site's name.
    pub site: String,
    /// The word.
    pub word: String,
}

/// The last frame of a restore or query: what to make of the bundles before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSummary {
    /// Subjects (patients and unassigned files) looked at.
    pub subjects: u64,
    /// Bundles restored.
    pub bundles: u64,
    /// Sites whose share or answer was wrong, with the number of bundles.
    pub culprits: Vec<SiteCount>,
    /// Sites of which some are wrong, but the answers do not tell which.
    pub suspects: Vec<SiteCount>,
    /// Sites whose shares no longer match their checksum, with the number of bundles.
    pub rotten: Vec<SiteCount>,
    /// Sites that lack shares they should have, with the number of bundles.
    pub absent: Vec<SiteCount>,
    /// Sites that did not answer, and why.
    pub silent: Vec<SiteWord>,
    /// Sites whose shares were used.
    pub used: Vec<String>,
    /// Acknowledged bundles that cannot be restored.
    pub lost: u64,
    /// Bundles of an unfinished run that cannot be restored: acknowledged or not, nobody knows.
    pub uncertain: u64,
    /// Bundles that a killed run left behind and that were never acknowledged.
    pub leftovers: u64,
    /// The weakest randomness grade among the shares used.
    pub randomness: Option<String>,
    /// The weakest link grade among the shares used.
    pub link: Option<String>,
    /// The newest generation among the bundles restored.
    pub generation: u64,
}

/// A site and a number of bundles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteCount {
    /// The site's name.
    pub site: String,
    /// Bundles.
    pub bundles: u64,
}

/// Progress of a long reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Subjects done.
    pub subjects: u64,
    /// Subjects there are.
    pub subjects_total: u64,
    /// Bundles done.
    pub bundles: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Stores looked at.
    pub stores: u64,
    /// Patients looked at.
    pub patients: u64,
    /// Bundles whose n shares are all there and agree.
    pub whole: u64,
    /// Bundles that restore, with a share missing, rotten or wrong.
    pub degraded: u64,
    /// Acknowledged bundles that do not restore.
    pub lost: u64,
    /// Bundles that did not restore once and were made up for by a later run: generations before
    /// it stay incomplete.
    #[serde(default)]
    pub given_up: u64,
    /// Bundles of an unfinished run that do not restore.
    pub uncertain: u64,
    /// Unacknowledged remains of killed runs.
    pub leftovers: u64,
    /// Per site what is wrong with its shares; sites without fault are not listed.
    pub sites: Vec<SiteReport>,
}

/// What a check found at one site, in bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteReport {
    /// The site's name.
    pub site: String,
    /// Its share is not there.
    pub absent: u64,
    /// Its share does not match its checksum.
    pub rotten: u64,
    /// Its share or answer was wrong.
    pub wrong: u64,
    /// It is among sites of which some are wrong, but the answers do not tell which.
    pub suspect: u64,
    /// It did not answer.
    pub silent: u64,
}

/// What the gateway tells of itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GatewayStatus {
    /// Release of the program.
    pub version: String,
    /// The vault's public name.
    pub vault: String,
    /// Shares that restore.
    pub k: u8,
    /// Sites.
    pub n: u8,
    /// Sites that must have a share before it is acknowledged.
    pub stored_at_least: u8,
    /// Where the coefficients of new shares come from.
    pub randomness: String,
    /// The scheme of new bundles of documents: `shamir` or `dispersal`; empty if not told.
    #[serde(default)]
    pub documents: String,
    /// What protects the links to the sites.
    pub link: String,
    /// The sites, as they answer now.
    pub sites: Vec<SiteStatus>,
    /// Whether the catalogue is there; `hlincos rebuild` recreates it.
    pub catalogue: bool,
    /// What the catalogue knows of the stores.
    pub stores: Vec<StoreStatus>,
    /// Bundles acknowledged while a site did not take its share, by site.
    pub debts: Vec<SiteCount>,
}

/// One site as it answers now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SiteStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Whether it answers.
    pub up: bool,
    /// Why not.
    pub error: Option<String>,
    /// Share objects it keeps.
    pub objects: Option<u64>,
    /// Their bytes.
    pub object_bytes: Option<u64>,
    /// The link over frames, where there is one.
    #[serde(default)]
    pub link: Option<LinkStatus>,
}

/// One store in the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreStatus {
    /// Its label.
    pub label: String,
    /// Its facilities.
    pub facilities: Vec<String>,
    /// Its finished runs, oldest first.
    pub generations: Vec<GenerationStatus>,
}

/// One finished run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationStatus {
    /// Its number.
    pub generation: u64,
    /// When it ended, milliseconds since 1970 (UTC).
    pub finished_unix_ms: u64,
    /// Files of the store then.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Patients of the store then.
    pub patients: u64,
    /// Files whose bytes were sent.
    pub files_sent: u64,
}

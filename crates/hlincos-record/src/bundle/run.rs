//! The run's record: what a finished generation consists of.

use crate::identifier::BundleId;
use crate::octets::{Octets, Truncated};

const FIXED_BYTES: usize = 88;

/// What a run did, and the bundles it is made of; the contents of a [`super::Class::Run`] bundle.
///
/// A generation is finished when all pages of its record are stored. Every bundle listed was
/// acknowledged: one that cannot be restored is lost. A bundle of a finished generation that is
/// not listed is a leftover of a killed attempt.
/// Source: `spec/bundle.md`, section 4.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RunRecord {
    /// When the run began, milliseconds since 1970 (UTC).
    pub started_unix_ms: u64,
    /// When it ended.
    pub finished_unix_ms: u64,
    /// Files of the store after the run.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Empty folders of the store after the run.
    pub empty_folders: u64,
    /// Patients of the store after the run.
    pub patients: u64,
    /// Files whose bytes this run sent.
    pub files_sent: u64,
    /// Paths this run removed.
    pub removed: u64,
    /// Files with defects, read by this run or known from earlier ones.
    pub defects: u64,
    /// Files and folders that could not be read.
    pub unreadable: u64,
    /// This page, from 0.
    pub page: u32,
    /// How many pages the record has.
    pub pages: u32,
    /// Bundles of this generation that this page lists.
    pub bundles: Vec<BundleId>,
}

impl RunRecord {
    /// Bundle identifiers on one page.
    pub const BUNDLES_PER_PAGE: usize = 200_000;

    /// Writes the page.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_BYTES + self.bundles.len() * 16);
        for number in [
            self.started_unix_ms,
            self.finished_unix_ms,
            self.files,
            self.bytes,
            self.empty_folders,
            self.patients,
            self.files_sent,
            self.removed,
            self.defects,
            self.unreadable,
        ] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.page.to_be_bytes());
        out.extend_from_slice(&self.pages.to_be_bytes());
        for id in &self.bundles {
            out.extend_from_slice(&id.0);
        }
        out
    }

    /// Reads a page.
    ///
    /// # Errors
    /// [`RunRecordError`] when lengths or page numbers do not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RunRecordError> {
        let mut octets = Octets(bytes);
        let mut next = || octets.u64().map_err(|Truncated| RunRecordError);
        let mut record = Self {
            started_unix_ms: next()?,
            finished_unix_ms: next()?,
            files: next()?,
            bytes: next()?,
            empty_folders: next()?,
            patients: next()?,
            files_sent: next()?,
            removed: next()?,
            defects: next()?,
            unreadable: next()?,
            ..Self::default()
        };
        record.page = octets.u32().map_err(|Truncated| RunRecordError)?;
        record.pages = octets.u32().map_err(|Truncated| RunRecordError)?;
        let (ids, rest) = octets.0.as_chunks::<16>();
        if !rest.is_empty() || record.page >= record.pages || ids.len() > Self::BUNDLES_PER_PAGE {
            return Err(RunRecordError);
        }
        record.bundles = ids.iter().copied().map(BundleId).collect();
        Ok(record)
    }
}

/// The bytes are no run's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record of a run is malformed")]
pub struct RunRecordError;

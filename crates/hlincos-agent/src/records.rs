//! One patient's current messages in memory, for a screen.

use std::collections::{BTreeSet, HashMap};

use hlincos_proto::gateway::{
    GatewayClient, GatewayError, PatientRequest, RestoreSummary, Restored, Restoring,
};
use hlincos_record::bundle::{Bundle, Digest, Entry, Part};
use hlincos_record::identifier::Subject;
use zeroize::Zeroizing;

use crate::fold::{Fold, Wanting};

/// A patient's messages fit this, or something is wrong.
const BYTES_MAX: usize = 512 << 20;

/// One patient's current files.
#[derive(Default)]
pub struct PatientRecords {
    /// Path in the store and bytes, in no order.
    pub files: Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    /// Paths of files of more than 4 MiB: they restore, but are no messages for a screen.
    pub too_large: Vec<Vec<u8>>,
    /// The facility that the patient belongs to; `None` when there is no record at all.
    pub facility: Option<String>,
    /// Files whose bytes could not be had.
    pub missing: u64,
    /// When the newest bundle was made, milliseconds since 1970 (UTC).
    pub dealt_unix_ms: Option<u64>,
    /// What to make of it.
    pub summary: RestoreSummary,
}

/// Why a patient's records could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// The gateway or the sites.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// More than memory is meant for.
    #[error("the patient's messages are larger than {} MiB; restore them to files instead", BYTES_MAX >> 20)]
    TooLarge,
    /// The gateway sent records of more than one patient: they are never shown as one.
    #[error(
        "patients of several facilities have this ID ({}); name one with --facility",
        .0.iter().map(|name| facility_words(name)).collect::<Vec<_>>().join(", ")
    )]
    SeveralPatients(Vec<String>),
}

/// A facility's code in a sentence; stores without a facility folder have none.
fn facility_words(code: &str) -> &str {
    if code.is_empty() { "\"\"" } else { code }
}

/// Fetches the current messages of a patient.
///
/// # Errors
/// [`RecordsError`]; also when the stream breaks off, since a part of a record misleads.
pub async fn fetch_records(
    gateway: &GatewayClient,
    request: &PatientRequest,
) -> Result<PatientRecords, RecordsError> {
    read(gateway.query(request).await?).await
}

/// Fetches the current documents and images of a patient.
///
/// # Errors
/// [`RecordsError`]; also when the stream breaks off.
pub async fn fetch_documents(
    gateway: &GatewayClient,
    request: &PatientRequest,
) -> Result<PatientRecords, RecordsError> {
    read(gateway.documents(request).await?).await
}

async fn read(mut stream: Restoring) -> Result<PatientRecords, RecordsError> {
    let mut reading = Reading::default();
    while let Some(item) = stream.next().await? {
        match item {
            Restored::Bundle(bytes) => {
                let bundle = Bundle::open(&bytes).map_err(|_| GatewayError::Malformed)?;
                reading.bundle(&bundle)?;
            }
            Restored::SubjectEnd => reading.subject_end(),
            Restored::Progress(_) | Restored::Lost(_) => {}
        }
    }
    let mut records = reading.records;
    records.summary = stream.into_summary().ok_or(GatewayError::Malformed)?;
    Ok(records)
}

/// Records so far, and what of them is still open.
#[derive(Default)]
struct Reading {
    records: PatientRecords,
    fold: Fold,
    /// Parts of files of more than 4 MiB that came.
    parts: HashMap<Digest, BTreeSet<u32>>,
    total: usize,
}

impl Reading {
    fn bundle(&mut self, bundle: &Bundle) -> Result<(), RecordsError> {
        self.same_patient(&bundle.header.subject)?;
        let dealt = &mut self.records.dealt_unix_ms;
        *dealt = (*dealt).max(Some(bundle.header.created_unix_ms));
        self.fold.take(bundle);
        for (entry, bytes) in bundle.entries() {
            let Entry::Content { digest, part, .. } = entry else {
                continue;
            };
            if *part == Part::WHOLE {
                self.whole(digest, bytes)?;
            } else if self.fold.wants(digest) {
                self.part(*digest, *part);
            }
        }
        Ok(())
    }

    /// Two facilities may have given one ID to two people.
    fn same_patient(&mut self, subject: &Subject) -> Result<(), RecordsError> {
        let Subject::Patient { facility, .. } = subject else {
            return Err(GatewayError::Malformed.into());
        };
        match &self.records.facility {
            Some(known) if known != facility => Err(RecordsError::SeveralPatients(vec![
                known.clone(),
                facility.clone(),
            ])),
            _ => {
                self.records.facility = Some(facility.clone());
                Ok(())
            }
        }
    }

    fn whole(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), RecordsError> {
        for Wanting { path, .. } in self.fold.complete(digest) {
            self.total += bytes.len();
            if self.total > BYTES_MAX {
                return Err(RecordsError::TooLarge);
            }
            let bytes = Zeroizing::new(bytes.to_vec());
            self.records.files.push((path, bytes));
        }
        Ok(())
    }

    /// A part of a file that no screen shows: kept in mind only to tell that the file is there.
    fn part(&mut self, digest: Digest, part: Part) {
        let parts = self.parts.entry(digest).or_default();
        parts.insert(part.index);
        if parts.len() as u64 == u64::from(part.count) {
            let files = self.fold.complete(&digest).into_iter();
            self.records
                .too_large
                .extend(files.map(|Wanting { path, .. }| path));
        }
    }

    fn subject_end(&mut self) {
        self.records.missing += std::mem::take(&mut self.fold).waiting();
        self.parts.clear();
    }
}

#[cfg(test)]
mod tests {
    use hlincos_record::bundle::{BundleBuilder, Class};
    use hlincos_record::identifier::{BundleId, Generation, Sequence};

    use super::*;

    #[test]
    fn whatever_a_gateway_sends_patients_of_two_facilities_are_never_put_together() {
        let mut reading = Reading::default();
        let mut take = |facility: &str| {
            let subject = Subject::patient(facility, "0000001013").unwrap();
            let builder = BundleBuilder::new(Class::Messages, subject, "kochi").unwrap();
            let bytes = builder.finish(BundleId([1; 16]), Generation(1), Sequence::new(1, 1), 0);
            reading.bundle(&Bundle::open(&bytes.unwrap()).unwrap())
        };
        take("1318814790").unwrap();
        take("1318814790").unwrap();
        let error = take("9999999999").unwrap_err().to_string();
        for word in ["1318814790", "9999999999", "--facility"] {
            assert!(error.contains(word), "{error}");
        }
    }
}

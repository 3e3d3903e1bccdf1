//! One patient's current messages in memory, for a screen.

use hlincos_proto::gateway::{
    GatewayClient, GatewayError, PatientRequest, RestoreSummary, Restored,
};
use hlincos_record::bundle::{Bundle, Entry, Part};
use zeroize::Zeroizing;

use crate::fold::{Fold, Wanting};

/// A patient's messages fit this, or something is wrong.
const BYTES_MAX: usize = 512 << 20;

/// One patient's current files.
#[derive(Default)]
pub struct PatientRecords {
    /// Path in the store and bytes, in no order.
    pub files: Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>,
    /// Files whose bytes could not be had.
    pub missing: u64,
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
}

/// Fetches the current messages of a patient.
///
/// # Errors
/// [`RecordsError`]; also when the stream breaks off, since a part of a record misleads.
pub async fn fetch_records(
    gateway: &GatewayClient,
    request: &PatientRequest,
) -> Result<PatientRecords, RecordsError> {
    let mut stream = gateway.query(request).await?;
    let mut records = PatientRecords::default();
    let mut fold = Fold::default();
    let mut total = 0;
    while let Some(item) = stream.next().await? {
        match item {
            Restored::Bundle(bytes) => {
                let bundle = Bundle::open(&bytes).map_err(|_| GatewayError::Malformed)?;
                fold.take(&bundle);
                for (entry, bytes) in bundle.entries() {
                    // A message of more than 4 MiB is no message for a screen.
                    let Entry::Content {
                        digest,
                        part: Part::WHOLE,
                        ..
                    } = entry
                    else {
                        continue;
                    };
                    for Wanting { path, .. } in fold.complete(digest) {
                        total += bytes.len();
                        if total > BYTES_MAX {
                            return Err(RecordsError::TooLarge);
                        }
                        records.files.push((path, Zeroizing::new(bytes.to_vec())));
                    }
                }
            }
            Restored::SubjectEnd => {
                records.missing += std::mem::take(&mut fold).waiting();
            }
            Restored::Progress(_) => {}
        }
    }
    records.summary = stream.into_summary().ok_or(GatewayError::Malformed)?;
    Ok(records)
}

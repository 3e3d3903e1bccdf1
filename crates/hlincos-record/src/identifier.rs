//! Identifiers of the stored world: bundle, generation, sequence, subject.

use core::fmt;

use crate::limits::{FACILITY_BYTES_MAX, LABEL_BYTES_MAX, PATIENT_BYTES_MAX};

/// Random name of a bundle; equal at all sites only after [`crate::handle::SiteKeys::bundle_id`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId(pub [u8; 16]);

impl fmt::Debug for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Number of a backup run of one store, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u64);

/// Place of a bundle in the order of one store: upper 32 bits the attempt, lower 32 its count.
///
/// A run that was killed and goes on is a new attempt of the same generation, so what it writes
/// is later than anything the killed attempt may have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The `count`-th bundle of an attempt.
    #[must_use]
    pub const fn new(attempt: u32, count: u32) -> Self {
        Self(((attempt as u64) << 32) | count as u64)
    }

    /// The attempt that wrote the bundle.
    #[must_use]
    pub const fn attempt(self) -> u32 {
        let bytes = self.0.to_be_bytes();
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

/// Whose folder a bundle lies in.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One patient of one facility; both empty for files that belong to no patient.
    Patient {
        /// Facility identifier, ten digits in SS-MIX2; empty when the store names none.
        facility: String,
        /// Patient identifier as the facility writes it.
        patient: String,
    },
    /// The directory pages and generation records of one store.
    Store {
        /// The store's label.
        label: String,
    },
    /// The list of stores.
    Root,
}

impl Subject {
    /// Makes a patient subject, or tells which part is too long.
    ///
    /// # Errors
    /// [`SubjectError`] when an identifier passes its limit.
    pub fn patient(facility: &str, patient: &str) -> Result<Self, SubjectError> {
        if facility.len() > FACILITY_BYTES_MAX {
            return Err(SubjectError::Facility);
        }
        if patient.len() > PATIENT_BYTES_MAX {
            return Err(SubjectError::Patient);
        }
        Ok(Self::Patient {
            facility: facility.to_owned(),
            patient: patient.to_owned(),
        })
    }

    /// Makes a store subject: 1 to 64 bytes of letters, digits, `.`, `_` and `-`.
    ///
    /// # Errors
    /// [`SubjectError::Label`] when the label is empty, too long or has other characters.
    pub fn store(label: &str) -> Result<Self, SubjectError> {
        let legal = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if label.is_empty() || label.len() > LABEL_BYTES_MAX || !label.chars().all(legal) {
            return Err(SubjectError::Label);
        }
        Ok(Self::Store {
            label: label.to_owned(),
        })
    }

    /// The files of a store that lie in no patient's folder.
    #[must_use]
    pub fn unassigned() -> Self {
        Self::Patient {
            facility: String::new(),
            patient: String::new(),
        }
    }

    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Patient { .. } => 1,
            Self::Store { .. } => 2,
            Self::Root => 3,
        }
    }

    /// Facility, patient and label, empty where they do not apply.
    pub(crate) fn parts(&self) -> [&str; 3] {
        match self {
            Self::Patient { facility, patient } => [facility, patient, ""],
            Self::Store { label } => ["", "", label],
            Self::Root => ["", "", ""],
        }
    }
}

/// A subject's identifiers are patient data: `Debug` tells only the kind.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient { .. } => "Subject::Patient(..)",
            Self::Store { .. } => "Subject::Store(..)",
            Self::Root => "Subject::Root",
        })
    }
}

/// Why identifiers make no subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// The facility's identifier is too long.
    #[error("the facility identifier is longer than {FACILITY_BYTES_MAX} bytes")]
    Facility,
    /// The patient's identifier is too long.
    #[error("the patient identifier is longer than {PATIENT_BYTES_MAX} bytes")]
    Patient,
    /// The store's label is no label.
    #[error("a store's label has 1 to {LABEL_BYTES_MAX} bytes of letters, digits, '.', '_', '-'")]
    Label,
}

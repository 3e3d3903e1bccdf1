//! What is asked for, what was made, what may go wrong.

use std::io;
use std::path::PathBuf;

use jiff::civil::{Date, date};

/// What to generate: how much, of what, from which seed.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Patients, at most [`Profile::PATIENTS_MAX`].
    pub patients: u32,
    /// Megabytes (10^6 bytes) per patient, filled up with documents and images; 0.0 leaves what
    /// the messages weigh.
    pub mb_per_patient: f64,
    /// Mean number of files per patient; single patients differ widely from it.
    pub files_per_patient: u32,
    /// The same seed gives the same store.
    pub seed: u64,
    /// Medical facility ID, 10 digits: the root folder.
    pub facility: String,
    /// The day on which the store ends; there is no clock in it.
    pub base_date: Date,
    /// Share of message files that break the rules, 0.0 to 1.0.
    pub defects: f64,
}

impl Profile {
    /// The largest number of patients whose IDs stay distinct.
    pub const PATIENTS_MAX: u32 = 1_400_000;
    /// The largest mean number of files per patient.
    pub const FILES_PER_PATIENT_MAX: u32 = 5_000;
    /// The largest size of one patient: 100 GB.
    pub const MB_PER_PATIENT_MAX: f64 = 100_000.0;

    /// Refuses values that no store can have.
    pub(crate) fn check(&self) -> Result<(), GenerateError> {
        let refuse = |field, expected| Err(GenerateError::Profile { field, expected });
        if self.patients > Self::PATIENTS_MAX {
            return refuse("patients", "at most 1,400,000");
        }
        if !(0.0..=Self::MB_PER_PATIENT_MAX).contains(&self.mb_per_patient) {
            return refuse("mb_per_patient", "0 to 100,000");
        }
        if !(1..=Self::FILES_PER_PATIENT_MAX).contains(&self.files_per_patient) {
            return refuse("files_per_patient", "1 to 5,000");
        }
        if self.facility.len() != 10 || !self.facility.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("facility", "10 digits");
        }
        if !(1990..=2100).contains(&self.base_date.year()) {
            return refuse("base_date", "a year from 1990 to 2100");
        }
        if !(0.0..=1.0).contains(&self.defects) {
            return refuse("defects", "0 to 1");
        }
        Ok(())
    }

    /// Converts the wanted size to bytes.
    #[expect(clippy::cast_possible_truncation, reason = "checked: 0 to 10^11")]
    pub(crate) fn bytes_per_patient(&self) -> u64 {
        (self.mb_per_patient * 1e6) as u64
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            patients: 100,
            mb_per_patient: 0.0,
            files_per_patient: 100,
            seed: 1,
            facility: "1318814790".to_owned(),
            base_date: date(2026, 4, 1),
            defects: 0.0,
        }
    }
}

/// What has been made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Patients.
    pub patients: u64,
    /// Files.
    pub files: u64,
    /// Folders, the root with the facility ID and empty ones included.
    pub folders: u64,
    /// Bytes in files.
    pub bytes: u64,
    /// Files among them that break the rules on purpose.
    pub defects: u64,
}

impl std::ops::AddAssign for Generated {
    fn add_assign(&mut self, more: Self) {
        self.patients += more.patients;
        self.files += more.files;
        self.folders += more.folders;
        self.bytes += more.bytes;
        self.defects += more.defects;
    }
}

/// Why a store was not generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// A value of the profile is out of range.
    #[error("{field} is out of range: give {expected}")]
    Profile {
        /// The field.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// The folder holds something already.
    #[error("{path} is not empty: give a new folder, or empty this one")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The file system refused a file or folder.
    #[error(
        "{path} cannot be written: free space or change its permissions, then start again in an empty folder"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

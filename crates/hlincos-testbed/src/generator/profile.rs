//! What is asked for, what was made, what may go wrong.

use std::io;
use std::path::PathBuf;

use jiff::civil::{Date, date};

/// What a store is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// The eleven most frequent kinds of messages, short notes: 100 files per patient.
    #[default]
    Plain,
    /// Only HL7 messages of 1 to 4 KB: 100 files per patient.
    Small,
    /// All 36 kinds and documents as a hospital has them: 275 messages per patient, log-normal with a
    /// long tail; CDA, PDF, JPEG, and DICOM studies with 5 of 100 patients.
    Mixed,
    /// As `Plain`, filled up with PDF and JPEG to 9 MB per patient: the size of the store of 2019.
    Bulk,
    /// All 36 kinds, cancelled ones too, and small documents of each kind, within few patients.
    Full,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Plain,
        Self::Small,
        Self::Mixed,
        Self::Bulk,
        Self::Full,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Small => "small",
            Self::Mixed => "mixed",
            Self::Bulk => "bulk",
            Self::Full => "full",
        }
    }

    /// Files per patient, if nothing else is asked for; of `Mixed` and `Full`, messages.
    #[must_use]
    pub const fn files_per_patient(self) -> u32 {
        match self {
            Self::Plain | Self::Small | Self::Bulk => 100,
            Self::Mixed => 275,
            Self::Full => 200,
        }
    }

    /// Megabytes per patient, if nothing else is asked for; 0.0 fills nothing up.
    #[must_use]
    pub const fn mb_per_patient(self) -> f64 {
        match self {
            Self::Bulk => 9.0,
            Self::Plain | Self::Small | Self::Mixed | Self::Full => 0.0,
        }
    }
}

/// What to generate: how much, of what, from which seed.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What it is like.
    pub shape: Shape,
    /// Patients per facility, at most [`Profile::PATIENTS_MAX`].
    pub patients: u32,
    /// Facilities, 1 to [`Profile::FACILITIES_MAX`], each with a root folder of its own; 20 of 100
    /// patients of the later ones are persons whom the first one knows too.
    pub facilities: u32,
    /// Megabytes (10^6 bytes) per patient, filled up with documents and images; 0.0 leaves what
    /// the messages weigh.
    pub mb_per_patient: f64,
    /// Mean number of files per patient; single patients differ widely from it.
    pub files_per_patient: u32,
    /// The same seed gives the same store.
    pub seed: u64,
    /// Medical facility ID of the first facility, 10 digits: its root folder; the next ones count on.
    pub facility: String,
    /// The day on which the store ends; there is no clock in it.
    pub base_date: Date,
    /// Share of message files that break the rules, 0.0 to 1.0.
    pub defects: f64,
}

impl Profile {
    /// The largest number of patients whose IDs stay distinct.
    pub const PATIENTS_MAX: u32 = 1_400_000;
    /// The largest number of facilities.
    pub const FACILITIES_MAX: u32 = 100;
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
        if !(1..=Self::FACILITIES_MAX).contains(&self.facilities) {
            return refuse("facilities", "1 to 100");
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

    /// A profile of a shape, with what is usual for it.
    #[must_use]
    pub fn of(shape: Shape) -> Self {
        Self {
            shape,
            mb_per_patient: shape.mb_per_patient(),
            files_per_patient: shape.files_per_patient(),
            ..Self::default()
        }
    }

    /// The ID of a facility, counted from 0; the prefecture and the score table stay.
    pub(crate) fn facility_id(&self, facility: u32) -> String {
        let (prefix, number) = self.facility.split_at(3);
        let number = number.parse::<u32>().expect("checked: digits") + facility;
        format!("{prefix}{:07}", number % 10_000_000)
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
            shape: Shape::Plain,
            patients: 100,
            facilities: 1,
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
    /// Whoever watches has asked to stop.
    #[error(
        "stopped after {patients} patients: resume with the same profile, or delete what there is"
    )]
    Stopped {
        /// Patients that are whole.
        patients: u64,
    },
    /// What is told about the store could not be kept.
    #[error("the manifest cannot be written: free space or name another file, then resume")]
    Manifest(#[source] io::Error),
    /// The file system refused a file or folder.
    #[error(
        "{path} cannot be written: free space or change its permissions, then resume or start again in an empty folder"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

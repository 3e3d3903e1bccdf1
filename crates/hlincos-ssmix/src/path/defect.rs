//! The rules of names, each with a stable word.

/// A rule of names that a path breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathDefect {
    /// The file lies in a kind's folder, but its name has not the seven parts.
    Name,
    /// The name's flag is none of 0, 1, 2.
    Flag,
    /// The kind is not one of SS-MIX2.
    Kind,
    /// Name and folder name different patients.
    Patient,
    /// Name and folder name different days.
    CareDate,
    /// The kind has a care date and the name has none, or the other way round.
    CareDateKind,
    /// Name and folder name different kinds.
    KindFolder,
    /// The file lies in the patient's folder, but not where a record lies.
    Place,
    /// The file lies in no patient's folder.
    NoPatient,
    /// Longer from the facility's folder on than the index database's columns are.
    Length,
    /// The order number has not 15 characters.
    OrderNumber,
    /// The kind has no department and the name has one, or the other way round.
    Department,
    /// A name of the extended storage is not UTF-8: Shift_JIS perhaps.
    Encoding,
    /// The data type's folder holds an underscore, which separates in the name below it.
    Underscore,
    /// A newer version of the same record is current too.
    CurrentTwice,
    /// A single version with flag 0 before a current one: superseded, by an older writer.
    VersionFlag,
}

impl PathDefect {
    /// A stable word for lists.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "path-name",
            Self::Flag => "path-flag",
            Self::Kind => "path-kind",
            Self::Patient => "path-patient-differs",
            Self::CareDate => "path-care-date-differs",
            Self::CareDateKind => "path-care-date-of-kind",
            Self::KindFolder => "path-kind-differs",
            Self::Place => "path-place",
            Self::NoPatient => "path-no-patient",
            Self::Length => "path-too-long",
            Self::OrderNumber => "path-order-number",
            Self::Department => "path-department",
            Self::Encoding => "path-not-utf-8",
            Self::Underscore => "path-underscore",
            Self::CurrentTwice => "path-current-twice",
            Self::VersionFlag => "path-version-flag",
        }
    }

    /// What is wrong, in one line.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Name => "the file's name has not the seven parts",
            Self::Flag => "the name's flag is none of 0, 1, 2",
            Self::Kind => "the kind is none of SS-MIX2",
            Self::Patient => "name and folder name different patients",
            Self::CareDate => "name and folder name different days",
            Self::CareDateKind => "the kind has a care date and the name none, or the reverse",
            Self::KindFolder => "name and folder name different kinds",
            Self::Place => "the file lies in the patient's folder where no record lies",
            Self::NoPatient => "the file lies in no patient's folder",
            Self::Length => "the path has over 260 characters, or the data type over 180",
            Self::OrderNumber => "the order number has not 15 characters",
            Self::Department => "the kind has a department and the name none, or the reverse",
            Self::Encoding => "a folder's name is not UTF-8",
            Self::Underscore => "the data type's folder holds an underscore, which separates names",
            Self::CurrentTwice => "a newer version of the same record is current too",
            Self::VersionFlag => "a past version has flag 0 instead of 2",
        }
    }

    /// Whether it is read without loss, and was seen in published samples or is foreseen by readers.
    #[must_use]
    pub const fn is_note(self) -> bool {
        matches!(
            self,
            Self::OrderNumber
                | Self::Department
                | Self::Encoding
                | Self::Underscore
                | Self::VersionFlag
        )
    }
}

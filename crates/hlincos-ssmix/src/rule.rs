//! The rules that a file may break, each with a stable word.

use crate::characters::TextDefectKind;
use crate::path::PathDefect;

/// A rule that a file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Of names and folders.
    Path(PathDefect),
    /// Bytes that are no ISO-2022-JP.
    Text(TextDefectKind),
    /// The file of the standard storage does not begin with MSH.
    NotHl7,
    /// The file is longer than what is read of it.
    TooLong,
    /// More segments or fields than what is read.
    TooMany,
    /// MSH-1 and MSH-2 do not give five different characters.
    Separators,
    /// A segment's name is not three capital letters and digits.
    SegmentName,
    /// PID-3 names another patient than the path, or none.
    PatientDiffers,
    /// MSH-9 is not a message of the folder's kind.
    MessageType,
    /// The field that gives the care date gives another day than the path.
    CareDateDiffers,
    /// The field that gives the care date is empty, or its segment is not there.
    CareDateMissing,
    /// A field that the kind must fill is empty.
    Required,
    /// A field that must be filled because of what another one says is empty.
    Conditional,
    /// A segment stands where it may not.
    SegmentOrder,
    /// The message lacks a segment at its end.
    Incomplete,
    /// A date or time that is none, such as 20191345.
    Time,
    /// MSH-18 is not `~ISO IR87`.
    CharacterSet,
    /// MSH-12 is not 2.5.
    Version,
    /// MLLP's end byte 0x1C ends the file.
    EndByte,
    /// Segments end in LF.
    LineFeed,
    /// The last segment has no end.
    NoLastEnd,
    /// An escape to a set other than ASCII and JIS X 0208 of 1983.
    OtherSet,
    /// An escape to ASCII and one back, with nothing between.
    EscapeTwice,
    /// MSH-20 is not `ISO 2022-1994`.
    CharacterHandling,
    /// A time in 17 digits without a point.
    TimeRunOn,
    /// PV1-2 is no letter of table 0004.
    PatientClass,
    /// OBX-2 is SN, which SS-MIX2 does not use.
    ValueType,
    /// A character of a vendor, outside of JIS X 0208.
    VendorCharacter,
    /// A name has a component too few: its representation stands in XPN.7.
    NameComponents,
}

/// How much a broken rule matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Seen at many hospitals and read without loss.
    Note,
    /// The store should be mended.
    Error,
}

impl Rule {
    /// A stable word for lists.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Path(path) => path.code(),
            Self::Text(TextDefectKind::Escape) => "text-escape",
            Self::Text(TextDefectKind::Bytes) => "text-not-iso-2022-jp",
            Self::Text(TextDefectKind::NotClosed) => "text-escape-missing",
            Self::Text(TextDefectKind::Utf8) => "text-utf-8",
            Self::NotHl7 => "hl7-no-message",
            Self::TooLong => "hl7-too-long",
            Self::TooMany => "hl7-too-many-segments",
            Self::Separators => "hl7-separators",
            Self::SegmentName => "hl7-segment-name",
            Self::PatientDiffers => "hl7-patient-differs",
            Self::MessageType => "hl7-message-type",
            Self::CareDateDiffers => "hl7-care-date-differs",
            Self::CareDateMissing => "hl7-care-date-missing",
            Self::Required => "hl7-required-field",
            Self::Conditional => "hl7-conditional-field",
            Self::SegmentOrder => "hl7-segment-order",
            Self::Incomplete => "hl7-incomplete",
            Self::Time => "hl7-time",
            Self::CharacterSet => "hl7-character-set",
            Self::Version => "hl7-version",
            Self::EndByte => "hl7-end-byte",
            Self::LineFeed => "hl7-line-feed",
            Self::NoLastEnd => "hl7-no-last-end",
            Self::OtherSet => "text-other-set",
            Self::EscapeTwice => "text-escape-twice",
            Self::CharacterHandling => "hl7-character-handling",
            Self::TimeRunOn => "hl7-time-run-on",
            Self::PatientClass => "hl7-patient-class",
            Self::ValueType => "hl7-value-type",
            Self::VendorCharacter => "text-vendor-character",
            Self::NameComponents => "hl7-name-components",
        }
    }

    /// What is wrong, in one line.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Path(path) => path.says(),
            Self::Text(TextDefectKind::Escape) => "an escape sequence that ISO-2022-JP has not",
            Self::Text(TextDefectKind::Bytes) => "bytes that are no character",
            Self::Text(TextDefectKind::NotClosed) => "a line ends without returning to ASCII",
            Self::Text(TextDefectKind::Utf8) => "the body is UTF-8",
            Self::NotHl7 => "the file does not begin with MSH",
            Self::TooLong => "the file is longer than what is read of it",
            Self::TooMany => "more segments than what is read",
            Self::Separators => "MSH-1 and MSH-2 are not five different characters",
            Self::SegmentName => "a segment's name is not three capitals and digits",
            Self::PatientDiffers => "PID-3 is not the patient of the path",
            Self::MessageType => "MSH-9 does not belong to the folder's kind",
            Self::CareDateDiffers => "the care date's field gives another day than the path",
            Self::CareDateMissing => "the field that gives the care date is empty",
            Self::Required => "a required field is empty",
            Self::Conditional => "a field is empty that another one asks for",
            Self::SegmentOrder => "a segment stands where it may not",
            Self::Incomplete => "the message lacks a segment at its end",
            Self::Time => "a date or time that does not exist",
            Self::CharacterSet => "MSH-18 is not ~ISO IR87",
            Self::Version => "MSH-12 is not 2.5",
            Self::EndByte => "MLLP's end byte ends the file",
            Self::LineFeed => "segments end in LF",
            Self::NoLastEnd => "the last segment has no end",
            Self::OtherSet => "a character set other than ISO IR6 and ISO IR87",
            Self::EscapeTwice => "an escape to ASCII and back with nothing between",
            Self::CharacterHandling => "MSH-20 is not ISO 2022-1994",
            Self::TimeRunOn => "MSH-7 has 17 digits without a point",
            Self::PatientClass => "PV1-2 is no capital letter",
            Self::ValueType => "OBX-2 is SN",
            Self::VendorCharacter => "a vendor's character, which is not in JIS X 0208",
            Self::NameComponents => "a name has a component too few before its representation",
        }
    }

    /// How much it matters.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::CharacterSet
            | Self::Version
            | Self::EndByte
            | Self::LineFeed
            | Self::NoLastEnd
            | Self::OtherSet
            | Self::EscapeTwice
            | Self::CharacterHandling
            | Self::TimeRunOn
            | Self::PatientClass
            | Self::ValueType
            | Self::VendorCharacter
            | Self::NameComponents
            | Self::Conditional => Severity::Note,
            Self::Path(path) if path.is_note() => Severity::Note,
            _ => Severity::Error,
        }
    }
}

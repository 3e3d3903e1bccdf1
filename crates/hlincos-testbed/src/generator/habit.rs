//! How the hospital of a shape works: what a visit and a stay leave behind.

use super::profile::Shape;

/// Rates of one shape.
pub(crate) struct Habit {
    /// Of a hundred visits.
    pub(crate) laboratory_percent: u32,
    pub(crate) prescription_percent: u32,
    pub(crate) imaging_percent: u32,
    /// CDA, PDF and JPEG of a hundred visits.
    pub(crate) note_percent: u32,
    pub(crate) scan_percent: u32,
    pub(crate) photo_percent: u32,
    /// Stays of a hundred visits, above 60 years and below.
    pub(crate) stay_percent: [u32; 2],
    /// Old versions of ADT-00, ADT-61 and PPR-01, at most.
    pub(crate) old_versions: [u32; 3],
    /// Whether all 36 kinds of messages occur, or only the eleven most frequent ones.
    pub(crate) every_kind: bool,
    /// Cancelled movements of a hundred.
    pub(crate) cancel_percent: u32,
    /// Whether files per patient are log-normal with sigma 1, or milder.
    pub(crate) heavy_tail: bool,
    pub(crate) documents: Documents,
}

/// What documents look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Documents {
    /// None but those that fill up to a wanted size.
    None,
    /// CDA of 2 to 3 KB, small pictures beside them.
    Short,
    /// Sizes as hospitals have them: CDA 8 to 40 KB, PDF 100 to 400 KB, JPEG 200 to 600 KB; DICOM
    /// studies of 30 to 80 MB with 5 of 100 patients.
    Whole,
    /// One of each, small, with every patient: for tests of readers.
    Sampler,
}

impl Habit {
    /// Looks a shape up.
    pub(crate) fn of(shape: Shape) -> &'static Self {
        match shape {
            Shape::Plain | Shape::Bulk => &PLAIN,
            Shape::Small => &SMALL,
            Shape::Mixed => &MIXED,
            Shape::Full => &FULL,
        }
    }
}

const PLAIN: Habit = Habit {
    laboratory_percent: 55,
    prescription_percent: 100,
    imaging_percent: 14,
    note_percent: 12,
    scan_percent: 0,
    photo_percent: 0,
    stay_percent: [4, 1],
    old_versions: [3, 1, 3],
    every_kind: false,
    cancel_percent: 0,
    heavy_tail: false,
    documents: Documents::Short,
};

const SMALL: Habit = Habit {
    note_percent: 0,
    documents: Documents::None,
    ..PLAIN
};

/// The reference profile of a patient of 275 messages: 40 visits, 35 of them with laboratory and
/// prescription, 1.3 stays, 20 CDA, 6 PDF, 8 JPEG.
const MIXED: Habit = Habit {
    laboratory_percent: 76,
    prescription_percent: 88,
    imaging_percent: 28,
    note_percent: 50,
    scan_percent: 15,
    photo_percent: 20,
    stay_percent: [4, 3],
    old_versions: [3, 1, 8],
    every_kind: true,
    cancel_percent: 3,
    heavy_tail: true,
    documents: Documents::Whole,
};

const FULL: Habit = Habit {
    stay_percent: [22, 22],
    cancel_percent: 50,
    imaging_percent: 60,
    heavy_tail: false,
    documents: Documents::Sampler,
    ..MIXED
};

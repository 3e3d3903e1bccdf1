//! Folder and file names of SS-MIX2: whose a file is, and what its name says.
//!
//! ```text
//! <facility>/<ID 0..3>/<ID 3..6>/<ID>/<care date or ->/<kind>/<ID>_<date>_<kind>_<order>_<time>_<dept>_<flag>
//! ```
//! Paths are raw bytes with `/` between components: extended storage may hold Shift_JIS.
//!
//! Source: SS-MIX2 guideline 1.2; `spec/ssmix-path.md`.

mod defect;
mod versions;

use core::fmt;

pub use defect::PathDefect;
pub use versions::versions;

use crate::kinds::Kind;

/// Characters of a path from the facility's folder on: the index database's columns hold no more.
pub const PATH_CHARACTERS_MAX: usize = 260;
/// Characters of a data type's folder, likewise.
pub const DATA_TYPE_CHARACTERS_MAX: usize = 180;

/// The patient a path belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientRef {
    /// The ten-digit component above the patient's folders, if there is one.
    pub facility: Option<String>,
    /// The patient's identifier.
    pub patient: String,
}

impl fmt::Debug for PatientRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientRef(..)")
    }
}

/// The patient whose folder a path is, or lies in.
///
/// The patient's folder is named by an identifier of 6 to 15 letters and digits, below two
/// folders named by its first and second three characters. Shorter identifiers are taken when
/// both folders are what is left of them (`12/-/12` is not a rule; `123/45/12345` is).
#[must_use]
pub fn patient_of(path: &[u8]) -> Option<PatientRef> {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let at =
        (2..parts.len()).find(|at| is_patient_folder(parts[at - 2], parts[at - 1], parts[*at]))?;
    let facility = at
        .checked_sub(3)
        .and_then(|above| facility_of(parts[above]));
    Some(PatientRef {
        facility,
        patient: ascii(parts[at])?.to_owned(),
    })
}

fn is_patient_folder(first: &[u8], second: &[u8], id: &[u8]) -> bool {
    let legal = (4..=15).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric);
    legal && first == &id[..3] && second == &id[3..id.len().min(6)]
}

/// Ten digits, with a volume's suffix perhaps (`1318814790_STD01`); the digits alone.
fn facility_of(part: &[u8]) -> Option<String> {
    let (digits, suffix) = part.split_at_checked(10)?;
    let suffixed = suffix
        .first()
        .is_none_or(|byte| matches!(byte, b'_' | b'-' | b'.'));
    (digits.iter().all(u8::is_ascii_digit) && suffixed)
        .then(|| ascii(digits).unwrap_or_default().to_owned())
}

fn ascii(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.is_ascii())
}

/// The last digit of a name: whether the record is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// 0: deleted, or the mark of a deletion.
    Deleted,
    /// 1: current.
    Current,
    /// 2: a past version.
    Superseded,
}

/// What the name of a file in the standard storage says.
#[derive(Clone, PartialEq, Eq)]
pub struct StandardName<'a> {
    /// The patient's identifier.
    pub patient: &'a str,
    /// `None` for `-`: kinds without a date.
    pub care_date: Option<&'a str>,
    /// The kind, such as `OMP-01`.
    pub kind: &'a str,
    /// The order number; `999999999999999` where there is none.
    pub order: &'a str,
    /// When it was sent, 17 digits.
    pub timestamp: &'a str,
    /// The department; `None` for `-`.
    pub department: Option<&'a str>,
    /// Whether it is current.
    pub flag: Flag,
}

/// What a content folder of the extended storage says.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtendedName<'a> {
    /// The data type's folder, raw: `code^name^system^...`.
    pub data_type: &'a [u8],
    /// The content folder, raw.
    pub content: &'a [u8],
    /// The file inside, raw; may hold `/`.
    pub file: &'a [u8],
    /// The content folder's flag, when its name ends in one.
    pub flag: Option<Flag>,
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        /// Names hold patient identifiers: `Debug` shows none.
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
redacted!(StandardName, ExtendedName);

/// Where a file stands in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed<'a> {
    /// A message of the standard storage.
    Standard(StandardName<'a>),
    /// A file of the extended storage.
    Extended(ExtendedName<'a>),
    /// Anything else.
    Other,
}

/// Reads a path: what it is, and which rules it breaks.
#[must_use]
pub fn place(path: &[u8]) -> (Placed<'_>, Vec<PathDefect>) {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let found =
        (2..parts.len()).find(|at| is_patient_folder(parts[at - 2], parts[at - 1], parts[*at]));
    let Some(at) = found else {
        return (Placed::Other, vec![PathDefect::NoPatient]);
    };
    let (patient, below) = (parts[at], &parts[at + 1..]);
    let (placed, mut defects) = match below {
        [date, folder, name] => standard(patient, date, folder, name),
        [_, data_type, content, ..] if data_type.contains(&b'^') => {
            let above = &parts[..at + 4];
            let start = above.iter().map(|part| part.len() + 1).sum::<usize>();
            extended(data_type, content, path.get(start..).unwrap_or_default())
        }
        _ => (Placed::Other, vec![PathDefect::Place]),
    };
    let facility = at
        .checked_sub(3)
        .filter(|at| facility_of(parts[*at]).is_some());
    let in_store = &parts[facility.unwrap_or(at - 2)..];
    let length = in_store
        .iter()
        .map(|part| characters(part) + 1)
        .sum::<usize>()
        - 1;
    if length > PATH_CHARACTERS_MAX && !defects.contains(&PathDefect::Length) {
        defects.push(PathDefect::Length);
    }
    (placed, defects)
}

/// Characters of UTF-8; of other bytes, at most as many as there are bytes.
fn characters(part: &[u8]) -> usize {
    String::from_utf8_lossy(part).chars().count()
}

fn extended<'a>(
    data_type: &'a [u8],
    content: &'a [u8],
    file: &'a [u8],
) -> (Placed<'a>, Vec<PathDefect>) {
    let flag = content
        .rsplit(|byte| *byte == b'_')
        .next()
        .and_then(flag_of);
    let is_utf_8 = |name: &[u8]| core::str::from_utf8(name).is_ok();
    let broken = [
        (flag.is_none(), PathDefect::Flag),
        (
            characters(data_type) > DATA_TYPE_CHARACTERS_MAX,
            PathDefect::Length,
        ),
        (
            ![data_type, content, file].into_iter().all(is_utf_8),
            PathDefect::Encoding,
        ),
        (data_type.contains(&b'_'), PathDefect::Underscore),
    ];
    let name = ExtendedName {
        data_type,
        content,
        file,
        flag,
    };
    let defects = broken
        .into_iter()
        .filter_map(|(is, defect)| is.then_some(defect));
    (Placed::Extended(name), defects.collect())
}

fn flag_of(text: &[u8]) -> Option<Flag> {
    match text {
        b"0" => Some(Flag::Deleted),
        b"1" => Some(Flag::Current),
        b"2" => Some(Flag::Superseded),
        _ => None,
    }
}

fn standard<'a>(
    patient: &[u8],
    date: &[u8],
    folder: &[u8],
    name: &'a [u8],
) -> (Placed<'a>, Vec<PathDefect>) {
    let parsed = match parse_name(name) {
        Ok(parsed) => parsed,
        Err(defect) => return (Placed::Other, vec![defect]),
    };
    let mut defects = Vec::new();
    match Kind::of(parsed.kind) {
        Some(kind) if kind.dated != parsed.care_date.is_some() => {
            defects.push(PathDefect::CareDateKind);
        }
        // ADT-02 is seen in stores though no list has it.
        None if parsed.kind != "ADT-02" => defects.push(PathDefect::Kind),
        _ => {}
    }
    if parsed.patient.as_bytes() != patient {
        defects.push(PathDefect::Patient);
    }
    if parsed.care_date.unwrap_or("-").as_bytes() != date {
        defects.push(PathDefect::CareDate);
    }
    if parsed.kind.as_bytes() != folder {
        defects.push(PathDefect::KindFolder);
    }
    if parsed.order.len() != ORDER_CHARACTERS {
        defects.push(PathDefect::OrderNumber);
    }
    let has_department = match parsed.kind {
        "ADT-00" | "ADT-61" | "PPR-01" => Some(false),
        // Not told for these.
        "ADT-01" | "ADT-02" => None,
        _ => Some(true),
    };
    if has_department.is_some_and(|has| has != parsed.department.is_some()) {
        defects.push(PathDefect::Department);
    }
    (Placed::Standard(parsed), defects)
}

/// Order numbers are filled up with zeros; seen are shorter ones.
const ORDER_CHARACTERS: usize = 15;

/// Splits `ID_date_kind_order_time_dept_flag`.
fn parse_name(name: &[u8]) -> Result<StandardName<'_>, PathDefect> {
    let text = ascii(name).ok_or(PathDefect::Name)?;
    let parts: Vec<&str> = text.split('_').collect();
    let [patient, date, kind, order, timestamp, department, flag] = parts[..] else {
        return Err(PathDefect::Name);
    };
    let digits = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let word = |text: &str, len: core::ops::RangeInclusive<usize>| {
        len.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let kind_legal = kind.len() == 3 || kind.len() == 6 && kind.as_bytes()[3] == b'-';
    let legal = word(patient, 1..=15)
        && (date == "-" || digits(date, 8))
        && kind_legal
        && word(order, 1..=15)
        && digits(timestamp, 17)
        && (department == "-" || word(department, 2..=5));
    if !legal {
        return Err(PathDefect::Name);
    }
    let flag = flag_of(flag.as_bytes()).ok_or(PathDefect::Flag)?;
    let dash = |text: &'_ str| text == "-";
    Ok(StandardName {
        patient,
        care_date: (!dash(date)).then_some(date),
        kind,
        order,
        timestamp,
        department: (!dash(department)).then_some(department),
        flag,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "1318814790/000/078/0000781125/20190901/OMP-01/0000781125_20190901_OMP-01_000000019000185_20190901103045120_01_1";

    #[test]
    fn a_good_path_tells_everything_and_breaks_no_rule() {
        let patient = patient_of(GOOD.as_bytes()).unwrap();
        assert_eq!(patient.facility.as_deref(), Some("1318814790"));
        assert_eq!(patient.patient, "0000781125");
        let (Placed::Standard(name), defects) = place(GOOD.as_bytes()) else {
            panic!()
        };
        assert!(defects.is_empty());
        assert_eq!(
            (name.kind, name.care_date, name.flag),
            ("OMP-01", Some("20190901"), Flag::Current)
        );
        assert_eq!(
            (name.order, name.department),
            ("000000019000185", Some("01"))
        );
    }

    #[test]
    fn a_patient_is_found_without_a_facility_and_below_other_folders() {
        let id = |path: &str| patient_of(path.as_bytes()).map(|p| (p.facility, p.patient));
        assert_eq!(id("999/901/9999013"), Some((None, "9999013".into())));
        assert_eq!(id("a/b/999/901/9999013/-"), Some((None, "9999013".into())));
        let suffixed = id("x/1318814790_STD01/000/078/0000781125");
        assert_eq!(
            suffixed,
            Some((Some("1318814790".into()), "0000781125".into()))
        );
        for none in [
            "",
            "000/078",
            "000/079/0000781125",
            "README.md",
            "000/078/00007811256789012",
        ] {
            assert_eq!(id(none), None, "{none}");
        }
    }

    #[test]
    fn every_broken_rule_has_its_defect() {
        let cases = [
            (
                GOOD.replace("_1318814790", "")
                    .replace("OMP-01/0000781125_", "OMP-01/0000781126_"),
                PathDefect::Patient,
            ),
            (
                GOOD.replace("/20190901/", "/20190902/"),
                PathDefect::CareDate,
            ),
            (GOOD.replace("/OMP-01/", "/OMP-02/"), PathDefect::KindFolder),
            (GOOD.replace("OMP-01", "XYZ-99"), PathDefect::Kind),
            (
                GOOD.replace("20190901/", "-/").replace("_20190901_", "_-_"),
                PathDefect::CareDateKind,
            ),
            (
                GOOD.replace("OMP-01", "ADT-00").replace("_01_1", "_-_1"),
                PathDefect::CareDateKind,
            ),
            (GOOD.replace("_01_1", "_-_1"), PathDefect::Department),
            (
                GOOD.replace("20190901/OMP-01", "-/PPR-01")
                    .replace("20190901_OMP-01", "-_PPR-01"),
                PathDefect::Department,
            ),
            (GOOD.replace("_0000000", "_00000"), PathDefect::OrderNumber),
            (GOOD.replace("_01_1", "_01_7"), PathDefect::Flag),
            (GOOD.replace("_01_1", "_1"), PathDefect::Name),
            (
                "000/078/0000781125/20190901/stray".into(),
                PathDefect::Place,
            ),
            ("readme.txt".into(), PathDefect::NoPatient),
        ];
        for (path, expected) in cases {
            assert_eq!(place(path.as_bytes()).1, [expected], "{path}");
        }
    }

    #[test]
    fn extended_storage_is_split_from_both_ends_whatever_its_bytes() {
        let path = b"000/078/0000781125/20190901/^\x8Co^^11506-3^\x8Co_\x89\xDF^LN/0000781125_20190901_x_y_1_20190901_01_1/images/a.jpg";
        let (Placed::Extended(name), defects) = place(path) else {
            panic!()
        };
        assert_eq!(defects, [PathDefect::Encoding, PathDefect::Underscore]);
        assert_eq!(name.flag, Some(Flag::Current));
        assert_eq!(name.file, b"images/a.jpg");
    }

    #[test]
    fn a_path_is_measured_in_characters_from_its_facility_on() {
        let of = |above: &str, name: usize| {
            let path = format!(
                "{above}000/078/0000781125/20190901/L^{}^99ZL01/x_1/a.jpg",
                "名".repeat(name)
            );
            place(path.as_bytes()).1
        };
        let rest = "000/078/0000781125/20190901/L^^99ZL01/x_1/a.jpg".len();
        assert_eq!(of("a/long/way/before/", 260 - rest), [PathDefect::Length]);
        assert_eq!(of("", 180 - "L^^99ZL01".len()), []);
        assert_eq!(of("", 181 - "L^^99ZL01".len()), [PathDefect::Length]);
        let below = |deep: usize| format!("{GOOD}/../{}", "x".repeat(deep));
        assert!(!place(below(10).as_bytes()).1.contains(&PathDefect::Length));
        let long = "y".repeat(260);
        assert!(
            place(format!("{GOOD}{long}").as_bytes())
                .1
                .contains(&PathDefect::Length)
        );
        assert!(
            !place(format!("{long}/{GOOD}").as_bytes())
                .1
                .contains(&PathDefect::Length)
        );
    }

    proptest::proptest! {
        #[test]
        fn bytes_from_outside_never_panic(path in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let _ = (place(&path), patient_of(&path));
        }

        #[test]
        fn paths_of_likely_parts_never_panic(parts in proptest::collection::vec("(000|078|0000781125|-|\\^|_|1)", 0..9)) {
            let path = parts.join("/");
            let _ = (place(path.as_bytes()), patient_of(path.as_bytes()));
        }
    }
}

//! Defects: each is told, each changes its own file, lint finds each, and none comes unasked.

use std::collections::{BTreeSet, HashMap};

use hlincos_ssmix::path::{Placed, StandardName, place, versions};
use hlincos_testbed::{Note, Profile, Shape};

use crate::store::Store;

fn asked(defects: f64) -> Profile {
    Profile {
        patients: 60,
        defects,
        ..Profile::of(Shape::Full)
    }
}

#[test]
fn every_trap_occurs_and_is_counted_and_told_with_its_path() {
    let store = Store::of(&asked(0.2));
    let told: Vec<(String, &str)> = store
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Defect { path, defect } => {
                Some((String::from_utf8_lossy(path).into_owned(), *defect))
            }
            Note::SamePerson { .. } => None,
        })
        .collect();
    assert_eq!(told.len() as u64, store.made.defects);
    let words: BTreeSet<&str> = told.iter().map(|(_, defect)| *defect).collect();
    let listed: BTreeSet<&str> = FOUND.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, listed);
    for word in words {
        let count = told.iter().filter(|(_, defect)| *defect == word).count();
        assert_eq!(store.distribution.defects[word], count as u64);
    }
    let on_disk: BTreeSet<&str> = store.files.iter().map(|file| file.path.as_str()).collect();
    for (path, defect) in &told {
        assert!(on_disk.contains(path.as_str()), "{defect}: {path}");
    }
}

#[test]
fn files_that_are_not_told_are_as_they_would_be_without_defects() {
    let (clean, spoilt) = (Store::of(&asked(0.0)), Store::of(&asked(0.2)));
    assert!(clean.notes.is_empty() && clean.made.defects == 0);
    let before: HashMap<&str, &[u8]> = clean
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.bytes.as_slice()))
        .collect();
    let touched: BTreeSet<&str> = spoilt
        .files
        .iter()
        .filter(|file| before.get(file.path.as_str()) != Some(&file.bytes.as_slice()))
        .map(|file| file.path.as_str())
        .collect();
    let told: BTreeSet<String> = spoilt
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Defect { path, .. } => Some(String::from_utf8_lossy(path).into_owned()),
            Note::SamePerson { .. } => None,
        })
        .collect();
    let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(touched, told);
    assert_eq!(clean.files.len(), spoilt.files.len());
}

/// What `lint` says of each trap: every file that has it breaks these rules.
const FOUND: [(&str, &[&str]); 32] = [
    ("name-without-flag", &["path-name"]),
    ("name-other-care-date", &["hl7-care-date-differs"]),
    ("name-short-order", &["path-order-number"]),
    ("name-department", &["path-department"]),
    ("name-superseded-as-deleted", &["path-version-flag"]),
    ("place-too-high", &["path-place"]),
    ("folder-shift-jis", &["path-not-utf-8"]),
    ("folder-long-path", &["path-too-long"]),
    ("folder-underscore", &["path-underscore"]),
    ("not-hl7", &["hl7-no-message", "text-not-iso-2022-jp"]),
    ("truncated", &["hl7-no-last-end"]),
    ("end-mllp", &["hl7-end-byte"]),
    ("end-missing", &["hl7-no-last-end"]),
    ("line-feeds", &["hl7-line-feed"]),
    ("body-utf-8", &["text-utf-8"]),
    (
        "junk-segments",
        &["hl7-segment-order", "hl7-required-field"],
    ),
    ("msh-18-without-space", &["hl7-character-set"]),
    ("msh-18-component", &["hl7-character-set"]),
    ("msh-20-without-space", &["hl7-character-handling"]),
    ("msh-7-17-digits", &["hl7-time-run-on"]),
    ("patient-other", &["hl7-patient-differs"]),
    ("pid-5-component-missing", &["hl7-name-components"]),
    ("pid-7-in-pid-9", &["hl7-required-field"]),
    ("pid-7-no-day", &["hl7-time"]),
    ("pv1-2-zero", &["hl7-patient-class"]),
    ("obx-2-sn", &["hl7-value-type"]),
    ("escape-twice", &["text-escape-twice"]),
    ("escape-missing", &["text-escape-missing"]),
    ("escape-roman", &["text-other-set"]),
    ("character-vendor", &["text-vendor-character"]),
    ("character-supplement", &["text-other-set"]),
    ("character-half-width", &["text-other-set"]),
];

/// Every rule that the files of a store break, by path; as `hlincos ssmix lint` finds them.
fn broken<'a>(
    files: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> HashMap<&'a [u8], BTreeSet<&'static str>> {
    let mut found: HashMap<&[u8], BTreeSet<&str>> = HashMap::new();
    let mut folders: HashMap<&[u8], Vec<(&[u8], StandardName<'_>)>> = HashMap::new();
    for (path, bytes) in files {
        let defects = hlincos_ssmix::defect::lint(path, bytes).defects;
        let codes = defects.iter().map(|defect| defect.rule.code());
        found.insert(path, codes.collect());
        if let Placed::Standard(name) = place(path).0 {
            let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            folders.entry(&path[..end]).or_default().push((path, name));
        }
    }
    for (paths, names) in folders.into_values().map(|files| {
        let (paths, names): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        (paths, names)
    }) {
        for (at, defect) in versions(&names) {
            found.entry(paths[at]).or_default().insert(defect.code());
        }
    }
    found
}

#[test]
fn lint_tells_every_trap_by_its_rules() {
    let store = Store::of(&asked(0.2));
    let bytes: HashMap<&str, &[u8]> = store
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.bytes.as_slice()))
        .collect();
    let told: Vec<(&[u8], &str)> = store
        .notes
        .iter()
        .filter_map(|note| match note {
            Note::Defect { path, defect } => Some((path.as_slice(), *defect)),
            Note::SamePerson { .. } => None,
        })
        .collect();
    let mut files: HashMap<&[u8], &[u8]> = store
        .files
        .iter()
        .map(|file| (file.path.as_bytes(), file.bytes.as_slice()))
        .collect();
    // The store's reader shows Shift_JIS as U+FFFD; the notes have the bytes.
    for (path, _) in &told {
        let shown = String::from_utf8_lossy(path);
        files.remove(shown.as_bytes());
        files.insert(path, bytes[&*shown]);
    }
    let found = broken(files.into_iter());
    let mut seen = BTreeSet::new();
    for (path, trap) in told {
        let (_, rules) = FOUND.iter().find(|(word, _)| *word == trap).unwrap();
        for rule in *rules {
            let path_shown = String::from_utf8_lossy(path);
            assert!(
                found[path].contains(rule),
                "{trap} is not told as {rule} but {:?}: {path_shown}",
                found[path]
            );
        }
        seen.insert(trap);
    }
    assert_eq!(seen.len(), FOUND.len());
}

#[test]
fn lint_tells_nothing_of_a_store_without_traps_not_even_a_note() {
    let store = Store::of(&asked(0.0));
    let files = store.files.iter();
    let found = broken(files.map(|file| (file.path.as_bytes(), file.bytes.as_slice())));
    assert_eq!(found.len(), store.files.len());
    for (path, rules) in found {
        assert!(
            rules.is_empty(),
            "{rules:?}: {}",
            String::from_utf8_lossy(path)
        );
    }
}

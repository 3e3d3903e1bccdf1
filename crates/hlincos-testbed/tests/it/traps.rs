//! Defects: each is told, each changes its own file, and none comes unasked.

use std::collections::{BTreeSet, HashMap};

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
    assert_eq!(words.len(), TRAPS, "{words:?}");
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

#[test]
fn the_project_s_reader_reads_every_trap_without_panic() {
    for file in &Store::of(&asked(0.2)).files {
        let _ = hlincos_ssmix::defect::inspect(file.path.as_bytes(), &file.bytes);
    }
}

/// As many as `docs/generator.md` lists.
const TRAPS: usize = 32;

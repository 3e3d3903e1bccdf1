//! Names, places and bytes of the messages follow the rules, except where defects were asked for.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use hlincos_ssmix::defect::inspect;
use hlincos_testbed::Profile;

use crate::store::{Entry, Store};

/// One store for all tests that only look.
fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        Store::of(&Profile {
            patients: 50,
            files_per_patient: 50,
            ..Profile::default()
        })
    })
}

#[test]
fn every_name_agrees_with_its_folders() {
    let store = store();
    for file in store.messages() {
        let name = file.name();
        let folders: Vec<&str> = file.path.split('/').collect();
        let (first, second) = (&name.patient[..3], &name.patient[3..6]);
        let expected = [
            "1318814790",
            first,
            second,
            name.patient,
            name.date,
            name.kind,
        ];
        assert_eq!(folders[..6], expected, "{}", file.path);
        let digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        assert!(digits(name.patient, 10) && digits(name.order, 15) && digits(name.time, 17));
        assert!(["0", "1", "2"].contains(&name.flag), "{}", file.path);
        let undated = ["ADT-00", "ADT-61", "PPR-01"].contains(&name.kind);
        assert_eq!(undated, name.date == "-", "{}", file.path);
        assert_eq!(undated, name.department == "-", "{}", file.path);
        assert!(undated || digits(name.date, 8), "{}", file.path);
    }
}

#[test]
fn every_message_is_iso_2022_jp_with_cr_and_names_its_patient() {
    for file in store().messages() {
        let text = file.text();
        assert!(
            text.starts_with("MSH|^~\\&|") && text.ends_with('\r'),
            "{}",
            file.path
        );
        assert!(
            !text.contains('\n') && !text.contains("\r\r"),
            "{}",
            file.path
        );
        let id = format!("{}^^^^PI", file.name().patient);
        assert_eq!(file.fields("PID", 3), [id], "{}", file.path);
        // MSH-1 is the separator itself, so field n is piece n-1.
        assert_eq!(file.fields("MSH", 17), ["~ISO IR87"], "{}", file.path);
    }
}

#[test]
fn bytes_use_the_two_escapes_and_return_to_ascii_before_each_end_of_segment() {
    for file in store().messages() {
        let mut wide = false;
        let mut bytes = file.bytes.iter().copied().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                0x1B => {
                    let escape = &file.bytes[at + 1..at + 3];
                    wide = match escape {
                        b"$B" => true,
                        b"(B" => false,
                        _ => panic!("{}: escape {escape:?}", file.path),
                    };
                    bytes.nth(1);
                }
                b'\r' => assert!(!wide, "{}", file.path),
                0x80.. => panic!("{}: byte {byte:#x}", file.path),
                _ => {}
            }
        }
    }
}

#[test]
fn one_version_at_most_is_current_and_tombstones_are_alone() {
    let store = store();
    let mut versions: HashMap<(&str, &str, &str, &str), Vec<&str>> = HashMap::new();
    for name in store.messages().map(Entry::name) {
        let key = (name.patient, name.date, name.kind, name.order);
        versions.entry(key).or_default().push(name.flag);
    }
    for (key, flags) in &versions {
        let current = flags.iter().filter(|flag| **flag == "1").count();
        assert_eq!(
            current,
            usize::from(!flags.contains(&"0")),
            "{key:?}: {flags:?}"
        );
    }
    let flags: Vec<&str> = store.messages().map(|file| file.name().flag).collect();
    let history = flags.iter().filter(|flag| **flag != "1").count() * 100 / flags.len();
    assert!((5..=18).contains(&history), "{history} % are not current");
    assert!(flags.contains(&"0") && flags.contains(&"2"));
}

#[test]
fn all_kinds_occur_and_some_patients_have_no_allergy_file() {
    let store = store();
    let kinds: HashSet<&str> = store.messages().map(|file| file.name().kind).collect();
    for kind in [
        "ADT-00", "ADT-12", "ADT-22", "ADT-52", "ADT-61", "OMD", "OMG-01", "OML-01", "OML-11",
        "OMP-01", "PPR-01",
    ] {
        assert!(kinds.contains(kind), "{kind}");
    }
    let asked: HashSet<&str> = store
        .messages()
        .filter(|file| file.name().kind == "ADT-61")
        .map(|file| file.name().patient)
        .collect();
    assert!(
        asked.len() > 20 && asked.len() < 60,
        "{} of 60",
        asked.len()
    );
    let texts: Vec<String> = store
        .messages()
        .filter(|file| file.name().kind == "ADT-61")
        .map(Entry::text)
        .collect();
    assert!(texts.iter().any(|text| text.contains("アレルギーなし")));
    assert!(texts.iter().any(|text| text.contains("IAM|2|")));
}

#[test]
fn the_reader_finds_nothing_to_object_to() {
    for file in &store().files {
        let defects = inspect(file.path.as_bytes(), &file.bytes);
        assert!(defects.is_empty(), "{}: {defects:?}", file.path);
    }
}

#[test]
fn some_folders_are_empty() {
    let store = store();
    let parent = |path: &str| {
        path.rsplit_once('/')
            .map_or("", |(above, _)| above)
            .to_owned()
    };
    let paths = store
        .folders
        .iter()
        .chain(store.files.iter().map(|file| &file.path));
    let used: HashSet<String> = paths.map(|path| parent(path)).collect();
    assert!(store.folders.iter().any(|folder| !used.contains(folder)));
}

#[test]
fn defects_break_about_as_many_files_as_asked_and_no_others() {
    let whole = Profile {
        patients: 40,
        files_per_patient: 60,
        ..Profile::default()
    };
    let clean = Store::of(&whole);
    let spoilt = Store::of(&Profile {
        defects: 0.1,
        ..whole
    });
    assert_eq!(clean.made.defects, 0);
    let rate = spoilt.made.defects * 100 / clean.messages().count() as u64;
    assert!((7..=13).contains(&rate), "{rate} %");
    let before: HashMap<&str, &[u8]> = clean
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.bytes.as_slice()))
        .collect();
    let untouched = |file: &&Entry| before.get(file.path.as_str()) == Some(&file.bytes.as_slice());
    let touched = spoilt.files.iter().filter(|file| !untouched(file)).count();
    assert_eq!(touched as u64, spoilt.made.defects);
}

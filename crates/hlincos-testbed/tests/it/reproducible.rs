//! The same profile gives the same bytes; what is asked for is what is made.

use hlincos_testbed::{GenerateError, Generated, Profile, generate, plan};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::store::Store;

fn profile(patients: u32, seed: u64) -> Profile {
    Profile {
        patients,
        seed,
        files_per_patient: 40,
        ..Profile::default()
    }
}

fn hash(store: &Store, below: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    for folder in store.folders.iter().filter(|path| path.starts_with(below)) {
        hash.update(folder);
        hash.update([0]);
    }
    for file in store
        .files
        .iter()
        .filter(|file| file.path.starts_with(below))
    {
        hash.update(&file.path);
        hash.update((file.bytes.len() as u64).to_be_bytes());
        hash.update(&file.bytes);
    }
    hash.finalize().to_vec()
}

#[test]
fn the_same_seed_gives_the_same_store_and_another_seed_another() {
    let first = Store::of(&profile(20, 7));
    assert_eq!(hash(&first, ""), hash(&Store::of(&profile(20, 7)), ""));
    assert_ne!(hash(&first, ""), hash(&Store::of(&profile(20, 8)), ""));
}

#[test]
fn a_patient_is_the_same_whatever_the_number_of_patients() {
    let (few, many) = (Store::of(&profile(5, 7)), Store::of(&profile(23, 7)));
    assert_eq!(few.patients().count(), 5);
    assert_eq!(many.patients().count(), 23);
    for patient in few.patients() {
        assert_eq!(hash(&few, patient), hash(&many, patient), "{patient}");
    }
}

#[test]
fn the_bytes_of_a_known_profile_are_frozen() {
    // A change of the generator may change them: then say so, since measured stores change too.
    let store = Store::of(&Profile {
        defects: 0.05,
        mb_per_patient: 0.3,
        ..profile(3, 1)
    });
    let text: String = hash(&store, "")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(text, FROZEN);
}

#[test]
fn more_documents_leave_the_messages_as_they_are() {
    let plain = Store::of(&profile(4, 7));
    let heavy = Store::of(&Profile {
        mb_per_patient: 1.0,
        ..profile(4, 7)
    });
    for file in &plain.files {
        let same = heavy
            .files
            .iter()
            .find(|other| other.path == file.path)
            .unwrap();
        assert_eq!(file.bytes, same.bytes, "{}", file.path);
    }
}

#[test]
fn the_totals_are_those_on_disk_and_those_planned() {
    let profile = Profile {
        mb_per_patient: 0.4,
        defects: 0.1,
        ..profile(12, 3)
    };
    let store = Store::of(&profile);
    let counted = Generated {
        patients: store.patients().count() as u64,
        files: store.files.len() as u64,
        folders: store.folders.len() as u64,
        bytes: store.files.iter().map(|file| file.bytes.len() as u64).sum(),
        defects: store.made.defects,
    };
    assert_eq!(store.made, counted);
    assert_eq!(plan(&profile).unwrap(), counted);
}

#[test]
fn files_and_bytes_come_out_as_asked() {
    let asked = Profile {
        patients: 100,
        ..Profile::default()
    };
    let made = plan(&asked).unwrap();
    let mean = made.files / made.patients;
    assert!((85..=115).contains(&mean), "{mean} files per patient");
    let size = made.bytes / made.files;
    assert!((1_000..=4_000).contains(&size), "{size} bytes per file");

    let heavy = Profile {
        patients: 4,
        mb_per_patient: 3.0,
        ..Profile::default()
    };
    let bytes = plan(&heavy).unwrap().bytes;
    assert!(
        (11_990_000..=12_000_000).contains(&bytes),
        "{bytes} bytes instead of 12 MB"
    );
}

#[test]
fn patients_with_thousands_of_files_or_hardly_any_are_written_whole() {
    // A name used twice would be refused by the file system.
    for files_per_patient in [1, 3_000] {
        let profile = Profile {
            files_per_patient,
            ..profile(4, 11)
        };
        let store = Store::of(&profile);
        assert_eq!(store.made.files, store.files.len() as u64);
        assert!(
            store.files.len() > files_per_patient as usize,
            "four patients together"
        );
    }
}

#[test]
fn a_store_ends_before_its_base_date() {
    let profile = Profile {
        base_date: jiff::civil::date(2020, 2, 29),
        ..profile(8, 2)
    };
    let store = Store::of(&profile);
    let latest = store.messages().map(|file| &file.name().time[..8]).max();
    assert!(
        latest > Some("20190901") && latest <= Some("20200229"),
        "{latest:?}"
    );
}

#[test]
fn progress_ends_with_the_totals() {
    let folder = TempDir::new().unwrap();
    let mut told = Vec::new();
    let made = generate(&profile(9, 1), folder.path(), &mut |done| told.push(*done)).unwrap();
    assert_eq!(told.len(), 9);
    assert_eq!(told.last(), Some(&made));
}

#[test]
fn a_folder_with_something_in_it_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine"), "here before").unwrap();
    let refused = generate(&profile(1, 1), folder.path(), &mut |_| {});
    assert!(matches!(refused, Err(GenerateError::NotEmpty { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let refused = generate(&profile(1, 1), &file.join("store"), &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("file/store"), "{refused}");
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let ask = |profile: Profile| plan(&profile).unwrap_err().to_string();
    assert!(
        ask(Profile {
            patients: 1_400_001,
            ..profile(0, 0)
        })
        .starts_with("patients")
    );
    assert!(
        ask(Profile {
            mb_per_patient: -1.0,
            ..profile(0, 0)
        })
        .starts_with("mb_per_patient")
    );
    assert!(
        ask(Profile {
            mb_per_patient: f64::NAN,
            ..profile(0, 0)
        })
        .starts_with("mb_per")
    );
    assert!(
        ask(Profile {
            files_per_patient: 0,
            ..profile(0, 0)
        })
        .starts_with("files_per")
    );
    assert!(
        ask(Profile {
            facility: "12/4567890".into(),
            ..profile(0, 0)
        })
        .starts_with("facility")
    );
    assert!(
        ask(Profile {
            defects: 1.5,
            ..profile(0, 0)
        })
        .starts_with("defects")
    );
}

const FROZEN: &str = "a4684e8230f322fcfb88fd5444c9c04f0b23e075e2e9dae3a02072abe52e7516";

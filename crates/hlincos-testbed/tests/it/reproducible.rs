//! The same profile gives the same bytes; what is asked for is what is made.

use std::ops::ControlFlow;

use hlincos_testbed::{GenerateError, Generated, Observer, Profile, Shape, generate, plan, resume};
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
    assert_eq!(plan(&profile, &mut ()).unwrap().totals, counted);
}

#[test]
fn files_and_bytes_come_out_as_asked() {
    let asked = Profile {
        patients: 100,
        ..Profile::default()
    };
    let made = plan(&asked, &mut ()).unwrap().totals;
    let mean = made.files / made.patients;
    assert!((85..=115).contains(&mean), "{mean} files per patient");
    let size = made.bytes / made.files;
    assert!((1_000..=4_000).contains(&size), "{size} bytes per file");

    let heavy = Profile {
        patients: 4,
        mb_per_patient: 3.0,
        ..Profile::default()
    };
    let bytes = plan(&heavy, &mut ()).unwrap().totals.bytes;
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

/// Stops after some patients.
struct Impatient {
    patience: usize,
    told: Vec<Generated>,
}

impl Observer for Impatient {
    fn progress(&mut self, done: &Generated) -> ControlFlow<()> {
        self.told.push(*done);
        if self.told.len() >= self.patience {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

fn patient_for(patience: usize) -> Impatient {
    Impatient {
        patience,
        told: Vec::new(),
    }
}

#[test]
fn progress_is_told_patient_by_patient_and_ends_with_the_totals() {
    let folder = TempDir::new().unwrap();
    let mut observer = patient_for(99);
    let made = generate(&profile(9, 1), folder.path(), &mut observer).unwrap();
    let counts: Vec<u64> = observer.told.iter().map(|done| done.patients).collect();
    assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(observer.told.last(), Some(&made.totals));
}

#[test]
fn a_run_that_was_stopped_or_torn_goes_on_to_the_same_store() {
    let folder = TempDir::new().unwrap();
    let asked = Profile {
        defects: 0.1,
        ..profile(30, 3)
    };
    let whole = Store::of(&asked);
    let stopped = generate(&asked, folder.path(), &mut patient_for(4)).unwrap_err();
    assert!(
        matches!(stopped, GenerateError::Stopped { patients: 4 }),
        "{stopped}"
    );
    // A kill tears the file that was being written.
    let mut found = Store::read_from(folder.path());
    assert!(found.files.len() < whole.files.len());
    let torn = found.files.swap_remove(found.files.len() / 2);
    std::fs::write(
        folder.path().join(&torn.path),
        &torn.bytes[..torn.bytes.len() / 2],
    )
    .unwrap();

    let resumed = resume(&asked, folder.path(), &mut ()).unwrap();
    assert_eq!(resumed.totals, whole.made);
    assert_eq!(resumed.distribution, whole.distribution);
    assert_eq!(hash(&Store::read_from(folder.path()), ""), hash(&whole, ""));
}

#[test]
fn every_shape_gives_the_same_store_twice_whatever_the_threads_do() {
    for shape in [Shape::Small, Shape::Full, Shape::Bulk] {
        let asked = Profile {
            patients: 5,
            facilities: 2,
            defects: 0.05,
            mb_per_patient: if shape == Shape::Bulk { 1.5 } else { 0.0 },
            files_per_patient: 50,
            ..Profile::of(shape)
        };
        let (first, second) = (Store::of(&asked), Store::of(&asked));
        assert_eq!(hash(&first, ""), hash(&second, ""), "{shape:?}");
        assert_eq!(first.notes, second.notes);
        assert_eq!(first.distribution, second.distribution);
    }
}

#[test]
fn the_distribution_counts_what_is_on_disk() {
    let asked = Profile {
        patients: 6,
        ..Profile::of(Shape::Full)
    };
    let store = Store::of(&asked);
    let all = &store.distribution;
    assert_eq!(all.messages().count(), store.messages().count() as u64);
    assert_eq!(all.documents().count(), store.documents().count() as u64);
    let sizes = store.files.iter().map(|file| file.bytes.len() as u64);
    assert_eq!(
        all.messages().sum() + all.documents().sum(),
        sizes.sum::<u64>()
    );
    assert_eq!(all.files_per_patient.sum(), store.files.len() as u64);
    assert_eq!(all.flags.iter().sum::<u64>(), store.files.len() as u64);
}

#[test]
fn a_folder_with_something_in_it_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("mine"), "here before").unwrap();
    let refused = generate(&profile(1, 1), folder.path(), &mut ());
    assert!(matches!(refused, Err(GenerateError::NotEmpty { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let refused = generate(&profile(1, 1), &file.join("store"), &mut ()).unwrap_err();
    assert!(refused.to_string().contains("file/store"), "{refused}");
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    let ask = |profile: Profile| plan(&profile, &mut ()).unwrap_err().to_string();
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
            facilities: 101,
            ..profile(0, 0)
        })
        .starts_with("facilities")
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

const FROZEN: &str = "2c57d34e7f16597b7930185450c769e7dbd49f60df1c8c8dd0a027a567a22ea3";

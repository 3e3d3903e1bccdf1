//! Several facilities: some persons are known to two, under IDs of their own.

use std::collections::{BTreeSet, HashMap};

use hlincos_testbed::{Note, Profile, Shape};

use crate::store::Store;

#[test]
fn a_fifth_of_a_later_facility_is_known_to_the_first_and_has_the_same_nature() {
    let store = Store::of(&Profile {
        patients: 80,
        facilities: 3,
        files_per_patient: 12,
        ..Profile::of(Shape::Small)
    });
    let roots: BTreeSet<&str> = store.files.iter().map(|file| &file.path[..10]).collect();
    let expected = ["1318814790", "1318814791", "1318814792"];
    assert_eq!(roots.into_iter().collect::<Vec<_>>(), expected);

    let mut record: HashMap<(&str, &str, &str), Vec<String>> = HashMap::new();
    for file in store.messages() {
        let name = file.name();
        if name.flag == "1" && matches!(name.kind, "ADT-00" | "ADT-61") {
            let who = match name.kind {
                "ADT-00" => ["PID"]
                    .iter()
                    .flat_map(|_| {
                        let mut who = file.fields("PID", 5);
                        who.extend(file.fields("PID", 7));
                        who
                    })
                    .collect(),
                _ => file.fields("IAM", 3),
            };
            record.insert((&file.path[..10], name.patient, name.kind), who);
        }
    }
    let mut shared = 0;
    for note in &store.notes {
        let Note::SamePerson {
            facility,
            patient,
            known_as,
        } = note
        else {
            panic!("no defects were asked for");
        };
        shared += 1;
        assert_ne!(facility, "1318814790");
        for kind in ["ADT-00", "ADT-61"] {
            let here = record.get(&(facility.as_str(), patient.as_str(), kind));
            let there = record.get(&("1318814790", known_as.as_str(), kind));
            assert!(kind != "ADT-00" || here.is_some());
            assert_eq!(here, there, "{kind}");
        }
    }
    assert!((20..=45).contains(&shared), "{shared} of 160");
    assert_eq!(store.distribution.shared_patients, shared);
}

#[test]
fn the_first_facility_is_the_same_whatever_the_number_of_facilities() {
    let asked = |facilities| Profile {
        patients: 4,
        facilities,
        files_per_patient: 15,
        ..Profile::of(Shape::Full)
    };
    let (alone, among) = (Store::of(&asked(1)), Store::of(&asked(2)));
    let first = among
        .files
        .iter()
        .filter(|file| file.path.starts_with("1318814790"));
    assert!(
        alone
            .files
            .iter()
            .map(|f| (&f.path, &f.bytes))
            .eq(first.map(|f| (&f.path, &f.bytes)))
    );
}

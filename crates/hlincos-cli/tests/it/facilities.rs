//! Two facilities number their patients on their own: one identifier may be two people.

use std::fs;
use std::path::PathBuf;

use crate::cluster::{Cluster, hlincos};
use crate::trees;

const ID: &str = "0000001013";
const HERE: &str = "1318814790";
const THERE: &str = "9999999999";

/// A store in which two facilities have a patient of the same identifier.
fn store_of_two(cluster: &Cluster) -> PathBuf {
    let store = cluster.path("two");
    fs::create_dir(&store).unwrap();
    for (seed, facility) in [("1", HERE), ("77", THERE)] {
        let made = cluster.path(&format!("seed-{seed}"));
        let made = made.to_str().unwrap();
        let args = ["generate", made, "--patients", "5", "--seed", seed];
        assert_eq!(hlincos(&args).code, 0);
        fs::rename(
            cluster.path(&format!("seed-{seed}/{HERE}")),
            store.join(facility),
        )
        .unwrap();
    }
    store
}

#[test]
fn two_people_with_one_identifier_are_never_shown_as_one() {
    let cluster = Cluster::start();
    let store = store_of_two(&cluster);
    cluster.backup(&store).json(0);
    for command in ["query", "view"] {
        cluster
            .run(&[command, ID])
            .refused(&[HERE, THERE, "--facility"]);
    }
    let mut names = Vec::new();
    for facility in [HERE, THERE] {
        let shown = cluster.run(&["query", ID, "--facility", facility]).json(0);
        assert_eq!(shown["facility"], facility);
        let text = shown.to_string();
        for other in [HERE, THERE] {
            let from = text.contains(&format!("{other}/000/"));
            assert_eq!(from, other == facility, "sources of {other} for {facility}");
        }
        names.push(shown["patient"]["name"].clone());
    }
    assert_ne!(names[0], names[1], "the repro is about two people");
}

#[test]
fn one_patient_of_two_with_one_identifier_restores_alone() {
    let cluster = Cluster::start();
    let store = store_of_two(&cluster);
    cluster.backup(&store).json(0);
    let (ran, dir) = cluster.restore("either", &["--patient", ID]);
    ran.refused(&[HERE, THERE, "--facility"]);
    assert!(!dir.exists());
    let (ran, dir) = cluster.restore("one", &["--patient", ID, "--facility", THERE]);
    assert_eq!(ran.json(0)["complete"], true);
    let mut expected = trees::read(&store);
    let prefix = format!("{THERE}/000/000/{ID}/");
    expected.retain(|path, _| path.starts_with(prefix.as_bytes()));
    trees::assert_same(&expected, &trees::read(&dir));
}

//! Sample stores: the composed patient of the project, and others' samples where they lie.

use std::path::{Path, PathBuf};

use crate::cluster::{COMPOSED_PATIENT, Cluster, hlincos};
use crate::trees;

pub(crate) fn composed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed")
}

/// A folder of samples that are not ours to copy; tests say so when it is absent.
pub(crate) fn outside(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let root = std::env::var_os("HLINCOS_SAMPLES").map_or(beside, PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "the samples {name} are absent; set HLINCOS_SAMPLES to their folder to test with them"
    );
    None
}

#[test]
fn the_composed_patients_allergies_come_back_from_two_of_three_sites() {
    let mut cluster = Cluster::start();
    let report = cluster.backup(&composed()).json(0);
    assert_eq!(report["patients"], 1);
    cluster.kill_site(0);
    let (ran, dir) = cluster.restore("restored", &[]);
    assert_eq!(ran.json(0)["complete"], true);
    trees::assert_same(&trees::read(&composed()), &trees::read(&dir));
    let patient = cluster.run(&["query", COMPOSED_PATIENT]).json(0);
    let text = patient.to_string();
    for word in [
        "土佐",
        "ペニシリン",
        "小麦粉",
        "ヨード造影剤",
        "ワーファリン",
        "心房細動",
    ] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
}

#[test]
fn the_demo_runs_on_the_samples_of_the_national_hospital_organization() {
    let Some(samples) = outside("nho-sample") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, dir) = (samples.join("sampleData"), folder.path().join("demo"));
    let report = hlincos(&[
        "demo",
        "--headless",
        "--json",
        "--store",
        store.to_str().unwrap(),
        "--patient",
        "9999013",
        "--dir",
        dir.to_str().unwrap(),
    ])
    .json(0);
    assert_eq!(report["restore_identical"], true);
    assert_eq!(report["files"], 22);
    assert_eq!(report["patients"], 2);
    assert!(
        report["defective_files"].as_u64().unwrap() >= 12,
        "path and PID differ in 12 files"
    );
}

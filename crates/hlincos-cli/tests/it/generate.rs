//! `hlincos generate`: what it prints, what it leaves beside the store, how it goes on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::cluster::{Cluster, hlincos};
use crate::trees;

const FULL: [&str; 6] = [
    "--profile",
    "full",
    "--patients",
    "6",
    "--files-per-patient",
    "60",
];

#[test]
fn a_store_of_every_kind_and_trap_survives_backup_and_restore_byte_for_byte() {
    let cluster = Cluster::start();
    let store = cluster.path("store");
    let mut arguments = vec!["generate", store.to_str().unwrap(), "--defects", "0.3"];
    arguments.extend(FULL);
    let made = hlincos(&[&arguments[..], &["--facilities", "2", "--json"]].concat()).json(0);
    assert!(made["defects"].as_u64().unwrap() > 100);

    let backup = cluster.backup(&store);
    assert!(matches!(backup.code, 0 | 3), "{}", backup.err);
    let (restore, restored) = cluster.restore("restored", &[]);
    assert!(matches!(restore.code, 0 | 3), "{}", restore.err);
    trees::assert_same(&trees::read(&store), &trees::read(&restored));
}

#[test]
fn sizes_are_printed_by_kind_and_the_manifest_tells_the_rest() {
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("store");
    let mut arguments = vec!["generate", store.to_str().unwrap(), "--defects", "0.1"];
    arguments.extend(FULL);
    let made = hlincos(&[&arguments[..], &["--json"]].concat()).json(0);
    let shape = &made["distribution"];
    let counts = shape["kinds"].as_array().unwrap().iter();
    let counted: u64 = counts.map(|row| row["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, made["files"].as_u64().unwrap());
    let messages = &shape["messages"];
    assert!(messages["p50"].as_u64() <= messages["p90"].as_u64());
    let buckets = shape["message_histogram"].as_array().unwrap().iter();
    let in_buckets: u64 = buckets.map(|row| row["count"].as_u64().unwrap()).sum();
    assert_eq!(in_buckets, messages["count"].as_u64().unwrap());

    let manifest = fs::read_to_string(folder.path().join("store.manifest.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = manifest
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["profile"]["shape"], "full");
    let whole = &lines[lines.len() - 1]["whole"];
    assert_eq!(whole["files"], made["files"]);
    let told = lines.iter().filter(|line| line["defect"].is_string());
    assert_eq!(told.count() as u64, made["defects"].as_u64().unwrap());
}

#[test]
fn a_folder_with_something_in_it_is_refused_and_a_torn_store_goes_on() {
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("store");
    let mut arguments = vec!["generate", store.to_str().unwrap()];
    arguments.extend(FULL);
    assert_eq!(hlincos(&arguments).code, 0);
    let manifest = folder.path().join("store.manifest.jsonl");
    let (whole, told) = (contents(&store), fs::read(&manifest).unwrap());

    let again = hlincos(&arguments);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("not empty"), "{}", again.err);
    assert_eq!(
        fs::read(&manifest).unwrap(),
        told,
        "a refusal touches nothing"
    );

    let other = hlincos(&[&arguments[..], &["--resume", "--seed", "2"]].concat());
    assert_eq!(other.code, 1);
    assert!(other.err.contains("other options"), "{}", other.err);

    let patient = store.join("1318814790/000/000/0000001013");
    assert!(patient.is_dir(), "the first patient");
    fs::remove_dir_all(patient).unwrap();
    assert_eq!(hlincos(&[&arguments[..], &["--resume"]].concat()).code, 0);
    assert!(
        contents(&store) == whole,
        "the store is as it was but for its times"
    );
    assert_eq!(fs::read(&manifest).unwrap(), told);
}

/// Paths and bytes of a tree; what is written again has another time.
fn contents(folder: &Path) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let tree = trees::read(folder).into_iter();
    tree.map(|(path, file)| (path, file.map(|(bytes, _)| bytes)))
        .collect()
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let store = folder.path().join("store");
    let what = ["--patients", "5", "--json"];
    let planned = hlincos(&[&["generate", "--dry-run"], &what[..]].concat()).json(0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let made = hlincos(&[&["generate", store.to_str().unwrap()], &what[..]].concat()).json(0);
    for key in ["files", "folders", "bytes", "distribution"] {
        assert_eq!(planned[key], made[key], "{key}");
    }
    assert_eq!(hlincos(&["generate"]).code, 2, "a store or --dry-run");
    assert_eq!(hlincos(&["generate", "x", "--profile", "huge"]).code, 2);
}

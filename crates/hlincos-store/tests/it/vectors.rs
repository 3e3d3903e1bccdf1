//! The vectors of `spec/segment.md`, made by another hand.

use std::path::Path;

use hlincos_store::{ObjectKey, OpenError, Options, Put, Store};
use serde_json::Value;
use tempfile::tempdir;

use crate::common::{Objects, assert_holds, small_options};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/segment");

#[test]
fn every_vector_reads_as_expected_and_every_writable_one_is_written_so() {
    let (mut read, mut written) = (0, 0);
    for file in Path::new(VECTORS).read_dir().unwrap() {
        let vector = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let vector: Value = serde_json::from_str(&vector).unwrap();
        let name = vector["name"].as_str().unwrap();
        read_as_expected(name, &vector);
        read += 1;
        if let Some(calls) = vector["calls"].as_array() {
            written_as_expected(name, &vector, calls);
            written += 1;
        }
    }
    assert!(
        read > 30 && written > 8,
        "{read} vectors, {written} of them written"
    );
}

fn read_as_expected(name: &str, vector: &Value) {
    let dir = tempdir().unwrap();
    for (file, hex) in vector["segments"].as_object().unwrap() {
        std::fs::write(dir.path().join(file), bytes(hex)).unwrap();
    }
    let opened = Store::open(dir.path(), small_options());
    let store = match (vector["expect"].as_str().unwrap(), opened) {
        ("success", Ok(store)) => store,
        ("version", Err(OpenError::Version { .. }))
        | ("misnamed", Err(OpenError::Misnamed { .. })) => return,
        (expected, opened) => panic!("{name}: expected {expected}, got {opened:?}"),
    };
    assert_holds(&store, &objects(&vector["objects"]));
    assert_eq!(
        Some(store.stats().rotten),
        vector["rotten"].as_u64(),
        "{name}"
    );
    for (file, length) in vector["lengths"].as_object().unwrap() {
        let found = dir.path().join(file).metadata().unwrap().len();
        assert_eq!(Some(found), length.as_u64(), "{name}: {file}");
    }
}

fn written_as_expected(name: &str, vector: &Value, calls: &[Value]) {
    let dir = tempdir().unwrap();
    let segment_bytes = vector["segment_bytes"].as_u64().unwrap();
    let options = Options {
        segment_bytes,
        ..small_options()
    };
    let store = Store::open(dir.path(), options).unwrap();
    for call in calls {
        if let Some(puts) = call["put"].as_array() {
            let put = |put| Put {
                key: key(put),
                bytes: bytes(&put["bytes"]),
            };
            store.put(puts.iter().map(put).collect()).unwrap();
        }
        if let Some(keys) = call["delete"].as_array() {
            store.delete(keys.iter().map(key).collect()).unwrap();
        }
    }
    drop(store);
    let segments = vector["segments"].as_object().unwrap();
    for (file, hex) in segments {
        let written = std::fs::read(dir.path().join(file)).unwrap();
        assert_eq!(written, bytes(hex), "{name}: {file}");
    }
    let files = dir
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let written = files
        .filter(|file| file.to_string_lossy().ends_with(".seg"))
        .count();
    assert_eq!(written, segments.len(), "{name}");
}

fn objects(listed: &Value) -> Objects {
    let listed = listed.as_array().unwrap();
    listed
        .iter()
        .map(|object| (key(object), bytes(&object["bytes"])))
        .collect()
}

fn key(object: &Value) -> ObjectKey {
    ObjectKey {
        folder: bytes(&object["folder"]).try_into().unwrap(),
        name: bytes(&object["name"]).try_into().unwrap(),
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

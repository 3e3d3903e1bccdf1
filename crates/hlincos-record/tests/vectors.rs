//! What a second hand wrote: every file of `spec/vectors/{bundle,share-object,handle}`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::path::Path;

use hlincos_record::bundle::{Bundle, BundleError, Class, Entry, GivenUp, RunRecord};
use hlincos_record::handle::{DirectoryKey, SiteKeys};
use hlincos_record::identifier::{BundleId, Generation, Sequence, Subject};
use hlincos_record::share_object::{HeadError, decode};
use serde_json::Value;

fn cases(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../spec/vectors")
        .join(folder);
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (
            name,
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
        )
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn word(case: &Value, key: &str) -> String {
    case[key].as_str().unwrap().to_owned()
}

#[test]
fn every_handle_is_that_of_the_reference() {
    let cases = cases("handle");
    assert!(cases.len() >= 5);
    for (name, case) in cases {
        let key = DirectoryKey::new(bytes(&case["directory_key"]).try_into().unwrap());
        let keys = SiteKeys::derive(&key, &word(&case, "site"));
        let subject = match case["kind"].as_u64().unwrap() {
            1 => Subject::patient(&word(&case, "facility"), &word(&case, "patient")).unwrap(),
            2 => Subject::store(&word(&case, "label")).unwrap(),
            _ => Subject::Root,
        };
        let id = BundleId(bytes(&case["bundle_id"]).try_into().unwrap());
        assert_eq!(
            keys.handle(&subject).0.to_vec(),
            bytes(&case["handle"]),
            "{name}"
        );
        assert_eq!(
            keys.object_name(id).0.to_vec(),
            bytes(&case["object_name"]),
            "{name}"
        );
        assert_eq!(keys.bundle_id(keys.object_name(id)), id, "{name}");
        assert_eq!(key.vault(), word(&case, "vault"), "{name}");
    }
}

#[test]
fn every_share_object_is_read_or_refused_as_the_page_says() {
    let cases = cases("share-object");
    assert!(cases.len() >= 19);
    for (name, case) in cases {
        let object = bytes(&case["object"]);
        let expect = word(&case, "expect");
        let result = decode(&object);
        if expect == "ok" {
            let (head, share) = result.unwrap();
            let number = |key: &str| case[key].as_u64().unwrap();
            assert_eq!(head.class as u64, number("class"));
            assert_eq!(head.randomness as u64, number("randomness"));
            assert_eq!(head.link as u64, number("link"));
            assert_eq!(u64::from(head.threshold.k()), number("k"));
            assert_eq!(u64::from(head.threshold.n()), number("n"));
            assert_eq!(u64::from(head.point.get()), number("x"));
            assert_eq!(u64::from(head.epoch), number("epoch"));
            assert_eq!(head.generation, Generation(number("generation")));
            assert_eq!(head.sequence, Sequence(number("sequence")));
            assert_eq!(head.dealt_unix_ms, number("dealt"));
            let scheme = case["scheme"].as_u64().unwrap_or(1);
            assert_eq!(u64::from(head.scheme as u8), scheme, "{name}");
            assert_eq!(share, bytes(&case["share"]));
            assert_eq!(
                head.to_bytes(),
                object[..64],
                "{name}: written as it was read"
            );
            continue;
        }
        let told = match result.unwrap_err() {
            HeadError::Truncated => "truncated",
            HeadError::Magic => "magic",
            HeadError::Version => "version",
            HeadError::Class => "class",
            HeadError::Grade => "grade",
            HeadError::Threshold => "threshold",
            HeadError::Point => "point",
            HeadError::Reserved => "reserved",
            HeadError::Length => "length",
            other => panic!("{name}: {other}"),
        };
        assert_eq!(told, expect, "{name}");
    }
}

#[test]
fn every_bundle_is_read_or_refused_as_the_page_says() {
    let cases = cases("bundle");
    assert!(cases.len() >= 55);
    for (name, case) in cases {
        let expect = word(&case, "expect");
        let opened = Bundle::open(&bytes(&case["bundle"]));
        if let Ok(bundle) = &opened {
            if bundle.header.class == Class::Run {
                check_run(&name, &case, bundle);
                continue;
            }
            if bundle.header.class == Class::GivenUp {
                check_given_up(&name, &case, bundle);
                continue;
            }
            assert_eq!(expect, "ok", "{name}");
            check_entries(&name, &case, bundle);
            continue;
        }
        let told = match opened.unwrap_err() {
            BundleError::Truncated => "truncated",
            BundleError::Magic => "magic",
            BundleError::Version => "version",
            BundleError::Class => "class",
            BundleError::Compression => "compression",
            BundleError::Limit => "limit",
            BundleError::Subject => "subject",
            BundleError::Body => "body",
            BundleError::Entry => "entry",
            BundleError::Path => "path",
            BundleError::Padding => "padding",
            other => panic!("{name}: {other}"),
        };
        assert_eq!(told, expect, "{name}");
    }
}

fn check_entries(name: &str, case: &Value, bundle: &Bundle) {
    assert_eq!(bundle.header.generation, Generation(7), "{name}");
    assert_eq!(bundle.header.sequence, Sequence::new(5, 9), "{name}");
    assert_eq!(bundle.header.created_unix_ms, 1_700_000_000_000, "{name}");
    let told = case["entries"].as_array().unwrap();
    assert_eq!(bundle.entries().count(), told.len(), "{name}");
    for ((entry, contents), told) in bundle.entries().zip(told) {
        let kind = match entry {
            Entry::Content { .. } => 1,
            Entry::Folder { .. } => 2,
            Entry::Reference { .. } => 3,
            Entry::Removed { .. } => 4,
            Entry::Member { .. } => 5,
        };
        assert_eq!(kind, told[0].as_u64().unwrap(), "{name}");
        assert_eq!(entry.path(), bytes(&told[1]), "{name}");
        assert_eq!(contents, bytes(&told[2]), "{name}");
        if let Entry::Content { modified, .. } = entry {
            assert_eq!((modified.seconds, modified.nanos), (-5, 7), "{name}");
        }
    }
}

fn check_run(name: &str, case: &Value, bundle: &Bundle) {
    let record = RunRecord::from_bytes(bundle.contents());
    if case["expect"] == "run" {
        assert!(record.is_err(), "{name}");
        return;
    }
    let record = record.unwrap();
    let numbers = [
        record.started_unix_ms,
        record.finished_unix_ms,
        record.files,
        record.bytes,
        record.empty_folders,
        record.patients,
        record.files_sent,
        record.removed,
        record.defects,
        record.unreadable,
    ];
    let told: Vec<u64> = case["run"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    assert_eq!(numbers.to_vec(), told, "{name}");
    let ids: Vec<String> = record.bundles.iter().map(ToString::to_string).collect();
    assert_eq!(serde_json::json!(ids), case["bundles"], "{name}");
    assert_eq!(
        record.to_bytes(),
        bundle.contents(),
        "{name}: written as it was read"
    );
}

fn check_given_up(name: &str, case: &Value, bundle: &Bundle) {
    let list = GivenUp::from_bytes(bundle.contents());
    if case["expect"] == "given_up" {
        assert!(list.is_err(), "{name}");
        return;
    }
    let list = list.unwrap();
    let ids: Vec<String> = list.bundles.iter().map(ToString::to_string).collect();
    assert_eq!(serde_json::json!(ids), case["bundles"], "{name}");
    assert_eq!(list.to_bytes(), bundle.contents(), "{name}");
}

proptest::proptest! {
    #[test]
    fn spoilt_vectors_never_panic(
        which in proptest::num::usize::ANY,
        at in proptest::num::usize::ANY,
        by in 1_u8..=255,
        cut in proptest::option::of(proptest::num::usize::ANY),
    ) {
        let cases = cases("bundle");
        let mut bundle = bytes(&cases[which % cases.len()].1["bundle"]);
        let len = bundle.len().max(1);
        if let Some(byte) = bundle.get_mut(at % len) {
            *byte ^= by;
        }
        if let Some(cut) = cut {
            bundle.truncate(cut % len);
        }
        let _ = Bundle::open(&bundle).map(|bundle| bundle.entries().count());
    }
}

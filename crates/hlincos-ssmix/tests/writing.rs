//! What a second hand wrote: every file of `spec/vectors/ssmix-writing`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::path::Path;

use hlincos_ssmix::write::{Header, Message, SegmentName, WarningKind, Written};
use serde_json::Value;

fn write(case: &Value) -> Written {
    let mut message = Message::begin(&Header {
        sent: "20190901101530",
        kind: ["ADT", "A08", "ADT_A01"],
        control: "20190901000001",
        ..Header::default()
    });
    for told in case["segments"].as_array().unwrap() {
        let name = SegmentName::parse(told["name"].as_str().unwrap()).unwrap();
        let mut segment = message.segment(name);
        for field in told["fields"].as_array().unwrap() {
            let number = usize::try_from(field[0].as_u64().unwrap()).unwrap();
            if field[1].is_null() {
                segment = segment.null(number);
                continue;
            }
            let tree: Vec<Vec<Vec<String>>> = serde_json::from_value(field[1].clone()).unwrap();
            let tree: Vec<Vec<Vec<&str>>> = tree
                .iter()
                .map(|parts| {
                    parts
                        .iter()
                        .map(|p| p.iter().map(String::as_str).collect())
                        .collect()
                })
                .collect();
            let tree: Vec<Vec<&[&str]>> = tree
                .iter()
                .map(|parts| parts.iter().map(Vec::as_slice).collect())
                .collect();
            let tree: Vec<&[&[&str]]> = tree.iter().map(Vec::as_slice).collect();
            segment = segment.subcomponents(number, &tree);
        }
    }
    message.finish()
}

#[test]
fn every_message_is_written_as_the_second_hand_wrote_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/ssmix-writing");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        count += 1;
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let written = write(&case);
        let hex: String = written
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, case["bytes"].as_str().unwrap(), "{}", path.display());
        let warnings: Vec<Value> = written
            .warnings
            .iter()
            .map(|warning| {
                let kind = match warning.kind {
                    WarningKind::Unmappable => "unmappable",
                    WarningKind::Control => "control",
                    WarningKind::LooksLikeNull => "looks_like_null",
                    _ => "new",
                };
                serde_json::json!({"segment": warning.segment, "field": warning.field, "kind": kind})
            })
            .collect();
        assert_eq!(
            Value::from(warnings),
            case["warnings"],
            "{}",
            path.display()
        );
    }
    assert!(count >= 12, "{count} vectors");
}

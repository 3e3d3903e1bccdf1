//! Two readers, one meaning: every field of every segment as an independent reader has it.
//!
//! The other reader is `spec/reference/message.py`: Python's ISO-2022-JP codec and PyPI's hl7. It
//! runs in an environment of its own in `target/second-reader`, which `.ci/run` makes.

use std::path::{Path, PathBuf};
use std::process::Command;

use hlincos_ssmix::characters::decode;
use hlincos_ssmix::hl7::{Message, Segment};
use serde_json::Value;

use crate::cluster::hlincos;
use crate::samples::{composed, outside};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python that has PyPI's hl7; `None` when this machine has none, which CI does not allow.
fn python() -> Option<PathBuf> {
    let python = root().join("target/second-reader/bin/python3");
    let ran = Command::new(&python).args(["-c", "import hl7"]).output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI_REQUIRE_SECOND_READER").is_none(),
        "target/second-reader has no Python with the package hl7"
    );
    eprintln!(
        "no second reader: `python3 -m venv target/second-reader && target/second-reader/bin/pip install hl7==0.4.5` makes one"
    );
    None
}

/// What two right readers may show differently: the code points of six characters of JIS X 0208.
/// spec/ssmix-message.md, section 3.
fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        '\u{301C}' => '\u{FF5E}',
        '\u{2212}' => '\u{FF0D}',
        '\u{2016}' => '\u{2225}',
        '\u{A2}' => '\u{FFE0}',
        '\u{A3}' => '\u{FFE1}',
        '\u{AC}' => '\u{FFE2}',
        '\u{2014}' => '\u{2015}',
        other => other,
    };
    text.chars().map(fold).collect()
}

/// A segment's name and fields as sent, as the other reader lists them.
fn fields(segment: Segment<'_>) -> Vec<String> {
    let sent = (1..=segment.field_count()).map(|number| segment.field(number).raw());
    std::iter::once(segment.name())
        .chain(sent)
        .map(folded)
        .collect()
}

/// Compares all messages of folders; gives how many messages and fields were compared.
fn compare(python: &Path, folders: &[PathBuf]) -> (usize, usize) {
    let script = root().join("spec/reference/message.py");
    let ran = Command::new(python)
        .arg(script)
        .args(folders)
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let (mut messages, mut compared) = (0, 0);
    for line in String::from_utf8(ran.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let path = line["path"].as_str().unwrap();
        let bytes = std::fs::read(path).unwrap();
        let message = Message::of(decode(&bytes).text);
        let Some(theirs) = line["segments"].as_array() else {
            assert!(!message.begins_with_msh(), "only we read {path}");
            continue;
        };
        let ours: Vec<_> = message.segments().map(fields).collect();
        assert_eq!(ours.len(), theirs.len(), "segments of {path}");
        for (own, their) in ours.iter().zip(theirs) {
            let their: Vec<_> = their
                .as_array()
                .unwrap()
                .iter()
                .map(|field| folded(field.as_str().unwrap()))
                .collect();
            assert_eq!(own, &their, "{path}");
            compared += own.len();
        }
        messages += 1;
    }
    (messages, compared)
}

#[test]
fn an_independent_reader_finds_the_same_fields_in_the_samples() {
    let Some(python) = python() else { return };
    assert_eq!(compare(&python, &[composed().join("1318814790")]).0, 5);
    if let Some(samples) = outside("nho-sample") {
        assert_eq!(compare(&python, &[samples.join("sampleData")]).0, 21);
    }
}

#[test]
fn an_independent_reader_finds_the_same_fields_in_ten_thousand_generated_messages() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let ran = hlincos(&["generate", store.to_str().unwrap(), "--patients", "120"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (messages, fields) = compare(&python, &[store]);
    eprintln!("{messages} messages, {fields} fields equal");
    assert!(messages >= 10_000, "only {messages}");
}

//! Two implementations, one exchange: PyPI's highctidh derives and agrees on the same.
//!
//! It runs in an environment of its own in `target/isogeny-oracle`, which `.ci/run` makes.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hlincos_isogeny::{EXPONENTS, Kernel, PrivateKey, PublicKey, agree_with};
use serde_json::{Value, json};

const OURS: u8 = 14;
const THEIRS: u8 = 14;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Python that has PyPI's highctidh; `None` when there is none, which CI does not allow.
fn python() -> Option<PathBuf> {
    let python = root().join("target/isogeny-oracle/bin/python3");
    let ran = Command::new(&python)
        .args(["-c", "import highctidh"])
        .output();
    if ran.is_ok_and(|ran| ran.status.success()) {
        return Some(python);
    }
    assert!(
        std::env::var_os("CI_REQUIRE_ISOGENY_ORACLE").is_none(),
        "target/isogeny-oracle has no Python with the package highctidh"
    );
    eprintln!(
        "no oracle: `python3 -m venv target/isogeny-oracle && target/isogeny-oracle/bin/pip install highctidh==1.0.2026101300` makes one, with a C compiler"
    );
    None
}

fn ask(python: &Path, question: &Value) -> Value {
    let mut child = Command::new(python)
        .arg(root().join("spec/reference/isogeny_oracle.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(question.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn private(hex: &str) -> PrivateKey {
    let exponents: [i8; EXPONENTS] = std::array::from_fn(|at| {
        let byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        byte.cast_signed()
    });
    assert_eq!(hex.len(), 2 * EXPONENTS);
    PrivateKey::from_exponents(&exponents).expect("the same bounds")
}

fn texts(answer: &Value, field: &str) -> Vec<String> {
    let all = answer[field].as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn another_implementation_derives_the_same_keys_and_agrees_on_the_same_secrets() {
    let Some(python) = python() else { return };
    let ours: Vec<String> = (0..OURS)
        .map(|seed| {
            let exponents = *PrivateKey::generate(&[seed; 32]).exponents();
            hex(&exponents.map(i8::cast_unsigned))
        })
        .collect();
    let question = json!({"private": ours, "public": [], "generate": THEIRS});
    let answer = ask(&python, &question);

    let keys: Vec<PrivateKey> = texts(&answer, "private")
        .iter()
        .map(|key| private(key))
        .collect();
    assert_eq!(keys.len(), usize::from(OURS + THEIRS));
    let kernels: Vec<Kernel> = Kernel::available().collect();
    let kernel = |at: usize| kernels[at % kernels.len()];
    let publics: Vec<PublicKey> = (0..)
        .zip(&keys)
        .map(|(at, key)| key.public_key_with(kernel(at)))
        .collect();
    let written: Vec<String> = publics.iter().map(|key| hex(&key.to_bytes())).collect();
    assert_eq!(written, texts(&answer, "public"));
    for (at, (key, shared)) in keys.iter().zip(texts(&answer, "shared")).enumerate() {
        let peer = &publics[(at + 1) % keys.len()];
        let agreed = agree_with(kernel(at), key, peer).unwrap();
        assert_eq!(hex(agreed.as_bytes()), shared, "key {at}");
    }
}

#[test]
fn another_implementation_accepts_and_refuses_the_same_public_keys() {
    let Some(python) = python() else { return };
    let mut publics = Vec::new();
    for number in 0..40_u8 {
        let right = PrivateKey::generate(&[number; 32]).public_key().to_bytes();
        let mut wrong = right;
        wrong[usize::from(number)] ^= 1 << (number % 8);
        let mut small = [0; 64];
        small[0] = number;
        publics.extend([right, wrong, small]);
    }
    let texts: Vec<String> = publics.iter().map(|key| hex(key)).collect();
    let answer = ask(
        &python,
        &json!({"private": [], "public": texts, "generate": 0}),
    );
    let theirs = answer["right"].as_array().unwrap();
    assert_eq!(theirs.len(), publics.len());
    for (key, theirs) in publics.iter().zip(theirs) {
        let ours = PublicKey::from_bytes(key).and_then(|key| key.validate());
        assert_eq!(ours.is_ok(), theirs.as_bool().unwrap(), "{}", hex(key));
    }
    let right = theirs.iter().filter(|right| right.as_bool() == Some(true));
    assert!((40..60).contains(&right.count()));
}

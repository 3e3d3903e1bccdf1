//! What a second hand wrote: every file of `spec/vectors/isogeny`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::path::Path;

use hlincos_isogeny::{
    EXPONENTS, InvalidPublicKey, Kernel, PrivateKey, PublicKey, agree, agree_with,
};
use serde_json::Value;

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn exponents(value: &Value) -> [i8; EXPONENTS] {
    let all = value.as_array().unwrap().iter();
    let all: Vec<i8> = all
        .map(|e| i8::try_from(e.as_i64().unwrap()).unwrap())
        .collect();
    all.try_into().unwrap()
}

/// Every case of the folder that expects one of these.
fn cases(expected: &[&str]) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/isogeny");
    let mut cases: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let case = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            (path.display().to_string(), case)
        })
        .collect();
    cases
        .retain(|(_, case): &(String, Value)| expected.contains(&case["expect"].as_str().unwrap()));
    cases
}

#[test]
fn every_walk_ends_where_the_second_hand_says() {
    let cases = cases(&["walk"]);
    assert_eq!(cases.len(), 10);
    for (name, case) in cases {
        let private = PrivateKey::from_exponents(&exponents(&case["exponents"])).unwrap();
        let start = bytes(&case["start"]);
        for kernel in Kernel::available() {
            let end = if start == [0; 64] {
                private.public_key_with(kernel).to_bytes()
            } else {
                let start = PublicKey::from_bytes(&start).unwrap();
                *agree_with(kernel, &private, &start).unwrap().as_bytes()
            };
            assert_eq!(end[..], bytes(&case["end"]), "{name}, {kernel}");
        }
    }
}

/// Three published vectors, A most significant byte first: crate `csidh` 0.5, its test module.
#[test]
fn the_published_vectors_are_met() {
    let published = [
        (
            [1, 0, 0],
            "53BAA451F759835A01933C76BC58C0C203A9B6B02F7F086B30C3469A8452750A\
             AECA8A4F7C26BFF43876F4510F405F4D2A006635D89A42D327D9A2E8C00BF340",
        ),
        (
            [1, 1, 0],
            "64BB503A4BCA4A4CEF79A054740B11D35C2D1C5778FC05F5AEA1C4FA0CFE4C9E\
             36198514A67F220116C0F70C5511FB4163BECD5CF7347BC2DB66306AAFE6CEF0",
        ),
        (
            [1, 3, 1],
            "3F0D6D05BDB550AF6459BBDBC08E40338AA2D22A4E8BD6EF1DF113688D3FD23E\
             AB8C22365A23C4702A2AAC1835B7BED06B0C8E78E5F432D6296C244812CF25B3",
        ),
    ];
    for ([e3, e5, e587], end) in published {
        let mut exponents = [0; EXPONENTS];
        (exponents[0], exponents[1], exponents[EXPONENTS - 1]) = (e3, e5, e587);
        let public = PrivateKey::from_exponents(&exponents).unwrap().public_key();
        let bytes = public.to_bytes();
        let hex: String = bytes
            .iter()
            .rev()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        assert_eq!(hex, end);
    }
}

#[test]
fn seeds_give_the_keys_and_secrets_of_the_second_hand() {
    let cases = cases(&["agreement"]);
    assert_eq!(cases.len(), 3);
    for (name, case) in cases {
        let side = |prefix: &str| {
            let seed = bytes(&case[format!("{prefix}seed")]).try_into().unwrap();
            let private = PrivateKey::generate(&seed);
            let written = exponents(&case[format!("{prefix}exponents")]);
            assert_eq!(*private.exponents(), written, "{name}");
            let public = private.public_key();
            let written = bytes(&case[format!("{prefix}public")]);
            assert_eq!(public.to_bytes()[..], written, "{name}");
            (private, public)
        };
        let ((one, one_public), (two, two_public)) = (side(""), side("peer_"));
        let shared = bytes(&case["shared"]);
        assert_eq!(agree(&one, &two_public).unwrap().as_bytes()[..], shared);
        assert_eq!(agree(&two, &one_public).unwrap().as_bytes()[..], shared);
    }
}

#[test]
fn every_bad_public_key_is_refused_for_what_is_wrong_with_it() {
    let reasons = [
        ("length", InvalidPublicKey::Length),
        ("not_below_p", InvalidPublicKey::NotBelowP),
        ("singular", InvalidPublicKey::Singular),
        ("start", InvalidPublicKey::Start),
        ("not_supersingular", InvalidPublicKey::NotSupersingular),
    ];
    let private = PrivateKey::generate(&[3; 32]);
    let mut count = 0;
    for (expect, reason) in reasons {
        for (name, case) in cases(&[expect]) {
            for kernel in Kernel::available() {
                let agreed = PublicKey::from_bytes(&bytes(&case["public"]))
                    .and_then(|peer| agree_with(kernel, &private, &peer));
                assert_eq!(agreed.unwrap_err(), reason, "{name}, {kernel}");
            }
            count += 1;
        }
    }
    assert_eq!(count, 16);
}

#[test]
fn the_folder_holds_no_case_that_nobody_reads() {
    let known = [
        "walk",
        "agreement",
        "length",
        "not_below_p",
        "singular",
        "start",
        "not_supersingular",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/isogeny");
    assert_eq!(cases(&known).len(), fs::read_dir(folder).unwrap().count());
}

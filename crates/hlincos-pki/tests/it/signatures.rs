//! Published signatures: each file of `spec/vectors/signatures` names its origin.

use std::fs;

use hlincos_pki::SignatureAlgorithm;
use serde_json::Value;

use super::{hex, vectors};

struct Case {
    name: String,
    public_key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    valid: bool,
}

fn cases(algorithm: SignatureAlgorithm) -> Vec<Case> {
    let path = vectors("signatures").join(format!("{algorithm}.json"));
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(!document["upstream"].as_array().unwrap().is_empty());
    let text = |case: &Value, field: &str| case[field].as_str().unwrap().to_owned();
    let cases = document["cases"].as_array().unwrap();
    cases
        .iter()
        .map(|case| Case {
            name: text(case, "name"),
            public_key: hex(&text(case, "public_key")),
            message: hex(&text(case, "message")),
            signature: hex(&text(case, "signature")),
            valid: match text(case, "expect").as_str() {
                "valid" => true,
                "invalid" => false,
                other => panic!("no such result: {other}"),
            },
        })
        .collect()
}

/// Algorithms with published vectors that fit; FN-DSA and MAYO have none yet for this release.
const PUBLISHED: [(SignatureAlgorithm, usize); 5] = [
    (SignatureAlgorithm::MlDsa65, 30),
    (SignatureAlgorithm::SlhDsa128s, 1),
    (SignatureAlgorithm::SlhDsa128f, 1),
    (SignatureAlgorithm::Hss, 1),
    (SignatureAlgorithm::Xmss, 1),
];

#[test]
fn published_signatures_verify_or_not_as_published() {
    for (algorithm, at_least) in PUBLISHED {
        let cases = cases(algorithm);
        assert!(cases.len() >= at_least, "{algorithm}");
        assert!(cases.iter().any(|case| case.valid), "{algorithm}");
        for case in cases {
            let result = algorithm.verify(&case.public_key, &case.message, &case.signature);
            assert_eq!(result.is_ok(), case.valid, "{algorithm}, {}", case.name);
        }
    }
}

#[test]
fn a_published_signature_with_any_byte_changed_does_not_verify() {
    for (algorithm, _) in PUBLISHED {
        let case = cases(algorithm)
            .into_iter()
            .find(|case| case.valid)
            .unwrap();
        let step = case.signature.len() / 40 + 1;
        for at in (0..case.signature.len()).step_by(step) {
            let mut wrong = case.signature.clone();
            wrong[at] ^= 0x80;
            let result = algorithm.verify(&case.public_key, &case.message, &wrong);
            assert!(result.is_err(), "{algorithm}, byte {at}");
        }
    }
}

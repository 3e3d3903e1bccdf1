//! What a second hand wrote: every file of `spec/vectors/sharing`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::path::Path;

use hlincos_sharing::{
    Point, Randomness, RandomnessError, RandomnessGrade, RobustError, Threshold, combine_robust,
    protect_and_split,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The reference's stream of bytes.
struct Stream {
    seed: String,
    counter: u64,
    rest: Vec<u8>,
}

impl Randomness for Stream {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        while self.rest.len() < out.len() {
            self.rest
                .extend(Sha256::digest(format!("{}/{}", self.seed, self.counter)));
            self.counter += 1;
        }
        out.copy_from_slice(&self.rest[..out.len()]);
        self.rest.drain(..out.len());
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn number(value: &Value) -> u8 {
    u8::try_from(value.as_u64().unwrap()).unwrap()
}

/// The shares that the kernel makes of a secret with the reference's stream.
fn split(case: &Value, secret: &[u8]) -> Vec<Vec<u8>> {
    let threshold = Threshold::new(number(&case["k"]), number(&case["n"])).unwrap();
    let seed = case["seed"].as_str().unwrap().to_owned();
    protect_and_split(
        threshold,
        secret,
        &mut Stream {
            seed,
            counter: 0,
            rest: Vec::new(),
        },
    )
    .unwrap()
}

fn check(name: &str, case: &Value) {
    let threshold = Threshold::new(number(&case["k"]), number(&case["n"])).unwrap();
    let expect = case["expect"].as_str().unwrap();
    if expect == "digest" {
        let secret: Vec<u8> = (0..65_556_u32)
            .map(|at| ((at * 167) >> 3).to_be_bytes()[3])
            .collect();
        let digest = Sha256::digest(split(case, &secret).concat());
        assert_eq!(digest.to_vec(), bytes(&case["shares_sha256"]), "{name}");
        return;
    }
    let answers: Vec<(Point, Vec<u8>)> = match case["answers"].as_array() {
        Some(list) => list
            .iter()
            .map(|a| (number(&a[0]), bytes(&a[1])))
            .collect::<Vec<_>>(),
        None => {
            let zeros = case["zeros"].as_array().unwrap().iter();
            let len = |a: &Value| usize::try_from(a[1].as_u64().unwrap()).unwrap();
            zeros.map(|a| (number(&a[0]), vec![0; len(a)])).collect()
        }
    }
    .into_iter()
    .map(|(x, share)| (Point::new(x).unwrap(), share))
    .collect();
    if !case["seed"].is_null() {
        let made = split(case, &bytes(&case["secret"]));
        let told: Vec<_> = answers.iter().map(|(_, share)| share.clone()).collect();
        assert_eq!(made, told, "{name}: the shares");
    }
    let borrowed: Vec<(Point, &[u8])> = answers.iter().map(|(p, s)| (*p, s.as_slice())).collect();
    let result = combine_robust(threshold, &borrowed);
    if expect == "secret" {
        let combined = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(*combined.secret, bytes(&case["secret"]), "{name}");
        for (points, told) in [
            (&combined.culprits, &case["culprits"]),
            (&combined.suspects, &case["suspects"]),
        ] {
            let named: Vec<u8> = points.iter().map(|point| point.get()).collect();
            let told: Vec<u8> = told.as_array().unwrap().iter().map(number).collect();
            assert_eq!(named, told, "{name}");
        }
        return;
    }
    let word = match result.unwrap_err() {
        RobustError::TooFew { .. } => "too few",
        RobustError::DuplicatePoint(_) => "same point",
        RobustError::BeyondN(_) => "beyond n",
        RobustError::WrongLength => "wrong length",
        RobustError::NoAgreement { .. } => "no agreement",
        other => panic!("{name}: {other}"),
    };
    assert_eq!(word, expect, "{name}");
}

#[test]
fn every_vector_of_the_folder_is_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/sharing");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        check(&path.file_stem().unwrap().to_string_lossy(), &case);
        count += 1;
    }
    assert!(count >= 40, "the folder has lost vectors: {count}");
}

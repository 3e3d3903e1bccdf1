//! What a second hand wrote: every file of `spec/vectors/dispersal`.

#![cfg(feature = "aws-lc")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod reference;

use hlincos_sharing::dispersal::{AwsLcGcm, combine_robust, protect_and_split};
use hlincos_sharing::{Point, RobustError};
use reference::{Stream, bytes, list, point, points, threshold, vectors};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn split(case: &Value, secret: &[u8]) -> Vec<Vec<u8>> {
    let mut stream = Stream::new(case["seed"].as_str().unwrap().to_owned());
    protect_and_split::<AwsLcGcm>(threshold(case), secret, &mut stream).unwrap()
}

fn check(name: &str, case: &Value) {
    let expect = case["expect"].as_str().unwrap();
    if expect == "digest" {
        let len = u32::try_from(case["length"].as_u64().unwrap()).unwrap();
        let byte = |at: u32| ((at * 167) >> 3).to_be_bytes()[3];
        let shares = split(case, &(0..len).map(byte).collect::<Vec<u8>>());
        let digest = Sha256::digest(shares.concat());
        return assert_eq!(digest.to_vec(), bytes(&case["shares_sha256"]), "{name}");
    }
    let answers = list(&case["answers"]).iter();
    let answers: Vec<(Point, Vec<u8>)> = answers.map(|a| (point(&a[0]), bytes(&a[1]))).collect();
    if !case["seed"].is_null() {
        let made = split(case, &bytes(&case["secret"]));
        let told: Vec<Vec<u8>> = answers.iter().map(|(_, share)| share.clone()).collect();
        assert_eq!(made, told, "{name}: the shares");
    }
    let borrowed: Vec<(Point, &[u8])> = answers.iter().map(|(x, s)| (*x, s.as_slice())).collect();
    let word = match combine_robust::<AwsLcGcm>(threshold(case), &borrowed) {
        Ok(combined) => {
            assert_eq!(*combined.secret, bytes(&case["secret"]), "{name}");
            assert_eq!(combined.culprits, points(&case["culprits"]), "{name}");
            assert_eq!(combined.suspects, points(&case["suspects"]), "{name}");
            "secret"
        }
        Err(RobustError::TooFew { .. }) => "too few",
        Err(RobustError::DuplicatePoint(_)) => "same point",
        Err(RobustError::BeyondN(_)) => "beyond n",
        Err(RobustError::WrongLength) => "wrong length",
        Err(RobustError::NoAgreement { .. }) => "no agreement",
        Err(other) => panic!("{name}: {other}"),
    };
    assert_eq!(word, expect, "{name}");
}

#[test]
fn every_vector_of_the_folder_is_met() {
    let all = vectors("dispersal");
    all.iter().for_each(|(name, case)| check(name, case));
    assert!(
        all.len() >= 47,
        "the folder has lost vectors: {}",
        all.len()
    );
}

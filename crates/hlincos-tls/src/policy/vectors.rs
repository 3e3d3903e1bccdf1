//! Policies as a second hand reads them: `spec/vectors/suites/policy.json`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hlincos_pki::Role;
use serde::Deserialize;

use super::{Policy, State};
use crate::Suite;

#[derive(Deserialize)]
struct Vectors {
    good: Vec<Good>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Good {
    name: String,
    text: String,
    serial: u64,
    /// Root, exchange, signature, role, seconds since 1970, state.
    states: Vec<(String, String, String, String, u64, String)>,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    text: String,
}

fn vectors() -> Vectors {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/suites/policy.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_second_hand_finds_the_same_suites_allowed() {
    for good in vectors().good {
        let policy = Policy::from_toml(&good.text).unwrap();
        assert_eq!(policy.serial(), good.serial, "{}", good.name);
        for (root, exchange, signature, role, now, expected) in good.states {
            let suite = Suite {
                root: root.parse().unwrap(),
                exchange: exchange.parse().unwrap(),
                signature: signature.parse().unwrap(),
            };
            let role: Role = role.parse().unwrap();
            let state = policy.state(suite, Some(role), Duration::from_secs(now));
            let word = match state {
                State::Off(_) => "off".to_owned(),
                other => other.to_string(),
            };
            assert_eq!(word, expected, "{}: {suite} {role} {now}", good.name);
        }
    }
}

#[test]
fn what_a_second_hand_refuses_is_refused() {
    for refused in vectors().refused {
        assert!(
            Policy::from_toml(&refused.text).is_err(),
            "{}",
            refused.name
        );
    }
}

//! Every vector of `spec/vectors/qkd014`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::super::order::Limits;
use super::*;

/// The defect's name in the vectors.
fn name_of(defect: &Defect) -> &'static str {
    match defect {
        Defect::Json(_) => "json",
        Defect::Body => "body",
        Defect::Count { .. } => "count",
        Defect::Id(_) => "id",
        Defect::Repeated(_) => "repeated",
        Defect::Uncalled(_) => "uncalled",
        Defect::Base64(_) => "base64",
        Defect::Length { .. } => "length",
        Defect::OtherPair { .. } => "other pair",
        Defect::Limits => "limits",
    }
}

/// What came, in the words of the vectors.
fn told(result: Result<Value, KmeError>) -> Value {
    let error = match result {
        Ok(value) => return value,
        Err(error) => error,
    };
    let (name, message) = match &error {
        KmeError::Defective(defect) => return serde_json::json!({ "defect": name_of(defect) }),
        KmeError::Refused { message, .. } => ("refused", message),
        KmeError::Unauthorized { message, .. } => ("unauthorized", message),
        KmeError::KeysGone { message, .. } => ("gone", message),
        KmeError::Unavailable { message, .. } => ("unavailable", message),
        other => panic!("{other}"),
    };
    serde_json::json!({ "error": name, "message": message })
}

fn shown(keys: &[Key]) -> Value {
    let hex = |key: &Key| {
        let mut text = String::new();
        for byte in key.bytes.iter() {
            write!(text, "{byte:02x}").unwrap();
        }
        serde_json::json!({ "key_ID": key.id.to_string(), "hex": text })
    };
    serde_json::json!({ "keys": keys.iter().map(hex).collect::<Vec<_>>() })
}

fn try_vector(vector: &Value) -> Result<Value, KmeError> {
    let body = vector["body"].as_str().unwrap().as_bytes();
    let asked = &vector["asked"];
    let small = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let http = u16::try_from(small(&vector["http"])).unwrap();
    let call = vector["call"].as_str().unwrap();
    if http != 200 {
        return Err(read_refusal(http, body, call == "dec_keys"));
    }
    match call {
        "status" => {
            let limits = Limits::of(&read_status(body)?).ok_or(Defect::Limits)?;
            Ok(serde_json::json!({
                "status": true,
                "number_max": limits.number_max,
                "size_bits_max": limits.size_bits_max,
                "size_bits_default": limits.size_bits_default,
            }))
        }
        "enc_keys" => {
            let keys = read_keys(body, small(&asked["number"]), small(&asked["size"]))?;
            Ok(shown(&keys))
        }
        "dec_keys" => {
            let named = |one: &Value| Named {
                id: one["key_ID"].as_str().unwrap().parse().unwrap(),
                size_bits: small(&one["size"]),
            };
            let named: Vec<Named> = asked.as_array().unwrap().iter().map(named).collect();
            Ok(shown(&read_named_keys(body, &named)?))
        }
        other => panic!("{other}"),
    }
}

#[test]
fn every_vector_comes_out_as_the_second_hand_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/qkd014");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let vector: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let came = told(try_vector(&vector));
        assert_eq!(came, vector["expect"], "{}", path.display());
        tried += 1;
    }
    assert!(tried >= 60, "{tried} vectors");
}

#[test]
fn no_error_shows_a_key() {
    let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";
    let id = "bc490419-7d60-487f-adc1-4ddcc177c139";
    for answer in [
        format!("{{\"keys\":[{{\"key_ID\":\"{id}\",\"key\":[\"{secret}\"]}}]}}"),
        format!("{{\"keys\":[{{\"key_ID\":\"{secret}\",\"key\":\"{secret}\"}}]}}"),
        format!("{{\"keys\":[{{\"key_ID\":\"{id}\",\"key\":\"{secret}!\"}}]}}"),
        format!("{{\"keys\":\"{secret}\"}}"),
        format!("{{\"keys\":[{{\"key_ID\":\"{id}\",\"key\":\"{secret}\"}}]}}"),
    ] {
        let error = read_keys(answer.as_bytes(), 1, 256).unwrap_err();
        let error = KmeError::from(error);
        assert!(!format!("{error} {error:?}").contains("c2Vj"), "{error:?}");
    }
}

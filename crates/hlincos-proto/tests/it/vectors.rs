//! What a second hand wrote: every file of `spec/vectors/shareholder-api`.

use std::fs;
use std::path::Path;

use hlincos_proto::api;
use hlincos_proto::site::{GetOutcome, PutOutcome};
use serde_json::{Value, json};

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the message says, in the words of the vectors; `None` when it is refused.
fn read(message: &str, body: &[u8], count: usize) -> Option<Value> {
    Some(match message {
        "put" => {
            let objects = api::read_put(body).ok()?;
            assert_eq!(api::write_put(&objects), body, "written as it was read");
            let line = |object: &hlincos_proto::site::PutObject| {
                json!([
                    hex(&object.key.folder.0),
                    hex(&object.key.name.0),
                    hex(&object.bytes)
                ])
            };
            objects.iter().map(line).collect()
        }
        "put answer" => {
            let outcomes = api::read_put_answer(body, count).ok()?;
            assert_eq!(api::write_put_answer(&outcomes), body);
            let word = |outcome: &PutOutcome| match outcome {
                PutOutcome::Stored => "stored",
                PutOutcome::AlreadyStored => "already stored",
                PutOutcome::Conflict => "conflict",
            };
            outcomes.iter().map(word).collect()
        }
        "keys" => {
            let keys = api::read_keys(body).ok()?;
            assert_eq!(api::write_keys(&keys), body);
            keys.iter()
                .map(|key| json!([hex(&key.folder.0), hex(&key.name.0)]))
                .collect()
        }
        "get answer" => {
            let outcomes = api::read_get_answer(body, count).ok()?;
            assert_eq!(api::write_get_answer(&outcomes), body);
            let word = |outcome: &GetOutcome| match outcome {
                GetOutcome::Present(bytes) => hex(bytes),
                GetOutcome::Absent => "absent".into(),
                GetOutcome::Rotten => "rotten".into(),
                GetOutcome::LeftOut => "left out".into(),
            };
            outcomes.iter().map(word).collect()
        }
        "heads" => {
            let folders = api::read_heads(body).ok()?;
            assert_eq!(api::write_heads(&folders), body);
            let line = |(folder, after): &(
                hlincos_record::handle::Handle,
                Option<hlincos_record::handle::ObjectName>,
            )| json!([hex(&folder.0), after.map(|name| hex(&name.0))]);
            folders.iter().map(line).collect()
        }
        "heads answer" => {
            let pages = api::read_heads_answer(body, count).ok()?;
            assert_eq!(api::write_heads_answer(&pages), body);
            let line = |page: &hlincos_proto::site::HeadsPage| {
                let names = page.heads.iter().map(|listed| json!(hex(&listed.name.0)));
                std::iter::once(json!(page.more))
                    .chain(names)
                    .collect::<Value>()
            };
            pages.iter().map(line).collect()
        }
        "delete answer" => {
            let found = api::read_delete_answer(body, count).ok()?;
            assert_eq!(api::write_delete_answer(&found), body);
            json!(found)
        }
        other => panic!("no message {other}"),
    })
}

#[test]
fn every_message_is_read_or_refused_as_the_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/shareholder-api");
    let mut read_files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let count = usize::try_from(case["count"].as_u64().unwrap_or(0)).unwrap();
        let told = read(
            case["message"].as_str().unwrap(),
            &bytes(&case["body"]),
            count,
        );
        let told = told.unwrap_or_else(|| json!("refused"));
        assert_eq!(told, case["expect"], "{}", path.display());
        read_files += 1;
    }
    assert!(
        read_files >= 32,
        "the folder has lost vectors: {read_files}"
    );
}

//! Kills a writing process for good and looks for what it acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use hlincos_store::{Options, Put, Store};
use tempfile::tempdir;

use crate::common::{Random, key, object};

/// Set for the child process: the folder to write to.
const CHILD_DIR: &str = "HLINCOS_STORE_KILL_DIR";
/// Set for the child process: the number of the first object.
const CHILD_FIRST: &str = "HLINCOS_STORE_KILL_FIRST";

const ROUNDS: u64 = 8;

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let dir = tempdir().unwrap();
    let mut random = Random::new(7);
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let first = round * 1_000_000;
        let enough = 1 + random.below(2000);
        acknowledged.extend(lines_until_killed(dir.path(), first, enough));
    }
    assert!(acknowledged.len() > 1000);
    let store = Store::open(dir.path(), options()).unwrap();
    for number in &acknowledged {
        let put = numbered(*number);
        assert_eq!(
            store.get(&put.key).unwrap(),
            Some(put.bytes),
            "object {number}"
        );
    }
}

/// Not a test of its own: the process that is killed.
#[test]
fn child_that_writes_until_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let first: u64 = std::env::var(CHILD_FIRST).unwrap().parse().unwrap();
    let store = Store::open(Path::new(&dir), options()).unwrap();
    let mut out = std::io::stdout();
    for batch in (first..).step_by(10) {
        store
            .put((batch..batch + 10).map(numbered).collect())
            .unwrap();
        for number in batch..batch + 10 {
            writeln!(out, "acknowledged {number}").unwrap();
        }
        out.flush().unwrap();
    }
}

/// Runs a child until it acknowledged `enough` objects, kills it, and returns all it acknowledged.
fn lines_until_killed(dir: &Path, first: u64, enough: usize) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "kill::child_that_writes_until_killed",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD_DIR, dir)
        .env(CHILD_FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut numbers = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // A line cut short by the kill is not an acknowledgement that anyone saw.
        let Ok(line) = line else { break };
        let number = line
            .strip_prefix("acknowledged ")
            .and_then(|text| text.parse::<u64>().ok());
        numbers.extend(number);
        if numbers.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(numbers.len() >= enough, "the child stopped by itself");
    // The pipe may have been cut within the digits of the last number.
    if numbers.len() > enough {
        numbers.pop();
    }
    numbers
}

fn options() -> Options {
    Options {
        segment_bytes: 256 << 10,
        reserve_bytes: 0,
        ..Options::default()
    }
}

fn numbered(number: u64) -> Put {
    let mut key = key(0);
    key.name[..8].copy_from_slice(&number.to_be_bytes());
    Put {
        key,
        bytes: object(number, 64 + usize::try_from(number % 700).unwrap()),
    }
}

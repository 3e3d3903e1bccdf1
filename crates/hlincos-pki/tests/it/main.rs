//! Known answers and encodings against a second hand.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod chains;
mod encodings;
mod handshakes;
mod signatures;

use std::path::PathBuf;

/// The folder of a kind of vectors.
fn vectors(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../spec/vectors")
        .join(kind)
}

fn hex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "whole bytes");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

//! What the vectors' readers have in common.

use std::fs;
use std::path::Path;

use hlincos_sharing::{Point, Randomness, RandomnessError, RandomnessGrade, Threshold};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The reference's stream of bytes.
pub(crate) struct Stream {
    seed: String,
    counter: u64,
    rest: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(seed: String) -> Self {
        let (counter, rest) = (0, Vec::new());
        Self {
            seed,
            counter,
            rest,
        }
    }
}

impl Randomness for Stream {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        while self.rest.len() < out.len() {
            let block = Sha256::digest(format!("{}/{}", self.seed, self.counter));
            self.rest.extend(block);
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

pub(crate) fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

pub(crate) fn number(value: &Value) -> u8 {
    u8::try_from(value.as_u64().unwrap()).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub(crate) fn point(value: &Value) -> Point {
    Point::new(number(value)).unwrap()
}

pub(crate) fn points(value: &Value) -> Vec<Point> {
    list(value).iter().map(point).collect()
}

pub(crate) fn threshold(case: &Value) -> Threshold {
    Threshold::new(number(&case["k"]), number(&case["n"])).unwrap()
}

/// Every vector of a folder, by name.
pub(crate) fn vectors(folder: &str) -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (name, case)
    };
    fs::read_dir(root.join(folder)).unwrap().map(read).collect()
}

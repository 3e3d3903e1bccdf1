//! What a second hand wrote of the tag: every file of `spec/vectors/amd`, in every kernel.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::fs;
use std::path::Path;

use hlincos_sharing::{
    Combiner, Kernel, Point, Randomness, RandomnessError, RandomnessGrade, Splitter, TAG_BYTES,
    Threshold,
};
use serde_json::Value;

/// Gives the tag's point, then zeros: with these every share is the protected chunk itself.
struct PointThenZeros(Vec<u8>);

impl Randomness for PointThenZeros {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        let mut point = self.0.drain(..);
        out.fill_with(|| point.next().unwrap_or(0));
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn check(name: &str, case: &Value) {
    let (chunk, x, f) = (bytes(&case["chunk"]), bytes(&case["x"]), bytes(&case["f"]));
    let threshold = Threshold::new(2, 2).unwrap();
    let points: Vec<Point> = threshold.points().collect();
    let told = [&chunk[..], &x, &f].concat();
    let matches = case["expect"] == "match";
    for kernel in Kernel::available() {
        let mut shares = vec![vec![0; chunk.len() + TAG_BYTES]; 2];
        let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
        let mut splitter = Splitter::with_kernel(kernel, threshold);
        splitter
            .split_chunk(&chunk, &mut PointThenZeros(x.clone()), &mut outs)
            .unwrap();
        assert_eq!(shares[0] == told, matches, "{name}: making it, {kernel}");
        let mut combiner = Combiner::with_kernel(kernel, threshold, &points).unwrap();
        let combined = combiner.combine_chunk(&[&told, &told]);
        assert_eq!(
            combined.is_ok_and(|out| out == chunk),
            matches,
            "{name}: checking it, {kernel}"
        );
    }
}

#[test]
fn every_vector_of_the_folder_is_met_by_every_kernel() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/amd");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        check(&path.file_stem().unwrap().to_string_lossy(), &case);
        count += 1;
    }
    assert!(count >= 16, "the folder has lost vectors: {count}");
}

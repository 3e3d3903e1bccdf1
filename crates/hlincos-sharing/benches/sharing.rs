//! For whoever changes a kernel: `cargo bench -p hlincos-sharing`.
//!
//! `hlincos bench sharing` measures beside other implementations; this is quicker.

#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use hlincos_sharing::{
    CHUNK_BYTES, Combiner, Drbg, Kernel, Point, RandomnessError, Splitter, TAG_BYTES, Threshold,
};

const THRESHOLDS: [(u8, u8); 4] = [(2, 3), (3, 5), (5, 9), (4, 7)];

fn main() {
    divan::main();
}

fn kernels() -> Vec<&'static str> {
    Kernel::available().map(Kernel::name).collect()
}

fn kernel(name: &str) -> Kernel {
    Kernel::available()
        .find(|kernel| kernel.name() == name)
        .unwrap()
}

fn seed(seed: &mut [u8; 32]) -> Result<(), RandomnessError> {
    getrandom::fill(seed).map_err(|_| RandomnessError::Silent)
}

/// Shares of one chunk, with its tag.
fn split(kernel: Kernel, threshold: Threshold, secret: &[u8], shares: &mut [Vec<u8>]) {
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    let mut rng = Drbg::new(kernel, seed).unwrap();
    let mut splitter = Splitter::with_kernel(kernel, threshold);
    splitter.split_chunk(secret, &mut rng, &mut outs).unwrap();
}

fn room(threshold: Threshold) -> Vec<Vec<u8>> {
    vec![vec![0; CHUNK_BYTES + TAG_BYTES]; usize::from(threshold.n())]
}

#[divan::bench(args = kernels(), consts = [0, 1, 2, 3])]
fn split_a_chunk<const AT: usize>(bencher: Bencher<'_, '_>, name: &str) {
    let (k, n) = THRESHOLDS[AT];
    let threshold = Threshold::new(k, n).unwrap();
    let (secret, mut shares) = (vec![7; CHUNK_BYTES], room(threshold));
    bencher
        .counter(BytesCount::new(CHUNK_BYTES))
        .bench_local(|| split(kernel(name), threshold, black_box(&secret), &mut shares));
}

#[divan::bench(args = kernels(), consts = [0, 1, 2, 3])]
fn combine_a_chunk<const AT: usize>(bencher: Bencher<'_, '_>, name: &str) {
    let (k, n) = THRESHOLDS[AT];
    let threshold = Threshold::new(k, n).unwrap();
    let mut shares = room(threshold);
    split(
        Kernel::best(),
        threshold,
        &vec![7; CHUNK_BYTES],
        &mut shares,
    );
    let points: Vec<Point> = threshold.points().take(usize::from(k)).collect();
    let pieces: Vec<&[u8]> = shares
        .iter()
        .take(usize::from(k))
        .map(Vec::as_slice)
        .collect();
    let mut out = vec![0; CHUNK_BYTES + TAG_BYTES];
    bencher
        .counter(BytesCount::new(CHUNK_BYTES))
        .bench_local(|| {
            let mut combiner = Combiner::with_kernel(kernel(name), threshold, &points).unwrap();
            combiner
                .combine_chunk_into(black_box(&pieces), &mut out)
                .unwrap()
        });
}

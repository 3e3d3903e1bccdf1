//! For whoever changes a kernel: `cargo bench -p hlincos-isogeny`.

#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]

use divan::{Bencher, black_box};
use hlincos_isogeny::{Kernel, PrivateKey, agree_with};

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

/// A key each time: the number of rounds is random.
fn keys() -> impl FnMut() -> PrivateKey {
    let mut seed = [0; 32];
    move || {
        seed[0] += 1;
        PrivateKey::generate(&seed)
    }
}

#[divan::bench]
fn generate() -> PrivateKey {
    PrivateKey::generate(black_box(&[7; 32]))
}

#[divan::bench(args = kernels(), sample_count = 50, sample_size = 1)]
fn public_key(bencher: Bencher<'_, '_>, name: &str) {
    bencher
        .with_inputs(keys())
        .bench_local_refs(|private| private.public_key_with(kernel(name)));
}

#[divan::bench(args = kernels(), sample_count = 50, sample_size = 1)]
fn agree(bencher: Bencher<'_, '_>, name: &str) {
    let peer = PrivateKey::generate(&[9; 32]).public_key();
    bencher
        .with_inputs(keys())
        .bench_local_refs(|private| agree_with(kernel(name), private, &peer).unwrap());
}

#[divan::bench(args = kernels())]
fn validate(bencher: Bencher<'_, '_>, name: &str) {
    let peer = PrivateKey::generate(&[9; 32]).public_key();
    bencher.bench_local(|| black_box(&peer).validate_with(kernel(name)).unwrap());
}

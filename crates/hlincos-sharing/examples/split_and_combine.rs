//! Splits a text over three sites, lets one of them lie, and reads it all the same.
//!
//! `cargo run --release -p hlincos-sharing --example split_and_combine` also tells the speed here.

use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use hlincos_sharing::{
    Point, Randomness, RandomnessGrade, Threshold, combine_robust, protect_and_split,
};

struct Drbg(ChaCha20Rng);

impl Randomness for Drbg {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

fn main() {
    let threshold = Threshold::new(2, 3).expect("two of three is a threshold");
    // An example: a real dealer seeds from the operating system or a physical source.
    let mut rng = Drbg(ChaCha20Rng::from_seed([7; 32]));
    let mut shares = protect_and_split(threshold, b"penicillin: anaphylaxis", &mut rng);
    shares[1][3] ^= 1;
    let points = (1..=3).filter_map(Point::new);
    let answers: Vec<(Point, &[u8])> = points.zip(shares.iter().map(Vec::as_slice)).collect();
    let combined = combine_robust(threshold, &answers).expect("two of the three are right");
    println!("{}", String::from_utf8_lossy(&combined.secret));
    println!("wrong: the share at point {}", combined.culprits[0]);

    let secret = vec![1_u8; 64 << 20];
    let started = Instant::now();
    let shares = protect_and_split(threshold, &secret, &mut rng);
    let split = started.elapsed().as_secs_f64();
    let points = (1..=2).filter_map(Point::new);
    let two: Vec<(Point, &[u8])> = points.zip(shares.iter().map(Vec::as_slice)).collect();
    let started = Instant::now();
    combine_robust(threshold, &two).expect("both are right");
    let combine = started.elapsed().as_secs_f64();
    let rate = |seconds: f64| secret.len() as f64 / 1e6 / seconds;
    println!(
        "(2,3), 64 MiB, one core: split {:.0} MB/s, combine {:.0} MB/s",
        rate(split),
        rate(combine)
    );
}

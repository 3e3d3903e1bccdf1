//! Splits a text over three sites, lets one of them lie, and reads it all the same.
//!
//! `cargo run --release -p hlincos-sharing --example split_and_combine`; for speed there is
//! `hlincos bench sharing`.

use hlincos_sharing::{
    Drbg, Kernel, Point, Randomness, RandomnessError, Threshold, combine_robust, protect_and_split,
};

fn main() {
    let threshold = Threshold::new(2, 3).expect("two of three is a threshold");
    // The coefficients' source is yours to choose; its grade belongs beside the shares.
    let seeds = |seed: &mut [u8; 32]| getrandom::fill(seed).map_err(|_| RandomnessError::Silent);
    let mut rng = Drbg::new(Kernel::best(), seeds).expect("the system has random bytes");

    let text = b"penicillin: anaphylaxis";
    let mut shares = protect_and_split(threshold, text, &mut rng).expect("a seed for each secret");
    println!(
        "split over 3 sites, randomness: {}, kernel: {}",
        rng.grade(),
        Kernel::best()
    );

    shares[1][3] ^= 1;
    let points = (1..=3).filter_map(Point::new);
    let answers: Vec<(Point, &[u8])> = points.zip(shares.iter().map(Vec::as_slice)).collect();
    let combined = combine_robust(threshold, &answers).expect("two of the three are right");
    println!("{}", String::from_utf8_lossy(&combined.secret));
    println!("wrong: the share at point {}", combined.culprits[0]);
}

//! Shares of a foreign implementation restore here, and ours restore there: crate `vsss-rs` has our
//! field and our points, and writes the point before the share.

#![cfg(feature = "peers")]
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use hlincos_sharing::{Drbg, Kernel, Point, RandomnessError, Threshold, combine, split};
use vsss_rs::Gf256;

const THRESHOLDS: [(u8, u8); 6] = [(2, 2), (2, 3), (3, 5), (5, 9), (7, 20), (100, 255)];

#[test]
fn shares_of_vsss_rs_restore_here() {
    let secret = b"penicillin: anaphylaxis".repeat(9);
    for (k, n) in THRESHOLDS {
        let rng = &mut ChaCha20Rng::from_seed([n; 32]);
        let shares = Gf256::split_array(k.into(), n.into(), &secret, rng).unwrap();
        let last: Vec<(Point, &[u8])> = shares[usize::from(n - k)..]
            .iter()
            .map(|share| (Point::new(share[0]).unwrap(), &share[1..]))
            .collect();
        assert_eq!(*combine(&last).unwrap(), secret, "({k},{n})");
    }
}

#[test]
fn our_shares_restore_in_vsss_rs() {
    let secret = b"wheat: urticaria".repeat(9);
    for (k, n) in THRESHOLDS {
        let seeds = |seed: &mut [u8; 32]| -> Result<(), RandomnessError> {
            seed.fill(n);
            Ok(())
        };
        let mut rng = Drbg::new(Kernel::best(), seeds).unwrap();
        let shares = split(Threshold::new(k, n).unwrap(), &secret, &mut rng).unwrap();
        let with_points = (1..=n)
            .zip(shares)
            .map(|(x, share)| [&[x], &share[..]].concat());
        let last: Vec<Vec<u8>> = with_points.skip(usize::from(n - k)).collect();
        assert_eq!(Gf256::combine_array(&last).unwrap(), secret, "({k},{n})");
    }
}

//! Crate `vsss-rs`: byte by byte in constant time.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use chacha20::ChaCha12Rng;
use chacha20::rand_core::SeedableRng;
use hlincos_sharing::Threshold;
use vsss_rs::Gf256;

use super::contender;
use crate::buffers::Lines;
use crate::sharing::{Contender, ours};

pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let (k, n) = (usize::from(threshold.k()), usize::from(threshold.n()));
    let mut seed = [0; 32];
    SystemRandom::new()
        .fill(&mut seed)
        .expect("the system has random bytes");
    let mut rng = ChaCha12Rng::from_seed(seed);
    let secret = Lines::noise(bytes).to_vec();
    let shares = Gf256::split_array(k, n, &secret, &mut rng).expect("a threshold");
    let last = shares[n - k..].to_vec();
    assert_eq!(
        Gf256::combine_array(&last).ok().as_ref(),
        Some(&secret),
        "vsss-rs restores"
    );
    let split = Box::new(move || {
        std::hint::black_box(Gf256::split_array(k, n, &secret, &mut rng).expect("as before"));
    });
    let combine = Box::new(move || {
        std::hint::black_box(Gf256::combine_array(&last).expect("as before"));
    });
    let name = "vsss-rs 6.0";
    vec![
        contender("split", ours::PLAIN, name, threshold, bytes, split),
        contender("combine", ours::PLAIN, name, threshold, bytes, combine),
    ]
}

//! Crate `blahaj`: one vector a byte, tables of logarithms.

use ::blahaj::{Share, Sharks};
use hlincos_sharing::Threshold;

use super::contender;
use crate::buffers::Lines;
use crate::sharing::{Contender, ours};

pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let (k, n) = (threshold.k(), usize::from(threshold.n()));
    let secret = Lines::noise(bytes).to_vec();
    let shares: Vec<Share> = Sharks(k).dealer(&secret).take(n).collect();
    let last = shares[n - usize::from(k)..].to_vec();
    assert_eq!(
        Sharks(k).recover(&last).as_ref(),
        Ok(&secret),
        "blahaj restores"
    );
    let split = Box::new(move || {
        std::hint::black_box(Sharks(k).dealer(&secret).take(n).collect::<Vec<Share>>());
    });
    let combine = Box::new(move || {
        std::hint::black_box(Sharks(k).recover(&last).expect("as before"));
    });
    let name = "blahaj 0.7";
    vec![
        contender("split", ours::PLAIN, name, threshold, bytes, split),
        contender("combine", ours::PLAIN, name, threshold, bytes, combine),
    ]
}

//! Holders in one process, who count what they send.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::*;
use crate::{
    Point, Randomness, RandomnessError, RandomnessGrade, Threshold, combine_robust,
    protect_and_split,
};

mod refresh;
mod repair;
mod reshare;
mod scrub;
mod uniform;

/// splitmix64: for tests only.
pub(crate) struct Noise(pub(crate) u64);

impl Randomness for Noise {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        for out in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            out.copy_from_slice(&(z ^ z >> 31).to_be_bytes()[..out.len()]);
        }
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

const ID: ShareId = ShareId {
    object: *b"an object's name",
    epoch: 7,
};
const R: [u8; VALUE_BYTES] = [9, 77, 3, 200, 41, 0, 6, 18, 255, 1, 2, 90, 33, 54, 120, 8];

fn kernel() -> Kernel {
    Kernel::best()
}

fn threshold(k: u8, n: u8) -> Threshold {
    Threshold::new(k, n).unwrap()
}

fn point(x: u8) -> Point {
    Point::new(x).unwrap()
}

fn points(of: &[u8]) -> Vec<Point> {
    of.iter().map(|x| point(*x)).collect()
}

fn at(point: Point) -> usize {
    usize::from(point.get()) - 1
}

fn route(from: Point, to: Point) -> Route {
    Route { id: ID, from, to }
}

fn text(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at.wrapping_mul(167) >> 3).to_be_bytes()[7])
        .collect()
}

fn shared(threshold: Threshold, secret: &[u8], seed: u64) -> Vec<Vec<u8>> {
    protect_and_split(threshold, secret, &mut Noise(seed)).unwrap()
}

fn answers(shares: &[Vec<u8>]) -> Vec<(Point, &[u8])> {
    let points = (1..=255).map(point);
    points.zip(shares.iter().map(Vec::as_slice)).collect()
}

/// What all subsets of k shares restore is this secret, and nobody is blamed.
fn assert_shares(threshold: Threshold, shares: &[Vec<u8>], secret: &[u8]) {
    let all = answers(shares);
    assert_eq!(shares.len(), usize::from(threshold.n()));
    for subset in crate::subsets::subsets(usize::from(threshold.k()), all.len()) {
        let some: Vec<(Point, &[u8])> = subset.iter().map(|at| all[*at]).collect();
        assert_eq!(*combine_robust(threshold, &some).unwrap().secret, secret);
    }
    assert!(combine_robust(threshold, &all).unwrap().culprits.is_empty());
}

fn value(bytes: &[u8], mask: &[u8; VALUE_BYTES]) -> [u8; VALUE_BYTES] {
    let mut hash = LinearHash::new(kernel(), R);
    hash.update(bytes);
    hash.finish(mask)
}

/// One contributor's dealing: per receiver the bytes and the mask.
type Dealt = Vec<(Vec<u8>, [u8; VALUE_BYTES])>;

fn deal_zeros(threshold: Threshold, len: usize, rng: &mut Noise) -> Dealt {
    let n = usize::from(threshold.n());
    let mut dealer = ZeroDealer::new(kernel(), threshold);
    let mut outs = vec![vec![0; len]; n];
    let mut from = 0;
    while from < len {
        let until = len.min(from + 1_000);
        let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(|out| &mut out[from..until]).collect();
        dealer.deal_piece(rng, &mut pieces).unwrap();
        from = until;
    }
    let mut masks = vec![[0; VALUE_BYTES]; n];
    dealer.deal_mask(rng, &mut masks).unwrap();
    outs.into_iter().zip(masks).collect()
}

/// A round of dealings, judged; by contributor.
fn judge_zeros(
    threshold: Threshold,
    dealt: &[(Point, Dealt)],
    lie: impl Fn(Route, &mut [u8; VALUE_BYTES]),
) -> Result<Accepted, DealingError> {
    let contributors: Vec<Point> = dealt.iter().map(|(from, _)| *from).collect();
    let mut check = DealingCheck::new(threshold, ID, Dealings::Zeros, &contributors)?;
    for (from, dealing) in dealt {
        for to in threshold.points() {
            let (bytes, mask) = &dealing[at(to)];
            let mut value = value(bytes, mask);
            lie(route(*from, to), &mut value);
            check.add(route(*from, to), value)?;
        }
    }
    check.judge()
}

/// Every holder's new share.
fn refreshed(shares: &[Vec<u8>], dealt: &[(Point, Dealt)], accepted: &Accepted) -> Vec<Vec<u8>> {
    let holder = |(to, share): (Point, &[u8])| {
        let refresh = Refresh::new(kernel(), ID, to, accepted);
        let used = dealt
            .iter()
            .filter(|(from, _)| accepted.contributors.contains(from));
        let dealings: Vec<(Route, &[u8])> = used
            .map(|(from, dealing)| (route(*from, to), dealing[at(to)].0.as_slice()))
            .collect();
        let mut new = vec![0; share.len()];
        refresh.apply(share, &dealings, &mut new).unwrap();
        new
    };
    answers(shares).into_iter().map(holder).collect()
}

/// Deals a mask for a scrub or reshare; what each holder has of it.
fn masks(threshold: Threshold, seed: u64) -> Vec<[u8; VALUE_BYTES]> {
    let mut rng = Noise(seed);
    let mut dealer = MaskDealer::new(kernel(), threshold);
    let contributors: Vec<Point> = threshold
        .points()
        .take(usize::from(threshold.k()))
        .collect();
    let mut check = DealingCheck::new(threshold, ID, Dealings::Masks, &contributors).unwrap();
    let mut dealt = Vec::new();
    for from in contributors {
        let dealing = dealer.deal(&mut rng).unwrap();
        for to in threshold.points() {
            let [mask, outer] = &dealing[at(to)];
            check.add(route(from, to), value(mask, outer)).unwrap();
        }
        dealt.push((from, dealing));
    }
    let accepted = check.judge().unwrap();
    let holder = |to: Point| {
        let mine: Vec<(Route, MaskDealing)> = dealt
            .iter()
            .map(|(from, dealing)| (route(*from, to), dealing[at(to)]))
            .collect();
        scrub_mask(ID, to, &accepted, &mine).unwrap()
    };
    threshold.points().map(holder).collect()
}

/// Bytes that went over links.
#[derive(Default)]
struct Links(Cell<usize>);

impl Links {
    fn send<'a>(&self, route: Route, bytes: &'a [u8]) -> (Route, &'a [u8]) {
        assert_ne!(route.from, route.to);
        self.0.set(self.0.get() + bytes.len());
        (route, bytes)
    }
}

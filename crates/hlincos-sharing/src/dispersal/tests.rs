#![cfg(feature = "aws-lc")]

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::algebra::tests::Noise;
use crate::subsets::subsets;
use crate::{Bound, Combined, Kernel, Point, RobustError};

fn threshold(k: u8, n: u8) -> Threshold {
    Threshold::new(k, n).unwrap()
}

fn point(x: u8) -> Point {
    Point::new(x).unwrap()
}

fn text(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at.wrapping_mul(167) >> 3).to_be_bytes()[7])
        .collect()
}

fn split(threshold: Threshold, secret: &[u8]) -> Vec<Vec<u8>> {
    protect_and_split::<AwsLcGcm>(threshold, secret, &mut Noise(1)).unwrap()
}

fn combine(
    threshold: Threshold,
    shares: &[Vec<u8>],
    which: &[usize],
) -> Result<Combined, RobustError> {
    let answer = |at: &usize| (point(u8::try_from(at + 1).unwrap()), shares[*at].as_slice());
    let answers: Vec<(Point, &[u8])> = which.iter().map(answer).collect();
    combine_robust::<AwsLcGcm>(threshold, &answers)
}

fn all(n: u8) -> Vec<usize> {
    (0..usize::from(n)).collect()
}

#[test]
fn any_k_shares_restore_every_length() {
    for (k, n) in [(2, 2), (2, 3), (3, 5), (5, 9), (4, 4)] {
        let threshold = threshold(k, n);
        let whole = chunk_bytes(threshold);
        for len in (0..=70).chain([whole - 1, whole, whole + 1, 2 * whole, 2 * whole + 77]) {
            let secret = text(len);
            let shares = split(threshold, &secret);
            assert!(
                shares
                    .iter()
                    .all(|share| Some(share.len()) == dispersed_len(threshold, len))
            );
            let some = if len < 20 { usize::MAX } else { 3 };
            for subset in subsets(usize::from(k), usize::from(n)).take(some) {
                assert_eq!(
                    *combine(threshold, &shares, &subset).unwrap().secret,
                    secret
                );
            }
            let last: Vec<usize> = (usize::from(n - k)..usize::from(n)).collect();
            assert_eq!(*combine(threshold, &shares, &last).unwrap().secret, secret);
            let combined = combine(threshold, &shares, &all(n)).unwrap();
            assert_eq!((&*combined.secret, combined.culprits.len()), (&secret, 0));
        }
    }
}

#[test]
fn two_of_three_take_one_and_a_half_times_the_storage() {
    let len = 10 << 20;
    let stored = 3 * dispersed_len(threshold(2, 3), len).unwrap();
    let [least, most] = [1.5, 1.5003].map(|times| times * 10_485_760.0);
    assert!((least..most).contains(&f64::from(u32::try_from(stored).unwrap())));
    assert_eq!(
        dispersed_len(threshold(2, 3), usize::MAX),
        Some(usize::MAX / 131_072 * 65_544 + 65_544 + 72)
    );
}

#[test]
fn every_single_liar_is_named_wherever_it_lies() {
    for (k, n) in [(2, 3), (3, 4), (3, 5)] {
        let threshold = threshold(k, n);
        let whole = chunk_bytes(threshold);
        let secret = text(whole + 100);
        let shares = split(threshold, &secret);
        let total = shares[0].len();
        // In the key, its tag, both chunks, and the last bytes: cipher's tag or padding.
        for byte in [
            0,
            33,
            71,
            72,
            40_000,
            72 + piece_len(threshold, whole),
            total - 2,
            total - 1,
        ] {
            for liar in 0..usize::from(n) {
                let mut wrong = shares.clone();
                wrong[liar][byte] ^= 0x21;
                let combined = combine(threshold, &wrong, &all(n)).unwrap();
                assert_eq!(*combined.secret, secret, "{k} {n} {byte} {liar}");
                assert_eq!(combined.culprits, [point(u8::try_from(liar + 1).unwrap())]);
                assert!(combined.suspects.is_empty());
                // Among k answers it is seen, and nobody is named.
                let some: Vec<usize> = (0..usize::from(n))
                    .filter(|at| *at != (liar + 1) % usize::from(n))
                    .take(usize::from(k))
                    .collect();
                if some.contains(&liar) {
                    let error = combine(threshold, &wrong, &some).unwrap_err();
                    assert!(matches!(
                        error,
                        RobustError::NoAgreement {
                            bound: Bound::Spare,
                            ..
                        }
                    ));
                }
            }
        }
    }
}

#[test]
fn as_many_liars_as_leave_k_honest_are_named() {
    let threshold = threshold(3, 7);
    let secret = text(500);
    let shares = split(threshold, &secret);
    for liars in 1..=4 {
        for which in subsets(liars, 7) {
            let mut wrong = shares.clone();
            // All add the same polynomial's values, so that they agree with each other.
            for at in &which {
                let x = u8::try_from(at + 1).unwrap();
                wrong[*at][100] ^= crate::field::mul(x, x ^ 0x40);
            }
            let changed: Vec<Point> = which
                .iter()
                .map(|at| point(u8::try_from(at + 1).unwrap()))
                .collect();
            let combined = combine(threshold, &wrong, &all(7)).unwrap();
            assert_eq!(*combined.secret, secret);
            assert_eq!(combined.culprits, changed);
        }
    }
}

#[test]
fn shares_that_are_not_of_one_secret_are_refused() {
    let threshold = threshold(2, 3);
    let shares = split(threshold, &text(100));
    let [short, long] = [
        split(threshold, &text(90)),
        split(threshold, &text(140_000)),
    ];
    let too_few = RobustError::TooFew { have: 1, need: 2 };
    let mixed = [shares[0].clone(), short[1].clone()];
    assert_eq!(combine(threshold, &mixed, &[0, 1]).unwrap_err(), too_few);
    assert_eq!(combine(threshold, &shares, &[0]).unwrap_err(), too_few);
    let same = RobustError::DuplicatePoint(point(2));
    assert_eq!(combine(threshold, &shares, &[1, 1]).unwrap_err(), same);
    let more = [&shares[..], &shares[..1]].concat();
    assert_eq!(
        combine(threshold, &more, &[0, 3]).unwrap_err(),
        RobustError::BeyondN(point(4))
    );
    let hollow = [vec![0; HEAD_BYTES], vec![0; HEAD_BYTES]];
    assert_eq!(
        combine(threshold, &hollow, &[0, 1]).unwrap_err(),
        RobustError::WrongLength
    );
    // All cut short or made longer alike: the length stands with the key.
    for len in [
        HEAD_BYTES + 1,
        HEAD_BYTES + piece_len(threshold, 131_072),
        long[0].len() - 1,
    ] {
        let cut: Vec<Vec<u8>> = long.iter().map(|share| share[..len].to_vec()).collect();
        assert_eq!(
            combine(threshold, &cut, &[0, 1, 2]).unwrap_err(),
            RobustError::WrongLength
        );
    }
    // Made with another threshold.
    let other =
        protect_and_split::<AwsLcGcm>(Threshold::new(2, 4).unwrap(), &text(100), &mut Noise(1))
            .unwrap();
    assert!(matches!(
        combine(threshold, &other, &[0, 1, 2]).unwrap_err(),
        RobustError::NoAgreement { .. }
    ));
}

#[test]
fn chunks_do_not_change_places() {
    let threshold = threshold(2, 3);
    let whole = piece_len(threshold, chunk_bytes(threshold));
    let mut shares = split(threshold, &text(2 * chunk_bytes(threshold)));
    for share in &mut shares {
        let (first, second) = share[HEAD_BYTES..].split_at_mut(whole);
        first.swap_with_slice(second);
    }
    assert!(combine(threshold, &shares, &[0, 1, 2]).is_err());
}

#[test]
fn every_kernel_disperses_alike_and_pieces_after_the_last_are_refused() {
    let threshold = threshold(3, 5);
    let secret = text(1_234);
    let whole = split(threshold, &secret);
    for kernel in Kernel::available() {
        let mut heads = vec![vec![0; HEAD_BYTES]; 5];
        let mut outs: Vec<&mut [u8]> = heads.iter_mut().map(Vec::as_mut_slice).collect();
        let mut splitter =
            Splitter::<AwsLcGcm>::begin(kernel, threshold, 1_234, &mut Noise(1), &mut outs)
                .unwrap();
        let mut pieces = vec![vec![0; piece_len(threshold, 1_234)]; 5];
        let mut outs: Vec<&mut [u8]> = pieces.iter_mut().map(Vec::as_mut_slice).collect();
        splitter.split_chunk(&secret, &mut outs);
        let shares: Vec<Vec<u8>> = heads
            .iter()
            .zip(&pieces)
            .map(|(head, piece)| [&head[..], piece].concat())
            .collect();
        assert_eq!(shares, whole, "{kernel}");
        let points: Vec<Point> = threshold.points().collect();
        let heads: Vec<&[u8]> = heads.iter().map(Vec::as_slice).collect();
        let mut combiner = Combiner::<AwsLcGcm>::begin(kernel, threshold, &points, &heads).unwrap();
        assert_eq!(combiner.secret_len(), 1_234);
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        assert_eq!(combiner.combine_chunk(&pieces).unwrap(), secret);
        assert_eq!(combiner.next_piece_len(), None);
        assert_eq!(
            combiner.combine_chunk(&pieces).unwrap_err(),
            RobustError::WrongLength
        );
    }
}

#[test]
fn a_scheme_has_a_number_and_claims_no_more_than_it_holds() {
    for scheme in [Scheme::Shamir, Scheme::Dispersal] {
        assert_eq!(Scheme::try_from(scheme as u8), Ok(scheme));
    }
    assert_eq!(Scheme::try_from(0), Err(SchemeError(0)));
    assert_eq!(Scheme::try_from(3), Err(SchemeError(3)));
    let physical = RandomnessGrade::Physical;
    assert_eq!(Scheme::Shamir.grade(physical), physical);
    assert_eq!(Scheme::Dispersal.grade(physical), RandomnessGrade::Drbg);
    let threshold = threshold(2, 3);
    assert_eq!(Scheme::Shamir.share_len(threshold, 100), Some(132));
    assert_eq!(Scheme::Shamir.share_len(threshold, usize::MAX), None);
    assert_eq!(Scheme::Dispersal.share_len(threshold, 100), Some(72 + 58));
}

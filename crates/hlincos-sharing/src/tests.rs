use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::*;

mod colluders;
mod streaming;

/// Gives the bytes it was made with, then a generator's.
struct Scripted {
    script: Vec<u8>,
    state: u64,
}

impl Scripted {
    fn seeded(state: u64) -> Self {
        Self {
            script: Vec::new(),
            state,
        }
    }

    fn next(&mut self) -> u8 {
        if !self.script.is_empty() {
            return self.script.remove(0);
        }
        // splitmix64
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31).to_be_bytes()[0]
    }
}

impl Randomness for Scripted {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        out.iter_mut().for_each(|byte| *byte = self.next());
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

fn threshold(k: u8, n: u8) -> Threshold {
    Threshold::new(k, n).unwrap()
}

fn text(len: usize) -> Vec<u8> {
    (0..len)
        .map(|at| (at.wrapping_mul(167) >> 3).to_be_bytes()[7] ^ 0x3C)
        .collect()
}

fn answers(shares: &[Vec<u8>]) -> Vec<(Point, &[u8])> {
    (1..=255)
        .filter_map(Point::new)
        .zip(shares.iter().map(Vec::as_slice))
        .collect()
}

/// Every set of `size` of the first `of` numbers.
fn subsets(of: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let size_is = move |set: &u32| set.count_ones() as usize == size;
    (0_u32..1 << of)
        .filter(size_is)
        .map(move |set| (0..of).filter(|at| set >> at & 1 == 1).collect())
}

fn choose<'a>(all: &[(Point, &'a [u8])], which: &[usize]) -> Vec<(Point, &'a [u8])> {
    which.iter().map(|at| all[*at]).collect()
}

#[test]
fn any_k_shares_restore_every_length() {
    for n in 2..=8 {
        for k in 2..=n.min(5) {
            for len in 0..=200 {
                let secret = text(len);
                let mut rng = Scripted::seeded(len as u64);
                let shares = split(threshold(k, n), &secret, &mut rng).unwrap();
                let all = answers(&shares);
                for subset in subsets(usize::from(n), usize::from(k)) {
                    assert_eq!(*combine(&choose(&all, &subset)).unwrap(), secret);
                }
            }
        }
    }
}

#[test]
fn k_of_255_restore() {
    for k in [2, 17, 128, 254, 255] {
        let secret = text(33);
        let shares = split(threshold(k, 255), &secret, &mut Scripted::seeded(1)).unwrap();
        let all = answers(&shares);
        let last: Vec<usize> = (255 - usize::from(k)..255).collect();
        assert_eq!(*combine(&choose(&all, &last)).unwrap(), secret);
        let shares =
            protect_and_split(threshold(k, 255), &secret, &mut Scripted::seeded(2)).unwrap();
        let combined = combine_robust(threshold(k, 255), &answers(&shares)).unwrap();
        assert_eq!((&*combined.secret, combined.culprits.len()), (&secret, 0));
    }
}

#[test]
fn one_share_of_two_is_uniform_whatever_the_secret() {
    for n in [2, 3] {
        for secret in 0..=255_u8 {
            for point in 0..usize::from(n) {
                let mut seen = [false; 256];
                for coefficient in 0..=255 {
                    let mut rng = Scripted {
                        script: vec![coefficient],
                        state: 0,
                    };
                    let shares = split(threshold(2, n), &[secret], &mut rng).unwrap();
                    seen[usize::from(shares[point][0])] = true;
                }
                assert!(
                    seen.iter().all(|seen| *seen),
                    "secret {secret}, share {point}"
                );
            }
        }
    }
}

#[test]
fn two_shares_of_three_are_uniform_together_whatever_the_secret() {
    for secret in [0, 1, 0x53, 0xFF] {
        for pair in subsets(4, 2) {
            let mut seen = vec![false; 65_536];
            for first in 0..=255 {
                for second in 0..=255 {
                    let mut rng = Scripted {
                        script: vec![first, second],
                        state: 0,
                    };
                    let shares = split(threshold(3, 4), &[secret], &mut rng).unwrap();
                    let value = |at: usize| usize::from(shares[pair[at]][0]);
                    seen[value(0) * 256 + value(1)] = true;
                }
            }
            assert!(
                seen.iter().all(|seen| *seen),
                "secret {secret}, shares {pair:?}"
            );
        }
    }
}

/// Far from uniform is what one run in ten thousand is: 255 degrees of freedom, 170 to 350.
fn assert_uniform(bytes: impl ExactSizeIterator<Item = u8>) {
    let expected = bytes.len() as f64 / 256.0;
    let mut counts = [0_f64; 256];
    bytes.for_each(|byte| counts[usize::from(byte)] += 1.0);
    let square = |n: &f64| (n - expected) * (n - expected) / expected;
    let chi_square: f64 = counts.iter().map(square).sum();
    assert!((170.0..350.0).contains(&chi_square), "{chi_square}");
}

#[test]
fn coefficients_are_uniform_and_zero_is_among_them() {
    let len = 1 << 20;
    let shares = split(threshold(2, 2), &vec![7; len], &mut Scripted::seeded(5)).unwrap();
    assert_uniform(shares[0].iter().map(|byte| byte ^ 7));
    assert!(
        shares[0].contains(&7),
        "a coefficient of zero leaves the secret's byte"
    );
}

#[test]
fn shares_of_a_constant_secret_are_uniform_one_by_one_and_in_differences() {
    let len = 1 << 20;
    let shares = split(threshold(3, 5), &vec![0; len], &mut Scripted::seeded(6)).unwrap();
    for share in &shares {
        assert_uniform(share.iter().copied());
    }
    for pair in shares.windows(2) {
        let pairs = pair[0].iter().zip(&pair[1]).map(|(a, b)| a ^ b);
        assert_uniform(pairs.collect::<Vec<u8>>().into_iter());
    }
}

#[test]
fn lengths_go_there_and_back() {
    let mut known = BTreeMap::new();
    for len in (0..65_700).chain(131_000..131_200) {
        assert_eq!(secret_len(protected_len(len)), Some(len));
        known.insert(protected_len(len), len);
    }
    for len in 0..65_700 {
        assert_eq!(secret_len(len), known.get(&len).copied(), "{len}");
    }
}

#[test]
fn secrets_around_the_chunk_length_survive() {
    for len in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
        let secret = text(len);
        let shares = protect_and_split(threshold(2, 3), &secret, &mut Scripted::seeded(3)).unwrap();
        assert!(shares.iter().all(|share| share.len() == protected_len(len)));
        let all = answers(&shares);
        for subset in subsets(3, 2) {
            let combined = combine_robust(threshold(2, 3), &choose(&all, &subset)).unwrap();
            assert_eq!(*combined.secret, secret);
        }
    }
}

/// Ways in which a share can be wrong.
fn tampered(share: &[u8], other: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let flip = |at: usize| {
        let mut wrong = share.to_vec();
        wrong[at] ^= 0x41;
        wrong
    };
    let mut swapped_chunks = share.to_vec();
    swapped_chunks.rotate_left(PROTECTED_CHUNK_BYTES);
    vec![
        ("a flip in the data", flip(0)),
        ("a flip in the last chunk", flip(share.len() - 40)),
        ("a flip in x", flip(share.len() - 32)),
        ("a flip in f", flip(share.len() - 1)),
        ("everything", share.iter().map(|byte| byte ^ 0x5A).collect()),
        ("zeros", vec![0; share.len()]),
        ("another secret's share", other.to_vec()),
        ("chunks in another order", swapped_chunks),
        ("too short", share[..share.len() - 1].to_vec()),
        ("nothing", Vec::new()),
    ]
}

#[test]
fn every_single_liar_is_corrected_named_or_detected_as_the_bound_says() {
    let secret = text(CHUNK_BYTES * 2 + 100);
    for n in 2..=6_u8 {
        for k in 2..=n.min(4) {
            let t = threshold(k, n);
            let shares = protect_and_split(t, &secret, &mut Scripted::seeded(11)).unwrap();
            let others =
                protect_and_split(t, &text(secret.len() + 1)[1..], &mut Scripted::seeded(12))
                    .unwrap();
            for liar in 0..usize::from(n) {
                for (what, wrong) in tampered(&shares[liar], &others[liar]) {
                    let mut all = answers(&shares);
                    all[liar].1 = &wrong;
                    for count in usize::from(k)..=usize::from(n) {
                        // The liar and the next count - 1 in the circle.
                        let which: Vec<usize> =
                            (0..count).map(|at| (liar + at) % usize::from(n)).collect();
                        let result = combine_robust(t, &choose(&all, &which));
                        if count == usize::from(k) {
                            let error = result.unwrap_err();
                            let expected = matches!(
                                error,
                                RobustError::NoAgreement { .. } | RobustError::TooFew { .. }
                            );
                            assert!(expected, "({k},{n}) {what}: {error}");
                        } else {
                            let combined = result.unwrap();
                            assert!(*combined.secret == secret, "({k},{n}) {what}");
                            assert_eq!(combined.culprits, [all[liar].0], "({k},{n}) {what}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_single_liar_in_every_set_of_answers_is_corrected_named_or_detected() {
    let secret = text(37);
    for n in 2..=6_u8 {
        for k in 2..=n.min(4) {
            let t = threshold(k, n);
            let shares = protect_and_split(t, &secret, &mut Scripted::seeded(41)).unwrap();
            let other = protect_and_split(t, &text(38)[1..], &mut Scripted::seeded(42)).unwrap();
            for liar in 0..usize::from(n) {
                // In the data, in the padding's neighbour, in x, in f.
                let flips = [0, 36, 37, 52, 53, 68].map(|at| {
                    let mut wrong = shares[liar].clone();
                    wrong[at] ^= 0x80;
                    wrong
                });
                for wrong in flips.iter().chain([&other[liar]]) {
                    let mut all = answers(&shares);
                    all[liar].1 = wrong;
                    let sets = (usize::from(k)..=usize::from(n))
                        .flat_map(|count| subsets(usize::from(n), count));
                    for set in sets.filter(|set| set.contains(&liar)) {
                        let result = combine_robust(t, &choose(&all, &set));
                        if set.len() == usize::from(k) {
                            assert!(matches!(result, Err(RobustError::NoAgreement { .. })));
                        } else {
                            let combined = result.unwrap();
                            assert_eq!(*combined.secret, secret);
                            assert_eq!(combined.culprits, [all[liar].0]);
                            assert_eq!(combined.suspects, []);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_restored_secret_is_not_printed() {
    let shares = protect_and_split(threshold(2, 2), &[0xAB; 9], &mut Scripted::seeded(1)).unwrap();
    let combined = combine_robust(threshold(2, 2), &answers(&shares)).unwrap();
    let printed = alloc::format!("{combined:?}");
    assert_eq!(printed, "Combined { culprits: [], suspects: [], .. }");
}

#[test]
fn k_minus_1_colluding_liars_are_corrected_when_k_honest_answer() {
    let secret = text(500);
    for (k, n) in [(3, 5), (3, 6), (4, 7), (5, 9)] {
        let t = threshold(k, n);
        let shares = protect_and_split(t, &secret, &mut Scripted::seeded(21)).unwrap();
        let forged = protect_and_split(t, &text(501)[1..], &mut Scripted::seeded(22)).unwrap();
        for liars in subsets(usize::from(n), usize::from(k) - 1) {
            let mut all = answers(&shares);
            liars.iter().for_each(|liar| all[*liar].1 = &forged[*liar]);
            let combined = combine_robust(t, &all).unwrap();
            assert_eq!(*combined.secret, secret);
            let named: Vec<usize> = combined
                .culprits
                .iter()
                .map(|point| usize::from(point.get()) - 1)
                .collect();
            assert_eq!(named, liars);
        }
    }
}

#[test]
fn a_known_offset_on_the_secret_is_detected() {
    // With k = 2 and two answers a liar chooses the difference between true and false secret.
    let secret = text(64);
    let shares = protect_and_split(threshold(2, 3), &secret, &mut Scripted::seeded(31)).unwrap();
    let mut undetected = 0;
    for at in 0..shares[1].len() {
        for delta in 1..=255 {
            let mut wrong = shares[1].clone();
            wrong[at] ^= delta;
            let two = [
                (Point::new(1).unwrap(), &shares[0][..]),
                (Point::new(2).unwrap(), &wrong),
            ];
            undetected += usize::from(combine_robust(threshold(2, 3), &two).is_ok());
        }
    }
    assert_eq!(undetected, 0);
}

#[test]
fn mixed_up_answers_are_refused_with_the_reason() {
    let t = threshold(2, 3);
    let shares = protect_and_split(t, b"secret", &mut Scripted::seeded(1)).unwrap();
    let all = answers(&shares);
    let twice = [all[0], all[0]];
    assert_eq!(
        combine_robust(t, &twice).unwrap_err(),
        RobustError::DuplicatePoint(all[0].0)
    );
    let far = Point::new(4).unwrap();
    let beyond = [all[0], (far, all[1].1)];
    assert_eq!(
        combine_robust(t, &beyond).unwrap_err(),
        RobustError::BeyondN(far)
    );
    let few = RobustError::TooFew { have: 1, need: 2 };
    assert_eq!(combine_robust(t, &all[..1]).unwrap_err(), few);
    assert!(combine_robust(t, &[]).is_err());
    assert_eq!(combine(&[]), Err(CombineError::NoShares));
    assert_eq!(combine(&twice), Err(CombineError::SamePoint));
    assert_eq!(combine(&[all[0], (far, &[1])]), Err(CombineError::Lengths));
}

#[test]
fn impossible_thresholds_cannot_be_made() {
    for (k, n) in [(0, 0), (0, 3), (1, 1), (1, 3), (4, 3), (255, 254)] {
        assert!(Threshold::new(k, n).is_err(), "({k},{n})");
    }
    assert!(Threshold::new(255, 255).is_ok());
    assert!(Point::new(0).is_none());
}

proptest::proptest! {
    #[test]
    fn random_answers_never_panic(
        lens in proptest::collection::vec(0_usize..200, 0..6),
        byte in proptest::num::u8::ANY,
    ) {
        let shares: Vec<Vec<u8>> = lens.iter().map(|len| vec![byte; *len]).collect();
        let _ = combine_robust(threshold(3, 5), &answers(&shares)[..shares.len().min(5)]);
    }

    #[test]
    fn what_is_split_comes_back(
        secret in proptest::collection::vec(proptest::num::u8::ANY, 0..2_000),
        k in 2_u8..6,
        more in 0_u8..4,
        seed in proptest::num::u64::ANY,
    ) {
        let t = threshold(k, k + more);
        let shares = protect_and_split(t, &secret, &mut Scripted::seeded(seed)).unwrap();
        let combined = combine_robust(t, &answers(&shares)[usize::from(more)..]).unwrap();
        proptest::prop_assert_eq!(&*combined.secret, &secret);
    }
}

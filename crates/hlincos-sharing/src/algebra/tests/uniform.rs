//! What fewer than k holders see is uniform, whatever the secret.

use super::*;

/// Gives scripted bytes once.
struct Script<'a>(&'a [u8]);

impl Randomness for Script<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        let (now, later) = self
            .0
            .split_at_checked(out.len())
            .ok_or(RandomnessError::Spent)?;
        out.copy_from_slice(now);
        self.0 = later;
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Physical
    }
}

fn deal(dealer: &mut SubDealer, secret: u8, script: &[u8], n: usize) -> Vec<u8> {
    let mut outs = vec![[0]; n];
    let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(|out| &mut out[..]).collect();
    dealer
        .deal_piece(&[secret], &mut Script(script), &mut pieces)
        .unwrap();
    outs.concat()
}

#[test]
fn one_new_share_of_two_takes_every_value_once_over_all_randomness() {
    // Exhaustive: a reshare (2,3) to (2,3) of one byte by holders 1 and 2, whose shares are those
    // of each secret; each draws one coefficient.
    let (mut first, mut second) = (
        SubDealer::new(kernel(), threshold(2, 3)),
        SubDealer::new(kernel(), threshold(2, 3)),
    );
    let weights = crate::polynomial::weights_at(&[1, 2], 0);
    for secret in [0, 1, 0x53, 255] {
        for holder in 0..3 {
            let mut seen = [0; 256];
            for a in 0..=255 {
                let one = deal(&mut first, secret ^ 7, &[a], 3)[holder];
                for b in (0..=255).step_by(15) {
                    let two = deal(&mut second, secret ^ crate::field::mul(7, 2), &[b], 3)[holder];
                    let new =
                        crate::field::mul(weights[0], one) ^ crate::field::mul(weights[1], two);
                    seen[usize::from(new)] += 1;
                }
            }
            assert!(
                seen.iter().all(|count| *count == seen[0]),
                "{secret} {holder}"
            );
        }
    }
}

#[test]
fn k_minus_2_parts_of_a_sharing_of_zero_are_uniform_and_k_minus_1_of_two_tell_all() {
    let mut dealer = ZeroDealer::new(kernel(), threshold(3, 4));
    let mut outs = [[0]; 4];
    for holder in 0..4 {
        for other in (0..4).filter(|other| *other != holder) {
            // Given what one has, the other's part still takes every value.
            let mut pairs = vec![false; 65_536];
            for a in 0..=255 {
                for b in 0..=255 {
                    let mut pieces: Vec<&mut [u8]> =
                        outs.iter_mut().map(|out| &mut out[..]).collect();
                    dealer
                        .deal_piece(&mut Script(&[a, b]), &mut pieces)
                        .unwrap();
                    pairs[usize::from(outs[holder][0]) << 8 | usize::from(outs[other][0])] = true;
                }
            }
            assert!(pairs.iter().all(|seen| *seen));
        }
    }
    // k = 2: the part of one is that of the others, but for the points.
    let mut dealer = ZeroDealer::new(kernel(), threshold(2, 3));
    for a in 0..=255 {
        let mut outs = [[0]; 3];
        let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(|out| &mut out[..]).collect();
        dealer.deal_piece(&mut Script(&[a]), &mut pieces).unwrap();
        for x in 1..=3_u8 {
            assert_eq!(
                outs[usize::from(x) - 1][0],
                crate::field::mul(outs[0][0], x)
            );
        }
    }
}

/// Pearson's statistic of bytes against the uniform distribution.
fn chi_square(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes
        .iter()
        .for_each(|byte| counts[usize::from(*byte)] += 1);
    let expected = f64::from(u32::try_from(bytes.len()).unwrap()) / 256.0;
    counts
        .iter()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum()
}

#[test]
fn refreshed_repaired_and_scrubbed_bytes_are_uniform_by_chi_square() {
    // 255 degrees of freedom: beyond 400 by chance with probability below 1e-7. The randomness is
    // seeded, so it is the same in every run.
    let threshold = threshold(3, 5);
    let secret = vec![0; 200_000];
    let old = shared(threshold, &secret, 11);
    let mut rng = Noise(12);
    let dealt: Vec<(Point, Dealt)> = [1, 2, 3]
        .map(|x| (point(x), deal_zeros(threshold, old[0].len(), &mut rng)))
        .into();
    let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
    let new = refreshed(&old, &dealt, &accepted);
    for (old, new) in old.iter().zip(&new) {
        assert!(chi_square(new) < 400.0);
        let change: Vec<u8> = old.iter().zip(new).map(|(old, new)| old ^ new).collect();
        assert!(chi_square(&change) < 400.0);
    }
    // What two new holders have together is as uniform: its XOR and its XOR with a multiple.
    let mixed: Vec<u8> = new[0]
        .iter()
        .zip(&new[1])
        .map(|(a, b)| a ^ crate::field::mul(*b, 0x1D))
        .collect();
    assert!(chi_square(&mixed) < 400.0);
    // A statistic that cannot fail is none.
    assert!(chi_square(&secret) > 400.0);
    let helpers = points(&[1, 2, 5]);
    let repair = Repair::new(kernel(), threshold, ID, point(4), &helpers).unwrap();
    let zeros = vec![0; old[0].len()];
    let masks: Vec<(Route, Vec<u8>)> = repair
        .masks()
        .map(|route| {
            let mut mask = zeros.clone();
            Repair::draw_mask(&mut rng, &mut mask).unwrap();
            (route, mask)
        })
        .collect();
    for helper in helpers {
        let mine: Vec<(Route, &[u8])> = masks
            .iter()
            .filter(|(route, _)| route.from == helper || route.to == helper)
            .map(|(route, mask)| (*route, mask.as_slice()))
            .collect();
        let mut out = zeros.clone();
        // Even of a share that is all zeros, nothing is seen.
        repair.contribute(helper, &zeros, &mine, &mut out).unwrap();
        assert!(chi_square(&out) < 400.0);
    }
}

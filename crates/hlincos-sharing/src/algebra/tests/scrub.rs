//! Scrubs, and whom they name.

use super::*;

/// A scrub by some holders.
pub(super) fn run(
    threshold: Threshold,
    shares: &[Vec<u8>],
    of: &[u8],
    lie: impl Fn(Point, &mut [u8; VALUE_BYTES]),
) -> Result<Scrubbed, ScrubError> {
    let masks = masks(threshold, 4);
    let answers: Vec<(ShareId, Point, [u8; VALUE_BYTES])> = points(of)
        .into_iter()
        .map(|x| {
            let mut value = value(&shares[at(x)], &masks[at(x)]);
            lie(x, &mut value);
            (ID, x, value)
        })
        .collect();
    check_scrub(threshold, ID, &answers)
}

#[test]
fn whole_shares_pass_and_one_altered_byte_is_seen_by_k_plus_1_and_named_by_k_plus_2() {
    for (k, n) in [(2, 3), (2, 4), (3, 4), (3, 5), (5, 7), (5, 9)] {
        let threshold = threshold(k, n);
        let shares = shared(threshold, &text(2_000), 1);
        for m in k + 1..=n {
            let of: Vec<u8> = (n - m + 1..=n).rev().collect();
            let good = run(threshold, &shares, &of, |_, _| ()).unwrap();
            assert!(good.culprits.is_empty());
            for wrong in &of {
                for byte in [0, 1_000, shares[0].len() - 1] {
                    let mut altered = shares.clone();
                    altered[usize::from(*wrong) - 1][byte] ^= 0x80;
                    let told = run(threshold, &altered, &of, |_, _| ());
                    let expected = match m - k {
                        1 => Err(ScrubError::NotCollinear),
                        _ => Ok(Scrubbed {
                            culprits: points(&[*wrong]),
                        }),
                    };
                    assert_eq!(told, expected, "{k} {n} {m} {wrong}");
                }
            }
        }
    }
}

#[test]
fn holders_of_wrong_answers_are_named_up_to_half_of_what_is_to_spare() {
    let threshold = threshold(3, 9);
    let shares = shared(threshold, &text(100), 1);
    let of: Vec<u8> = (1..=9).collect();
    for liars in 0..=6_u8 {
        let told = run(threshold, &shares, &of, |x, value| {
            if x.get() <= liars {
                value[usize::from(x.get())] ^= x.get();
            }
        });
        match liars {
            0..=3 => assert_eq!(told.unwrap().culprits, points(&of[..usize::from(liars)])),
            _ => assert_eq!(told.unwrap_err(), ScrubError::NotCollinear),
        }
    }
}

#[test]
fn a_share_of_the_epoch_before_is_seen() {
    let threshold = threshold(2, 4);
    let old = shared(threshold, &text(300), 1);
    let mut rng = Noise(3);
    let dealt: Vec<(Point, Dealt)> = [1, 2]
        .map(|x| (point(x), deal_zeros(threshold, old[0].len(), &mut rng)))
        .into();
    let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
    let mut new = refreshed(&old, &dealt, &accepted);
    assert!(
        run(threshold, &new, &[1, 2, 3, 4], |_, _| ())
            .unwrap()
            .culprits
            .is_empty()
    );
    new[2].clone_from(&old[2]);
    let told = run(threshold, &new, &[1, 2, 3, 4], |_, _| ()).unwrap();
    assert_eq!(told.culprits, points(&[3]));
}

#[test]
fn a_mask_that_is_no_sharing_is_not_accepted() {
    let threshold = threshold(2, 4);
    for victim in threshold.points() {
        for half in [0, 1] {
            let mut dealer = MaskDealer::new(kernel(), threshold);
            let mut check =
                DealingCheck::new(threshold, ID, Dealings::Masks, &points(&[1, 2, 3])).unwrap();
            for from in points(&[1, 2, 3]) {
                let mut dealing = dealer.deal(&mut Noise(from.get().into())).unwrap();
                if from == point(2) {
                    dealing[at(victim)][half][11] ^= 3;
                }
                for to in threshold.points() {
                    let [mask, outer] = &dealing[at(to)];
                    check.add(route(from, to), value(mask, outer)).unwrap();
                }
            }
            assert_eq!(check.judge().unwrap().contributors, points(&[1, 3]));
        }
    }
}

#[test]
fn what_makes_no_scrub_is_refused() {
    let answer = |x: u8| (ID, point(x), R);
    let check = |answers: &[(ShareId, Point, [u8; VALUE_BYTES])]| {
        check_scrub(threshold(2, 3), ID, answers).unwrap_err()
    };
    assert_eq!(
        check(&[answer(1), answer(2)]),
        ScrubError::TooFew { have: 2, need: 3 }
    );
    assert_eq!(
        check(&[answer(1), answer(2), answer(2)]),
        ScrubError::DuplicatePoint(point(2))
    );
    assert_eq!(
        check(&[answer(1), answer(2), answer(4)]),
        ScrubError::BeyondN(point(4))
    );
    let stale = (ShareId { epoch: 6, ..ID }, point(3), R);
    let told = RouteError::OtherEpoch {
        told: 6,
        expected: 7,
    };
    assert_eq!(check(&[answer(1), answer(2), stale]), told.into());
    let accepted = Accepted {
        contributors: points(&[1, 2]),
        culprits: Vec::new(),
        suspects: Vec::new(),
    };
    let mask = scrub_mask(
        ID,
        point(3),
        &accepted,
        &[(route(point(1), point(3)), [R, R])],
    );
    assert_eq!(mask.unwrap_err(), ScrubError::Missing(point(2)));
}

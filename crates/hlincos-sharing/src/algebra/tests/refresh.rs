//! Refreshes, and rounds in which somebody lies.

use super::*;

fn round(threshold: Threshold, contributors: &[u8], len: usize, seed: u64) -> Vec<(Point, Dealt)> {
    let mut rng = Noise(seed);
    let dealt = contributors
        .iter()
        .map(|x| (point(*x), deal_zeros(threshold, len, &mut rng)));
    dealt.collect()
}

#[test]
fn refreshed_shares_restore_the_secret_and_do_not_mix_with_those_before() {
    for (k, n) in [(2, 2), (2, 3), (3, 5), (4, 6), (5, 9)] {
        let threshold = threshold(k, n);
        for len in [0, 1, 100, 3_000] {
            let secret = text(len);
            let old = shared(threshold, &secret, 1);
            let everyone: Vec<u8> = (1..=n).collect();
            let dealt = round(threshold, &everyone[..usize::from(k)], old[0].len(), 2);
            let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
            assert_eq!(accepted.contributors.len(), usize::from(k));
            assert!(accepted.culprits.is_empty() && accepted.suspects.is_empty());
            let new = refreshed(&old, &dealt, &accepted);
            assert_shares(threshold, &new, &secret);
            for which in 1..usize::from(k) {
                let mixed = [&old[..which], &new[which..]].concat();
                let some = &answers(&mixed)[..usize::from(k)];
                assert!(combine_robust(threshold, some).is_err(), "{k} {n} {which}");
            }
        }
    }
}

#[test]
fn a_refresh_of_two_of_three_by_two_costs_four_shares() {
    let threshold = threshold(2, 3);
    let old = shared(threshold, &text(500), 1);
    let dealt = round(threshold, &[1, 2], old[0].len(), 2);
    let links = Links::default();
    for (from, dealing) in &dealt {
        for to in threshold.points().filter(|to| to != from) {
            links.send(route(*from, to), &dealing[at(to)].0);
        }
    }
    assert_eq!(links.0.get(), 4 * old[0].len());
}

#[test]
fn a_dealing_that_is_no_sharing_of_zero_is_never_accepted() {
    // Whatever one contributor changes: a byte or the mask, for any one receiver.
    for (k, n) in [(2, 3), (3, 5), (3, 4)] {
        let threshold = threshold(k, n);
        let contributors: Vec<u8> = (1..=k + 1).collect();
        for liar in &contributors {
            for victim in threshold.points() {
                for byte in [0, 99, 100] {
                    let mut dealt = round(threshold, &contributors, 100, 3);
                    let (bytes, mask) = &mut dealt[usize::from(*liar) - 1].1[at(victim)];
                    match bytes.get_mut(byte) {
                        Some(byte) => *byte ^= 1,
                        None => mask[3] ^= 1,
                    }
                    let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
                    assert!(!accepted.contributors.contains(&point(*liar)));
                    assert_eq!(accepted.contributors.len(), usize::from(k));
                    // One complaint: the word of the one against that of the other, unless it
                    // is the liar's own and there are enough others.
                    let either =
                        |x: &Point| accepted.suspects.contains(x) || accepted.culprits.contains(x);
                    assert!(either(&point(*liar)) && either(&victim), "{accepted:?}");
                    if victim == point(*liar) && n >= 2 * k - 1 {
                        assert_eq!(accepted.culprits, [victim]);
                    }
                }
            }
        }
    }
}

#[test]
fn shares_of_something_else_than_zero_name_their_dealer() {
    let threshold = threshold(2, 3);
    let mut dealt = round(threshold, &[1, 2, 3], 100, 3);
    // Still a polynomial of degree 1, but with 5 at 0.
    dealt[1].1.iter_mut().for_each(|(bytes, _)| bytes[8] ^= 5);
    let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
    assert_eq!(accepted.culprits, points(&[2]));
    assert_eq!(accepted.contributors, points(&[1, 3]));
    assert!(accepted.suspects.is_empty());
}

#[test]
fn who_is_in_dispute_with_both_others_is_named_and_their_dealings_are_used() {
    let threshold = threshold(2, 3);
    for liar in threshold.points() {
        let dealt = round(threshold, &[1, 2, 3], 64, 4);
        let accepted = judge_zeros(threshold, &dealt, |route, value| {
            if route.to == liar && route.from != liar {
                value[0] ^= 1;
            }
        })
        .unwrap();
        assert_eq!(accepted.culprits, [liar]);
        assert_eq!(accepted.contributors.len(), 2);
    }
}

#[test]
fn two_liars_of_five_are_named_when_all_deal() {
    let threshold = threshold(3, 5);
    for pair in crate::subsets::subsets(2, 5) {
        let liars: Vec<Point> = pair
            .iter()
            .map(|at| point(u8::try_from(at + 1).unwrap()))
            .collect();
        let dealt = round(threshold, &[1, 2, 3, 4, 5], 64, 5);
        let accepted = judge_zeros(threshold, &dealt, |route, value| {
            if liars.contains(&route.to) {
                value[route.to.get() as usize] ^= route.from.get();
            }
        })
        .unwrap();
        assert_eq!(accepted.culprits, liars);
    }
}

#[test]
fn too_few_dealings_to_have_an_honest_one_are_refused() {
    let threshold = threshold(2, 3);
    let too_few = DealingError::TooFew { have: 1, need: 2 };
    let new = DealingCheck::new(threshold, ID, Dealings::Zeros, &points(&[1]));
    assert_eq!(new.unwrap_err(), too_few);
    let mut dealt = round(threshold, &[1, 2], 64, 4);
    dealt[0].1[2].0[5] ^= 1;
    assert_eq!(
        judge_zeros(threshold, &dealt, |_, _| ()).unwrap_err(),
        too_few
    );
}

#[test]
fn values_of_something_else_are_refused() {
    let check =
        || DealingCheck::new(threshold(2, 3), ID, Dealings::Zeros, &points(&[1, 2])).unwrap();
    let good = route(point(1), point(2));
    let mut other_object = good;
    other_object.id.object[0] ^= 1;
    let mut other_epoch = good;
    other_epoch.id.epoch += 1;
    let told = |route| check().add(route, R).unwrap_err();
    assert_eq!(told(other_object), RouteError::OtherObject.into());
    let other = RouteError::OtherEpoch {
        told: 8,
        expected: 7,
    };
    assert_eq!(told(other_epoch), other.into());
    assert_eq!(
        told(route(point(3), point(1))),
        RouteError::From(point(3)).into()
    );
    assert_eq!(
        told(route(point(1), point(4))),
        DealingError::BeyondN(point(4))
    );
    let mut twice = check();
    twice.add(good, R).unwrap();
    assert_eq!(
        twice.add(good, R).unwrap_err(),
        RouteError::From(point(1)).into()
    );
    let missing = DealingError::Missing {
        from: point(1),
        to: point(1),
    };
    assert_eq!(check().judge().unwrap_err(), missing);
    let new = |of: &[u8]| DealingCheck::new(threshold(2, 3), ID, Dealings::Zeros, &points(of));
    assert_eq!(
        new(&[1, 1]).unwrap_err(),
        DealingError::DuplicatePoint(point(1))
    );
    assert_eq!(new(&[1, 4]).unwrap_err(), DealingError::BeyondN(point(4)));
}

#[test]
fn pieces_of_something_else_are_refused() {
    let accepted = Accepted {
        contributors: points(&[1, 2]),
        culprits: Vec::new(),
        suspects: Vec::new(),
    };
    let refresh = Refresh::new(kernel(), ID, point(3), &accepted);
    let (a, b) = (route(point(1), point(3)), route(point(2), point(3)));
    let apply = |dealings: &[(Route, &[u8])]| refresh.apply(&[0; 4], dealings, &mut [0; 4]);
    apply(&[(b, &[1; 4]), (a, &[2; 4])]).unwrap();
    assert_eq!(
        apply(&[(a, &[1; 4])]).unwrap_err(),
        RefreshError::Missing(point(2))
    );
    assert_eq!(
        apply(&[(a, &[1; 4]), (b, &[1; 3])]).unwrap_err(),
        RefreshError::Lengths
    );
    let twice = apply(&[(a, &[1; 4]), (a, &[1; 4])]).unwrap_err();
    assert_eq!(twice, RouteError::From(point(1)).into());
    let to_another = apply(&[(route(point(1), point(2)), &[1; 4])]).unwrap_err();
    assert_eq!(to_another, RouteError::To(point(2)).into());
    let mut stale = a;
    stale.id.epoch = 6;
    let other = RouteError::OtherEpoch {
        told: 6,
        expected: 7,
    };
    assert_eq!(
        apply(&[(stale, &[1; 4]), (b, &[1; 4])]).unwrap_err(),
        other.into()
    );
    assert_eq!(refresh.id_after().unwrap().epoch, 8);
    let last = ShareId {
        epoch: u32::MAX,
        ..ID
    };
    assert_eq!(last.next().unwrap_err(), RouteError::LastEpoch);
    let mut dealer = ZeroDealer::new(kernel(), threshold(2, 3));
    let told = dealer.deal_piece(&mut Noise(1), &mut [&mut [0; 3], &mut [0; 3]]);
    assert_eq!(told.unwrap_err(), RefreshError::Buffers);
    let told = dealer.deal_piece(&mut Noise(1), &mut [&mut [0; 3], &mut [0; 3], &mut [0; 2]]);
    assert_eq!(told.unwrap_err(), RefreshError::Lengths);
    let mut long = vec![vec![0; PIECE_BYTES + 1]; 3];
    let mut long: Vec<&mut [u8]> = long.iter_mut().map(Vec::as_mut_slice).collect();
    assert_eq!(
        dealer.deal_piece(&mut Noise(1), &mut long).unwrap_err(),
        RefreshError::Lengths
    );
}

/// What one holder makes of one contributor's seeds.
fn seeded(
    threshold: Threshold,
    from: Point,
    to: Point,
    len: usize,
) -> (Vec<u8>, [u8; VALUE_BYTES]) {
    let sets: Vec<Vec<Point>> = hidden_from(threshold).unwrap().collect();
    let seeds: Vec<[u8; 32]> = (0..sets.len())
        .map(|at| [u8::try_from(at).unwrap() ^ from.get(); 32])
        .collect();
    let mine: Vec<(&[Point], &[u8; 32])> = sets
        .iter()
        .map(Vec::as_slice)
        .zip(&seeds)
        .filter(|(set, _)| !set.contains(&to))
        .collect();
    let mut zero = SeededZero::new(kernel(), threshold, route(from, to), &mine).unwrap();
    let mut out = vec![0; len];
    out.chunks_mut(5_008)
        .for_each(|piece| zero.piece(piece).unwrap());
    (out, zero.mask())
}

#[test]
fn seeds_of_32_bytes_refresh_as_dealings_do() {
    for (k, n) in [(2, 3), (3, 5), (4, 6)] {
        let threshold = threshold(k, n);
        let secret = text(12_345);
        let old = shared(threshold, &secret, 1);
        let dealt: Vec<(Point, Dealt)> = threshold
            .points()
            .take(usize::from(k))
            .map(|from| {
                (
                    from,
                    threshold
                        .points()
                        .map(|to| seeded(threshold, from, to, old[0].len()))
                        .collect(),
                )
            })
            .collect();
        let accepted = judge_zeros(threshold, &dealt, |_, _| ()).unwrap();
        assert_eq!(accepted.contributors.len(), usize::from(k));
        let new = refreshed(&old, &dealt, &accepted);
        assert_shares(threshold, &new, &secret);
        let mixed = [&old[..1], &new[1..usize::from(k)]].concat();
        assert!(combine_robust(threshold, &answers(&mixed)).is_err());
        // Whoever uses another seed than the others is seen.
        let mut other = dealt.clone();
        other[0].1[1] = seeded(threshold, point(n), point(2), old[0].len());
        let told = judge_zeros(threshold, &other, |_, _| ());
        assert!(told.is_err(), "{told:?}");
    }
    assert_eq!(SeededZero::GRADE, RandomnessGrade::Drbg);
}

#[test]
fn seeds_that_are_not_the_holders_are_refused() {
    let threshold = threshold(3, 5);
    let set = |x| [point(x)];
    let (seed, r) = ([1; 32], route(point(1), point(2)));
    let sets = [set(1), set(3), set(4), set(5)];
    let all: Vec<(&[Point], &[u8; 32])> = sets.iter().map(|set| (set.as_slice(), &seed)).collect();
    let new = |r, seeds: &[(&[Point], &[u8; 32])]| {
        SeededZero::new(kernel(), threshold, r, seeds).map(|_| ())
    };
    new(r, &all).unwrap();
    assert_eq!(new(r, &all[1..]), Err(SeedError::Sets));
    assert_eq!(new(route(point(1), point(3)), &all), Err(SeedError::Sets));
    assert_eq!(
        new(r, &[&all[..], &all[..1]].concat()),
        Err(SeedError::Sets)
    );
    let own = set(2);
    assert_eq!(
        new(r, &[&all[..], &[(own.as_slice(), &seed)]].concat()),
        Err(SeedError::Sets)
    );
    let mut zero = SeededZero::new(kernel(), threshold, r, &all).unwrap();
    zero.piece(&mut [0; 17]).unwrap();
    assert_eq!(zero.piece(&mut [0; 16]), Err(SeedError::Ended));
    assert_eq!(
        hidden_from(super::threshold(100, 200)).map(|_| ()),
        Err(SeedError::TooMany)
    );
}

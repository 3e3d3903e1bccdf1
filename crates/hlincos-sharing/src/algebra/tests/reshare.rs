//! Reshares between all kinds of thresholds, and holders who lie.

use super::*;

/// Old holders' dealings to new holders.
fn dealt(
    old: Threshold,
    new: Threshold,
    shares: &[Vec<u8>],
    dealers: &[u8],
) -> Vec<(Point, Dealt)> {
    let masks = masks(old, 6);
    let mut rng = Noise(5);
    let mut dealer = SubDealer::new(kernel(), new);
    let mut deal = |x: &u8| {
        let from = point(*x);
        let share = &shares[at(from)];
        let mut outs = vec![vec![0; share.len()]; usize::from(new.n())];
        let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(Vec::as_mut_slice).collect();
        dealer.deal_piece(share, &mut rng, &mut pieces).unwrap();
        let mut outer = vec![[0; VALUE_BYTES]; usize::from(new.n())];
        dealer
            .deal_mask(&masks[at(from)], &mut rng, &mut outer)
            .unwrap();
        (from, outs.into_iter().zip(outer).collect())
    };
    dealers.iter().map(&mut deal).collect()
}

fn judge(
    old: Threshold,
    new: Threshold,
    dealt: &[(Point, Dealt)],
    lie: impl Fn(Route, &mut [u8; VALUE_BYTES]),
) -> Result<Reshared, ReshareError> {
    let dealers: Vec<Point> = dealt.iter().map(|(from, _)| *from).collect();
    let mut check = ReshareCheck::new(old, new, ID, &dealers)?;
    for (from, dealing) in dealt {
        for to in new.points() {
            let (bytes, mask) = &dealing[at(to)];
            let mut value = value(bytes, mask);
            lie(route(*from, to), &mut value);
            check.add(route(*from, to), value)?;
        }
    }
    check.judge()
}

fn reshared(new: Threshold, dealt: &[(Point, Dealt)], checked: &Reshared) -> Vec<Vec<u8>> {
    let holder = |to: Point| {
        let reshare = Reshare::new(kernel(), ID, to, checked);
        let used = dealt
            .iter()
            .rev()
            .filter(|(from, _)| checked.dealers.contains(from));
        let pieces: Vec<(Route, &[u8])> = used
            .map(|(from, dealing)| (route(*from, to), dealing[at(to)].0.as_slice()))
            .collect();
        let mut share = vec![0; pieces[0].1.len()];
        reshare.apply(&pieces, &mut share).unwrap();
        share
    };
    new.points().map(holder).collect()
}

#[test]
fn the_secret_stays_whatever_the_thresholds() {
    let thresholds = [(2, 2), (2, 3), (3, 5), (4, 4), (5, 9)].map(|(k, n)| threshold(k, n));
    for old in thresholds {
        for new in thresholds {
            let secret = text(200);
            let shares = shared(old, &secret, 1);
            let everyone: Vec<u8> = (1..=old.n()).collect();
            for m in [old.k(), old.n()] {
                let dealt = dealt(old, new, &shares, &everyone[usize::from(old.n() - m)..]);
                let checked = judge(old, new, &dealt, |_, _| ()).unwrap();
                let parity = if m > old.k() {
                    Parity::Holds
                } else {
                    Parity::Unchecked
                };
                assert_eq!(checked.parity, parity);
                assert!(checked.culprits.is_empty() && checked.disputes.is_empty());
                assert_shares(new, &reshared(new, &dealt, &checked), &secret);
            }
        }
    }
}

#[test]
fn old_and_new_shares_do_not_mix() {
    let threshold = threshold(2, 3);
    let shares = shared(threshold, &text(50), 1);
    let dealt = dealt(threshold, threshold, &shares, &[1, 2, 3]);
    let checked = judge(threshold, threshold, &dealt, |_, _| ()).unwrap();
    let new = reshared(threshold, &dealt, &checked);
    let mixed = [&shares[..1], &new[1..2]].concat();
    assert!(combine_robust(threshold, &answers(&mixed)).is_err());
}

#[test]
fn two_of_three_to_three_of_five_by_two_costs_ten_shares() {
    let (old, new) = (threshold(2, 3), threshold(3, 5));
    let shares = shared(old, &text(50), 1);
    let sent: usize = dealt(old, new, &shares, &[1, 3])
        .iter()
        .flat_map(|(_, dealing)| dealing.iter().map(|(bytes, _)| bytes.len()))
        .sum();
    assert_eq!(sent, 10 * shares[0].len());
}

#[test]
fn an_old_holder_who_deals_another_share_is_seen_by_k_plus_1_and_named_by_k_plus_2() {
    for (k, n) in [(2, 3), (2, 4), (3, 5)] {
        let (old, new) = (threshold(k, n), threshold(3, 5));
        let everyone: Vec<u8> = (1..=n).collect();
        for liar in 0..usize::from(n) {
            let mut shares = shared(old, &text(100), 1);
            shares[liar][60] ^= 0x33;
            let all = judge(old, new, &dealt(old, new, &shares, &everyone), |_, _| ());
            if n == k + 1 {
                assert_eq!(all.unwrap_err(), ReshareError::Parity);
                continue;
            }
            let checked = all.unwrap();
            assert_eq!(checked.culprits, points(&everyone[liar..=liar]));
            assert_eq!(checked.parity, Parity::Holds);
            let new_shares = reshared(new, &dealt(old, new, &shares, &everyone), &checked);
            assert_shares(new, &new_shares, &text(100));
        }
    }
}

#[test]
fn a_dealing_that_is_not_straight_is_disputed_and_not_used() {
    let (old, new) = (threshold(2, 4), threshold(2, 4));
    let shares = shared(old, &text(100), 1);
    for liar in [1_u8, 2, 3, 4] {
        for victim in new.points() {
            let mut dealt = dealt(old, new, &shares, &[1, 2, 3, 4]);
            dealt[usize::from(liar) - 1].1[at(victim)].0[7] ^= 1;
            let checked = judge(old, new, &dealt, |_, _| ()).unwrap();
            let dispute = Dispute {
                dealer: point(liar),
                differing: [victim].into(),
            };
            assert_eq!(checked.disputes, [dispute]);
            assert!(!checked.dealers.contains(&point(liar)));
            assert_shares(new, &reshared(new, &dealt, &checked), &text(100));
        }
    }
    // A new holder who complains about everybody: nothing can be used, and it is in every dispute.
    let dealt = dealt(old, new, &shares, &[1, 2, 3, 4]);
    let told = judge(old, new, &dealt, |route, value| {
        if route.to == point(3) {
            value[0] ^= 1;
        }
    });
    let Err(ReshareError::TooFew {
        have: 0,
        need: 2,
        disputes,
    }) = told
    else {
        panic!("{told:?}");
    };
    assert_eq!(disputes.len(), 4);
    assert!(
        disputes
            .iter()
            .all(|dispute| dispute.differing == points(&[3]))
    );
}

#[test]
fn what_makes_no_reshare_is_refused() {
    let (old, new) = (threshold(2, 3), threshold(3, 5));
    let check = |dealers: &[u8]| ReshareCheck::new(old, new, ID, &points(dealers)).map(|_| ());
    assert_eq!(check(&[1, 1]), Err(ReshareError::DuplicatePoint(point(1))));
    assert_eq!(check(&[1, 4]), Err(ReshareError::BeyondN(point(4))));
    assert!(matches!(
        check(&[1]),
        Err(ReshareError::TooFew {
            have: 1,
            need: 2,
            ..
        })
    ));
    let mut check = ReshareCheck::new(old, new, ID, &points(&[1, 2])).unwrap();
    assert_eq!(
        check.add(route(point(1), point(6)), R),
        Err(ReshareError::BeyondN(point(6)))
    );
    assert_eq!(
        check.add(route(point(3), point(1)), R),
        Err(RouteError::From(point(3)).into())
    );
    assert_eq!(check.judge(), Err(ReshareError::Missing(point(1))));
    let checked = Reshared {
        dealers: points(&[1, 3]),
        parity: Parity::Unchecked,
        culprits: Vec::new(),
        disputes: Vec::new(),
    };
    let reshare = Reshare::new(kernel(), ID, point(5), &checked);
    let (a, b) = (route(point(1), point(5)), route(point(3), point(5)));
    let apply = |pieces: &[(Route, &[u8])]| reshare.apply(pieces, &mut [0; 4]).unwrap_err();
    assert_eq!(apply(&[(a, &[1; 4])]), ReshareError::Missing(point(3)));
    assert_eq!(apply(&[(a, &[1; 4]), (b, &[1; 5])]), ReshareError::Lengths);
    assert_eq!(
        apply(&[(route(point(2), point(5)), &[1; 4])]),
        RouteError::From(point(2)).into()
    );
    let mut stale = a;
    stale.id.epoch = 0;
    assert!(matches!(
        apply(&[(stale, &[1; 4])]),
        ReshareError::Route(RouteError::OtherEpoch { .. })
    ));
    let mut dealer = SubDealer::new(kernel(), new);
    let told = dealer.deal_piece(&[1], &mut Noise(1), &mut [&mut [0]]);
    assert_eq!(told.unwrap_err(), ReshareError::Buffers);
}

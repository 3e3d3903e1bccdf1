//! Repairs, their traffic, and helpers who lie.

use super::*;

/// Runs a repair over counted links; the lost share.
fn repaired(
    repair: &Repair,
    helpers: &[Point],
    shares: &[Vec<u8>],
    links: &Links,
    lie: impl Fn(Route, &mut [u8]),
) -> Vec<u8> {
    let len = shares[0].len();
    let mut rng = Noise(9);
    let mut masks = Vec::new();
    for route in repair.masks() {
        let mut mask = vec![0; len];
        Repair::draw_mask(&mut rng, &mut mask).unwrap();
        links.send(route, &mask);
        masks.push((route, mask));
    }
    let mut sent = Vec::new();
    for helper in helpers {
        let mine: Vec<(Route, &[u8])> = masks
            .iter()
            .filter(|(route, _)| route.from == *helper || route.to == *helper)
            .map(|(route, mask)| (*route, mask.as_slice()))
            .collect();
        let mut out = vec![0; len];
        let route = repair
            .contribute(*helper, &shares[at(*helper)], &mine, &mut out)
            .unwrap();
        lie(route, &mut out);
        links.send(route, &out);
        sent.push((route, out));
    }
    let contributions: Vec<(Route, &[u8])> =
        sent.iter().map(|(r, out)| (*r, out.as_slice())).collect();
    let mut lost = vec![0; len];
    repair.assemble(&contributions, &mut lost).unwrap();
    lost
}

#[test]
fn any_k_holders_rebuild_any_lost_share_at_the_cost_that_was_promised() {
    for (k, n) in [(2, 3), (2, 5), (3, 5), (4, 6), (5, 6)] {
        let threshold = threshold(k, n);
        let shares = shared(threshold, &text(777), 1);
        for lost in threshold.points() {
            let others: Vec<Point> = threshold.points().filter(|x| *x != lost).collect();
            for subset in crate::subsets::subsets(usize::from(k), others.len()) {
                let helpers: Vec<Point> = subset.iter().map(|at| others[*at]).collect();
                let repair = Repair::new(kernel(), threshold, ID, lost, &helpers).unwrap();
                let links = Links::default();
                let rebuilt = repaired(&repair, &helpers, &shares, &links, |_, _| ());
                assert_eq!(rebuilt, shares[at(lost)], "{k} {n} {lost} {helpers:?}");
                let k = usize::from(k);
                assert_eq!(links.0.get(), (k * (k - 1) / 2 + k) * shares[0].len());
                assert!(k != 2 || links.0.get() == 3 * shares[0].len());
            }
        }
    }
}

#[test]
fn a_scrub_after_the_repair_sees_any_helper_who_lied() {
    let threshold = threshold(2, 3);
    let shares = shared(threshold, &text(777), 1);
    for lost in threshold.points() {
        let helpers: Vec<Point> = threshold.points().filter(|x| *x != lost).collect();
        let repair = Repair::new(kernel(), threshold, ID, lost, &helpers).unwrap();
        for liar in &helpers {
            let mut after = shares.clone();
            after[at(lost)] = repaired(
                &repair,
                &helpers,
                &shares,
                &Links::default(),
                |route, out| {
                    if route.from == *liar {
                        out[400] ^= 0x10;
                    }
                },
            );
            let told = scrub::run(threshold, &after, &[1, 2, 3], |_, _| ());
            assert_eq!(told.unwrap_err(), ScrubError::NotCollinear);
        }
    }
}

#[test]
fn what_makes_no_repair_is_refused() {
    let new = |lost, helpers: &[u8]| {
        Repair::new(kernel(), threshold(2, 4), ID, point(lost), &points(helpers)).map(|_| ())
    };
    assert_eq!(new(1, &[2, 2]), Err(RepairError::DuplicatePoint(point(2))));
    assert_eq!(new(1, &[2, 5]), Err(RepairError::BeyondN(point(5))));
    assert_eq!(new(5, &[2, 3]), Err(RepairError::BeyondN(point(5))));
    assert_eq!(new(2, &[2, 3]), Err(RepairError::LostHelps(point(2))));
    assert_eq!(new(1, &[2]), Err(RepairError::Helpers { have: 1, need: 2 }));
    assert_eq!(
        new(1, &[2, 3, 4]),
        Err(RepairError::Helpers { have: 3, need: 2 })
    );
}

#[test]
fn messages_of_another_repair_are_refused() {
    let repair = Repair::new(kernel(), threshold(2, 4), ID, point(1), &points(&[4, 2])).unwrap();
    let mask = route(point(2), point(4));
    assert_eq!(repair.masks().collect::<Vec<_>>(), [mask]);
    let contribute =
        |me, masks: &[(Route, &[u8])]| repair.contribute(point(me), &[1; 4], masks, &mut [0; 4]);
    assert_eq!(
        contribute(4, &[(mask, &[7; 4])]).unwrap(),
        route(point(4), point(1))
    );
    assert_eq!(
        contribute(3, &[]).unwrap_err(),
        RepairError::NoHelper(point(3))
    );
    assert_eq!(
        contribute(4, &[]).unwrap_err(),
        RepairError::Missing(point(2))
    );
    assert_eq!(
        contribute(2, &[]).unwrap_err(),
        RepairError::Missing(point(4))
    );
    assert_eq!(
        contribute(2, &[(mask, &[7; 3])]).unwrap_err(),
        RepairError::Lengths
    );
    let twice = contribute(2, &[(mask, &[7; 4]), (mask, &[7; 4])]).unwrap_err();
    assert_eq!(twice, RouteError::From(point(2)).into());
    let reversed = contribute(2, &[(route(point(4), point(2)), &[7; 4])]).unwrap_err();
    assert_eq!(reversed, RouteError::From(point(4)).into());
    let mut other = mask;
    other.id.object[15] ^= 1;
    assert_eq!(
        contribute(2, &[(other, &[7; 4])]).unwrap_err(),
        RouteError::OtherObject.into()
    );
    let (a, b) = (route(point(2), point(1)), route(point(4), point(1)));
    let assemble = |sent: &[(Route, &[u8])]| repair.assemble(sent, &mut [0; 4]).unwrap_err();
    assert_eq!(assemble(&[(a, &[1; 4])]), RepairError::Missing(point(4)));
    assert_eq!(
        assemble(&[(a, &[1; 4]), (b, &[1; 5])]),
        RepairError::Lengths
    );
    let stranger = route(point(3), point(1));
    assert_eq!(
        assemble(&[(stranger, &[1; 4])]),
        RouteError::From(point(3)).into()
    );
}

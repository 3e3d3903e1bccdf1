//! What a second hand wrote: every file of `spec/vectors/algebra`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod reference;

use hlincos_sharing::algebra::{
    Accepted, DealingCheck, DealingError, Dealings, LinearHash, Parity, Refresh, Repair,
    RepairError, Reshare, ReshareCheck, ReshareError, Route, ScrubError, SeededZero, ShareId,
    SubDealer, ZeroDealer, check_scrub,
};
use hlincos_sharing::{Kernel, Point, Threshold};
use reference::{Stream, bytes, list, number, point, points, threshold, vectors};
use serde_json::Value;

const ID: ShareId = ShareId {
    object: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    epoch: 7,
};

fn route(from: Point, to: Point) -> Route {
    Route { id: ID, from, to }
}

fn block(value: &Value) -> [u8; 16] {
    bytes(value).try_into().unwrap()
}

fn hash(case: &Value, data: &[u8], mask: [u8; 16]) -> [u8; 16] {
    let mut hash = LinearHash::new(Kernel::best(), block(&case["r"]));
    hash.update(data);
    hash.finish(&mask)
}

/// Bytes and the mask behind them.
fn value(case: &Value, dealt: &Value) -> [u8; 16] {
    let dealt = bytes(dealt);
    let (data, mask) = dealt.split_last_chunk().unwrap();
    hash(case, data, *mask)
}

/// The values that were published: from, to, bytes.
fn told(case: &Value) -> impl Iterator<Item = (Route, [u8; 16])> {
    let entry = |v: &Value| (route(point(&v[0]), point(&v[1])), block(&v[2]));
    list(&case["values"]).iter().map(entry)
}

fn read_head(name: &str, case: &Value) {
    let head: [u8; Route::BYTES] = bytes(&case["head"]).try_into().unwrap();
    let expected = (case["expect"] == "head").then(|| Route {
        id: ShareId {
            object: block(&case["object"]),
            epoch: number(&case["epoch"]).into(),
        },
        from: point(&case["sender"]),
        to: point(&case["receiver"]),
    });
    let read = Route::from_bytes(&head);
    assert_eq!(read, expected, "{name}");
    assert!(read.is_none_or(|route| route.to_bytes() == head), "{name}");
}

fn hashed(name: &str, case: &Value) {
    let len = u32::try_from(case["length"].as_u64().unwrap()).unwrap();
    let data: Vec<u8> = (0..len)
        .map(|at| ((at * 167) >> 3).to_be_bytes()[3])
        .collect();
    let told = hash(case, &data, block(&case["mask"]));
    assert_eq!(told, block(&case["value"]), "{name}");
}

fn refreshed(name: &str, case: &Value) {
    let threshold = threshold(case);
    let contributors = points(&case["contributors"]);
    let old = list(&case["old"]);
    let mut dealer = ZeroDealer::new(Kernel::best(), threshold);
    let mut dealings = Vec::new();
    for (at, from) in contributors.iter().enumerate() {
        let mut stream = Stream::new(format!("{name}/{from}"));
        let mut outs = vec![vec![0; bytes(&old[0]).len()]; old.len()];
        let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(Vec::as_mut_slice).collect();
        dealer.deal_piece(&mut stream, &mut pieces).unwrap();
        let mut masks = vec![[0; 16]; old.len()];
        dealer.deal_mask(&mut stream, &mut masks).unwrap();
        for (receiver, (out, mask)) in outs.iter().zip(&masks).enumerate() {
            let dealt = &case["dealings"][at][receiver];
            assert_eq!([out.as_slice(), mask].concat(), bytes(dealt), "{name}");
            let told = block(&case["values"][at][receiver]);
            assert_eq!(hash(case, out, *mask), told, "{name}");
        }
        dealings.push(outs);
    }
    let accepted = Accepted {
        contributors: contributors.clone(),
        culprits: Vec::new(),
        suspects: Vec::new(),
    };
    for (at, to) in threshold.points().enumerate() {
        let mine = contributors.iter().zip(&dealings);
        let mine: Vec<(Route, &[u8])> = mine
            .map(|(from, outs)| (route(*from, to), outs[at].as_slice()))
            .collect();
        let old = bytes(&old[at]);
        let mut new = vec![0; old.len()];
        let refresh = Refresh::new(Kernel::best(), ID, to, &accepted);
        refresh.apply(&old, &mine, &mut new).unwrap();
        assert_eq!(new, bytes(&case["new"][at]), "{name}");
    }
}

fn judged(name: &str, case: &Value) {
    let kind = match case["kind"].as_str().unwrap() {
        "zeros" => Dealings::Zeros,
        _ => Dealings::Masks,
    };
    let contributors = points(&case["contributors"]);
    let outcome =
        DealingCheck::new(threshold(case), ID, kind, &contributors).and_then(|mut check| {
            told(case).try_for_each(|(route, value)| check.add(route, value))?;
            check.judge()
        });
    let word = match outcome {
        Ok(accepted) => {
            assert_eq!(accepted.contributors, points(&case["accepted"]), "{name}");
            assert_eq!(accepted.culprits, points(&case["culprits"]), "{name}");
            assert_eq!(accepted.suspects, points(&case["suspects"]), "{name}");
            "accepted"
        }
        Err(DealingError::DuplicatePoint(_)) => "same point",
        Err(DealingError::BeyondN(_)) => "beyond n",
        Err(DealingError::TooFew { .. }) => "too few",
        Err(DealingError::NoExplanation) => "no explanation",
        Err(other) => panic!("{name}: {other}"),
    };
    assert_eq!(word, case["expect"], "{name}");
}

fn seeded(name: &str, case: &Value) {
    let seeds: Vec<(Vec<Point>, [u8; 32])> = list(&case["seeds"])
        .iter()
        .map(|seed| (points(&seed[0]), bytes(&seed[1]).try_into().unwrap()))
        .collect();
    let seeds: Vec<(&[Point], &[u8; 32])> =
        seeds.iter().map(|(set, seed)| (&set[..], seed)).collect();
    let id = ShareId {
        object: block(&case["object"]),
        epoch: number(&case["epoch"]).into(),
    };
    let route = Route {
        id,
        from: point(&case["contributor"]),
        to: point(&case["me"]),
    };
    let mut zero = SeededZero::new(Kernel::best(), threshold(case), route, &seeds).unwrap();
    let expected = bytes(&case["bytes"]);
    let mut made = vec![0; expected.len()];
    let (first, rest) = made.split_at_mut(16);
    zero.piece(first).unwrap();
    zero.piece(rest).unwrap();
    assert_eq!(made, expected, "{name}");
    assert_eq!(zero.mask(), block(&case["mask"]), "{name}");
}

fn repaired(name: &str, case: &Value) {
    let helpers = points(&case["helpers"]);
    let new = Repair::new(
        Kernel::best(),
        threshold(case),
        ID,
        point(&case["lost"]),
        &helpers,
    );
    let repair = match (new, case["expect"].as_str()) {
        (Ok(repair), None) => repair,
        (Err(error), Some(expect)) => {
            let word = match error {
                RepairError::LostHelps(_) => "lost helps",
                RepairError::Helpers { .. } => "helpers",
                RepairError::DuplicatePoint(_) => "same point",
                RepairError::BeyondN(_) => "beyond n",
                other => panic!("{name}: {other}"),
            };
            return assert_eq!(word, expect, "{name}");
        }
        (other, _) => panic!("{name}: {other:?}"),
    };
    let entry = |m: &Value| (route(point(&m[0]), point(&m[1])), bytes(&m[2]));
    let masks: Vec<(Route, Vec<u8>)> = list(&case["masks"]).iter().map(entry).collect();
    let mut sent = Vec::new();
    for (at, helper) in helpers.iter().enumerate() {
        let mine = masks
            .iter()
            .filter(|(r, _)| r.from == *helper || r.to == *helper);
        let mine: Vec<(Route, &[u8])> = mine.map(|(r, mask)| (*r, mask.as_slice())).collect();
        let share = bytes(&case["shares"][usize::from(helper.get()) - 1]);
        let mut out = vec![0; share.len()];
        let route = repair.contribute(*helper, &share, &mine, &mut out).unwrap();
        assert_eq!(out, bytes(&case["sent"][at]), "{name}");
        sent.push((route, out));
    }
    let sent: Vec<(Route, &[u8])> = sent.iter().map(|(r, out)| (*r, out.as_slice())).collect();
    let mut rebuilt = vec![0; sent[0].1.len()];
    repair.assemble(&sent, &mut rebuilt).unwrap();
    assert_eq!(rebuilt, bytes(&case["rebuilt"]), "{name}");
}

fn scrubbed(name: &str, case: &Value) {
    let mut answers = Vec::new();
    for (at, answer) in list(&case["answers"]).iter().enumerate() {
        let (x, told) = (point(&answer[0]), block(&answer[1]));
        let honest = hash(case, &bytes(&case["shares"][at]), block(&case["masks"][at]));
        let altered = points(&case["altered"]).contains(&x);
        assert_eq!(honest != told, altered, "{name}");
        answers.push((ID, x, told));
    }
    let word = match check_scrub(threshold(case), ID, &answers) {
        Ok(scrubbed) => {
            assert_eq!(scrubbed.culprits, points(&case["culprits"]), "{name}");
            "culprits"
        }
        Err(ScrubError::TooFew { .. }) => "too few",
        Err(ScrubError::DuplicatePoint(_)) => "same point",
        Err(ScrubError::BeyondN(_)) => "beyond n",
        Err(ScrubError::NotCollinear) => "not collinear",
        Err(other) => panic!("{name}: {other}"),
    };
    assert_eq!(word, case["expect"], "{name}");
}

fn reshared(name: &str, case: &Value) {
    let of = |v: &Value| Threshold::new(number(&v[0]), number(&v[1])).unwrap();
    let (old, new) = (of(&case["old"]), of(&case["new"]));
    let from_points = points(&case["from_points"]);
    let seed = case["seed"].as_str().unwrap();
    let mut dealer = SubDealer::new(Kernel::best(), new);
    let mut dealings = Vec::new();
    for (at, from) in from_points.iter().enumerate() {
        let mut stream = Stream::new(format!("{seed}/{from}"));
        let share = bytes(&case["shares"][at]);
        let mut outs = vec![vec![0; share.len()]; usize::from(new.n())];
        let mut pieces: Vec<&mut [u8]> = outs.iter_mut().map(Vec::as_mut_slice).collect();
        dealer.deal_piece(&share, &mut stream, &mut pieces).unwrap();
        let mut masks = vec![[0; 16]; usize::from(new.n())];
        let mask = block(&case["masks"][at]);
        dealer.deal_mask(&mask, &mut stream, &mut masks).unwrap();
        for (receiver, (out, mask)) in outs.iter().zip(&masks).enumerate() {
            let dealt = &case["dealings"][at][receiver];
            assert_eq!([out.as_slice(), mask].concat(), bytes(dealt), "{name}");
        }
        dealings.push(outs);
    }
    let mut check = ReshareCheck::new(old, new, ID, &from_points).unwrap();
    let mut differing = 0;
    for (route, told) in told(case) {
        let at = from_points.iter().position(|x| *x == route.from).unwrap();
        let dealt = &case["dealings"][at][usize::from(route.to.get()) - 1];
        differing += usize::from(value(case, dealt) != told);
        check.add(route, told).unwrap();
    }
    assert_eq!(
        differing > 0,
        !name.contains("_to_"),
        "{name}: some vectors have liars"
    );
    let checked = match check.judge() {
        Ok(checked) => checked,
        Err(error) => {
            let word = match error {
                ReshareError::TooFew { .. } => "too few",
                ReshareError::Parity => "parity",
                other => panic!("{name}: {other}"),
            };
            return assert_eq!(word, case["expect"], "{name}");
        }
    };
    assert_eq!(case["expect"], "reshared", "{name}");
    assert_eq!(checked.dealers, points(&case["dealers"]), "{name}");
    assert_eq!(checked.culprits, points(&case["culprits"]), "{name}");
    let parity = match checked.parity {
        Parity::Holds => "holds",
        Parity::Unchecked => "unchecked",
    };
    assert_eq!(parity, case["parity"], "{name}");
    let disputes: Vec<(Point, Vec<Point>)> = list(&case["disputes"])
        .iter()
        .map(|dispute| (point(&dispute[0]), points(&dispute[1])))
        .collect();
    let found = checked.disputes.iter();
    let found: Vec<(Point, Vec<Point>)> = found
        .map(|dispute| (dispute.dealer, dispute.differing.clone()))
        .collect();
    assert_eq!(found, disputes, "{name}");
    for (at, to) in new.points().enumerate() {
        let used = from_points
            .iter()
            .zip(&dealings)
            .filter(|(x, _)| checked.dealers.contains(x));
        let pieces: Vec<(Route, &[u8])> = used
            .map(|(from, outs)| (route(*from, to), outs[at].as_slice()))
            .collect();
        let mut share = vec![0; pieces[0].1.len()];
        let reshare = Reshare::new(Kernel::best(), ID, to, &checked);
        reshare.apply(&pieces, &mut share).unwrap();
        assert_eq!(share, bytes(&case["new_shares"][at]), "{name}");
    }
}

#[test]
fn every_vector_of_the_folder_is_met() {
    let all = vectors("algebra");
    for (name, case) in &all {
        match case["op"].as_str().unwrap() {
            "head" => read_head(name, case),
            "hash" => hashed(name, case),
            "refresh" => refreshed(name, case),
            "judge" => judged(name, case),
            "seeded" => seeded(name, case),
            "repair" => repaired(name, case),
            "scrub" => scrubbed(name, case),
            "reshare" => reshared(name, case),
            other => panic!("{name}: {other} is read by nobody"),
        }
    }
    assert!(
        all.len() >= 48,
        "the folder has lost vectors: {}",
        all.len()
    );
}

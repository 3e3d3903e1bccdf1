//! No pad byte is spent twice and no message comes twice, whatever crashes, is lost, is replayed
//! or is rolled back: every order of events up to a depth, and long orders at random.

use std::collections::HashSet;

use hlincos_channel::End;
use proptest::prelude::*;

use crate::world::{Act, World};

/// How often each kind of mishap may happen in one run; the searches are bounded by it.
fn cost(act: Act) -> usize {
    match act {
        Act::Begin(_) | Act::Persist(_) | Act::Write(_) | Act::Deliver(_) => 0,
        Act::PersistThenDie(_)
        | Act::Tear(_)
        | Act::Rot(_)
        | Act::Die(_)
        | Act::WriteThenDie(_)
        | Act::Attack(..)
        | Act::Cut
        | Act::Replay(_)
        | Act::RollBack(..) => 1,
    }
}

fn run(acts: &[Act]) -> World {
    let mut world = World::new();
    acts.iter().for_each(|act| world.act(*act));
    world
}

/// Tries every order of acts behind a beginning, with so many mishaps, once per state.
fn search(beginning: &[Act], depth: usize, mishaps: usize) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![(beginning.to_vec(), mishaps)];
    for _ in 0..depth {
        let mut next = Vec::new();
        for (acts, left) in open {
            let mut world = run(&acts);
            for act in world.acts() {
                let Some(left) = left.checked_sub(cost(act)) else {
                    continue;
                };
                let mut longer = acts.clone();
                longer.push(act);
                let shown = longer.clone();
                let tried = std::panic::catch_unwind(|| {
                    let mut world = run(&longer);
                    let print = world.print();
                    world.finale();
                    print
                });
                let Ok(print) = tried else {
                    panic!("this order of acts is bad: {shown:?}");
                };
                if seen.insert((print, left)) {
                    next.push((shown, left));
                }
            }
        }
        open = next;
    }
    seen.len()
}

/// A client that has said hello and sent a message which the other end has.
fn talking(client: End) -> Vec<Act> {
    use Act::{Begin, Deliver, Persist, Write};
    let server = client.other();
    vec![
        Begin(client),
        Persist(client),
        Deliver(server),
        Persist(server),
        Deliver(client),
        Persist(client),
        Deliver(server),
        Persist(server),
        Write(client),
        Deliver(server),
    ]
}

#[test]
fn every_beginning_of_a_link_spends_no_byte_twice() {
    let states = search(&[], 11, 2);
    println!("{states} states");
    assert!(states > 8_000, "only {states} states");
}

#[test]
fn every_going_on_of_a_channel_spends_no_byte_twice() {
    let states = search(&talking(End::A), 6, 2);
    println!("{states} states");
    assert!(states > 10_000, "only {states} states");
}

#[test]
fn every_going_on_of_a_channel_that_b_began_spends_no_byte_twice() {
    let states = search(&talking(End::B), 5, 2);
    println!("{states} states");
    assert!(states > 5_000, "only {states} states");
}

#[test]
fn three_mishaps_in_a_row_spend_no_byte_twice() {
    let states = search(&talking(End::A), 5, 3);
    println!("{states} states");
    assert!(states > 5_000, "only {states} states");
}

#[test]
fn a_rolled_back_sender_whose_last_frames_were_lost_is_told_and_spends_nothing_twice() {
    // The case that two watermarks alone do not catch: the other end never got the frames that
    // were sent after the image was taken, but whoever listens did.
    use Act::{Deliver, Persist, RollBack, Write};
    for end in [End::A, End::B] {
        let other = end.other();
        let mut acts = talking(end);
        // The second message needs a second block.
        acts.extend([Write(end), Persist(end), Deliver(other), Persist(other)]);
        acts.extend([Deliver(end), Write(end), RollBack(end, 1)]);
        let mut world = run(&acts);
        world.finale();
        assert!(world.alarms(end) > 0 && world.alarms(other) == 0);
    }
}

#[derive(Clone, Copy, Debug)]
struct Draw {
    /// Whether something goes wrong.
    mishap: bool,
    which: u16,
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let one = (prop::bool::weighted(0.15), any::<u16>());
    prop::collection::vec(
        one.prop_map(|(mishap, which)| Draw { mishap, which }),
        1..120,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn long_runs_at_random_spend_no_byte_twice(draws in draws()) {
        let mut world = World::new();
        for draw in draws {
            let all = world.acts();
            let some: Vec<Act> = all
                .iter()
                .copied()
                .filter(|act| (cost(*act) > 0) == draw.mishap)
                .collect();
            let acts = if some.is_empty() { all } else { some };
            world.act(acts[usize::from(draw.which) % acts.len()]);
        }
        world.finale();
    }
}

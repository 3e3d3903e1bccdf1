//! Walks of many keys: the same steps for each, watched by counting and by valgrind.

use core::cell::Cell;
use std::vec::Vec;
use std::{thread_local, vec};

use crate::exchange::Seeded;
use crate::expand::Expander;
use crate::exponents::Exponents;
use crate::field::{Fp, Multiply, Portable};
use crate::lanes::{Lanes, Machine, Own, Plain};
use crate::mask::Mask;
use crate::prime::{BATCH, BATCHES, DEGREES};
use crate::walk::{Course, RoundBytes, walk};
use crate::{InvalidPublicKey, Kernel, PrivateKey, PublicKey, agree, agree_with};

thread_local! {
    /// How many operations there were, and a sum that depends on which and in which order.
    static TRACE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Notes an operation.
fn note(operation: u64) {
    let (count, sum) = TRACE.get();
    let sum = (sum ^ operation)
        .wrapping_mul(0x0000_0100_0000_01B3)
        .rotate_left(7);
    TRACE.set((count + 1, sum));
}

/// The plain machine, which notes what it does.
#[derive(Clone, Copy)]
struct Noting;

#[derive(Clone, Copy)]
struct NotingLanes<const N: usize>(Plain<Portable, N>);

impl Multiply for Noting {
    fn mul(a: &Fp, b: &Fp) -> Fp {
        note(1);
        Portable::mul(a, b)
    }
}

impl<const N: usize> Lanes<N> for NotingLanes<N> {
    fn of(elements: &[Fp; N]) -> Self {
        note(2);
        Self(Plain::of(elements))
    }

    fn elements(&self) -> [Fp; N] {
        note(3);
        self.0.elements()
    }

    fn mul(&self, other: &Self) -> Self {
        note(4 + N as u64);
        Self(self.0.mul(&other.0))
    }

    fn permuted(&self, from: [usize; N]) -> Self {
        from.iter().for_each(|from| note(20 + *from as u64));
        Self(self.0.permuted(from))
    }

    fn butterfly(&self, from: [usize; N], own: [Own; N]) -> Self {
        from.iter().for_each(|from| note(40 + *from as u64));
        own.iter().for_each(|own| note(60 + *own as u64));
        Self(self.0.butterfly(from, own))
    }

    fn blend(&self, other: &Self, theirs: [bool; N]) -> Self {
        theirs
            .iter()
            .for_each(|theirs| note(80 + u64::from(*theirs)));
        Self(self.0.blend(&other.0, theirs))
    }

    fn select(&self, other: &Self, masks: &[u64; N]) -> Self {
        note(100);
        assert!(masks.iter().all(|mask| [0, u64::MAX].contains(mask)));
        Self(self.0.select(&other.0, masks))
    }
}

impl Machine for Noting {
    type Four = NotingLanes<4>;
    type Eight = NotingLanes<8>;

    fn one_of(pair: &NotingLanes<8>, second: u64) -> NotingLanes<4> {
        note(101);
        NotingLanes(Portable::one_of(&pair.0, second))
    }
}

/// A course with outcomes that are noted or, if some are given, prescribed.
struct Outcomes {
    seeded: Seeded,
    noted: Vec<bool>,
    prescribed: Option<Vec<bool>>,
}

impl Outcomes {
    fn new(seed: u8, prescribed: Option<Vec<bool>>) -> Self {
        let seed = Expander::new(&[seed; 32]);
        let seeded = Seeded { seed, round: 0 };
        Self {
            seeded,
            noted: Vec::new(),
            prescribed,
        }
    }
}

impl Course for Outcomes {
    fn round(&mut self) -> RoundBytes {
        self.seeded.round()
    }

    fn outcome(&mut self, succeeded: Mask) -> bool {
        let seen = match &self.prescribed {
            Some(outcomes) => outcomes[self.noted.len()],
            None => succeeded.word() != 0,
        };
        self.noted.push(seen);
        seen
    }
}

/// Keys at the ends of the key space, and drawn ones.
fn keys() -> Vec<Exponents> {
    let mut keys: Vec<[i8; DEGREES]> = vec![[0; DEGREES]];
    let place = |at: fn(usize, usize) -> usize, sign: i8| {
        let mut exponents = [0; DEGREES];
        for batch in BATCH {
            exponents[at(batch.first, batch.len)] = sign * batch.bound.cast_signed();
        }
        exponents
    };
    keys.push(place(|first, _| first, 1));
    keys.push(place(|first, _| first, -1));
    keys.push(place(|first, len| first + len - 1, 1));
    keys.push(place(|first, len| first + len - 1, -1));
    let extremes = keys.iter().map(|key| Exponents::new(key).unwrap());
    let drawn = (0..15).map(|seed| Exponents::draw(&Expander::new(&[seed; 32])));
    extremes.chain(drawn).collect()
}

#[test]
fn every_key_walks_by_the_same_operations_in_the_same_order() {
    let keys = keys();
    let mut course = Outcomes::new(0, None);
    TRACE.set((0, 0));
    walk::<Noting>(&keys[0], &Fp::ZERO, &mut course);
    let expected = TRACE.get();
    assert!(expected.0 > 100_000);
    let start = Fp::from_bytes(&PrivateKey::generate(&[9; 32]).public_key().to_bytes()).unwrap();
    for (at, key) in (1_u8..).zip(&keys) {
        // The outcomes follow coins of public odds; given those, nothing may differ, not even
        // from another curve and with other points.
        let mut same = Outcomes::new(at, Some(course.noted.clone()));
        TRACE.set((0, 0));
        walk::<Noting>(key, &start, &mut same);
        assert_eq!(TRACE.get(), expected, "key {at}");
        assert_eq!(same.noted, course.noted);
    }
}

#[test]
fn a_key_that_walked_another_way_would_be_seen() {
    let key = keys().pop().unwrap();
    let traces: Vec<_> = (0..2)
        .map(|seed| {
            TRACE.set((0, 0));
            walk::<Noting>(&key, &Fp::ZERO, &mut Outcomes::new(seed, None));
            TRACE.get()
        })
        .collect();
    assert_ne!(traces[0], traces[1], "two courses with different outcomes");
}

#[test]
fn a_walk_ends_at_the_same_curve_whatever_its_points_and_coins() {
    let key = Exponents::draw(&Expander::new(&[5; 32]));
    let end = walk::<Portable>(&key, &Fp::ZERO, &mut Outcomes::new(0, None));
    for seed in 1..8 {
        let mut course = Outcomes::new(seed, None);
        assert!(end == walk::<Portable>(&key, &Fp::ZERO, &mut course));
        let taken = course.noted.iter().filter(|taken| **taken).count();
        let owed: usize = BATCH.iter().map(|batch| usize::from(batch.bound)).sum();
        assert_eq!(taken, owed);
    }
}

#[test]
fn attempts_succeed_as_often_whatever_the_degree() {
    // For keys that only use the smallest, or the largest, degree of each batch.
    for key in &keys()[1..5] {
        let (mut tried, mut taken) = ([0_u32; BATCHES], [0_u32; BATCHES]);
        for seed in 0..4 {
            let mut course = Outcomes::new(seed, None);
            walk::<Portable>(key, &Fp::ZERO, &mut course);
            let mut owed = BATCH.map(|batch| batch.bound);
            let mut outcomes = course.noted.into_iter();
            while outcomes.len() > 0 {
                for batch in crate::walk::order(&owed.clone()) {
                    let outcome = outcomes.next().unwrap();
                    tried[batch] += 1;
                    taken[batch] += u32::from(outcome);
                    owed[batch] -= u8::from(outcome);
                }
            }
        }
        // Of about 60 attempts with degree 3 two thirds succeed; nine tenths would be far off.
        let share = f64::from(taken[0]) / f64::from(tried[0]);
        assert!((0.5..0.85).contains(&share), "{share}");
        let share = f64::from(taken[1]) / f64::from(tried[1]);
        assert!((0.7..0.97).contains(&share), "{share}");
    }
}

#[test]
fn both_sides_agree_by_every_kernel() {
    let (one, two) = (
        PrivateKey::generate(&[1; 32]),
        PrivateKey::generate(&[2; 32]),
    );
    let (one_public, two_public) = (one.public_key(), two.public_key());
    let shared = agree(&one, &two_public).unwrap();
    for kernel in Kernel::available() {
        assert_eq!(one.public_key_with(kernel), one_public, "{kernel}");
        let other = agree_with(kernel, &two, &one_public).unwrap();
        assert_eq!(other.as_bytes(), shared.as_bytes(), "{kernel}");
    }
}

#[test]
fn negated_exponents_lead_to_the_negative() {
    for seed in 0..5 {
        let exponents = *PrivateKey::generate(&[seed; 32]).exponents();
        let there = PrivateKey::from_exponents(&exponents).unwrap().public_key();
        let back = PrivateKey::from_exponents(&exponents.map(|e| -e)).unwrap();
        let there = Fp::from_bytes(&there.to_bytes()).unwrap();
        let back_end = Fp::from_bytes(&back.public_key().to_bytes()).unwrap();
        assert!(there.add(&back_end) == Fp::ZERO);
        // And from there back to where it began.
        let there = PublicKey::from_bytes(&there.to_bytes()).unwrap();
        assert_eq!(agree(&back, &there).unwrap().as_bytes(), &[0; 64]);
    }
}

#[test]
fn of_random_numbers_none_is_a_public_key() {
    for seed in 0..100 {
        let mut bytes = [0; 64];
        Expander::new(&[seed; 32]).fill(&[b"no key"], &mut bytes);
        bytes[63] &= 0x3F;
        let public = PublicKey::from_bytes(&bytes).unwrap();
        assert_eq!(public.validate(), Err(InvalidPublicKey::NotSupersingular));
    }
}

#[test]
fn nothing_secret_is_shown() {
    let private = PrivateKey::generate(&[1; 32]);
    let shared = agree(&private, &private.public_key()).unwrap();
    assert_eq!(std::format!("{private:?} {shared:?}"), "PrivateKey Shared");
}

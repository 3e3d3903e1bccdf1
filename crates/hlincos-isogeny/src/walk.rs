//! The group action: a walk of isogenies whose course says nothing of the key.
//!
//! A round takes one isogeny of every batch that has some left. Which degree of the batch, in which
//! direction, and whether it is only pretended, is secret; the work is the same. A round:
//!
//! 1. draws a point on the curve and one on its twist, and clears from both every factor of p + 1
//!    but the chosen degrees;
//! 2. for each batch, multiplies one of them (by the sign) by the other degrees still to come. What
//!    is left has order l, except with probability 1/l, where nothing is left;
//! 3. throws a coin so that the attempt succeeds with probability 1 - 1/(smallest degree of the
//!    batch) whatever l is. Only this outcome is visible;
//! 4. on success computes the isogeny; a pretended one leaves curve and points as they were.
//!
//! So the number of rounds follows from coins whose odds are public, and everything within a round
//! from the numbers left in the batches. The coins and points are pseudorandom; whoever knows their
//! seed would learn from the rounds what the coins ought to hide.
//!
//! Source: Banegas et al., "CTIDH: faster constant-time CSIDH", 2021 (ePrint 2021/633), sections 4
//! and 5.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::curve::{Curve, ladder};
use crate::elligator;
use crate::exponents::Exponents;
use crate::field::Fp;
use crate::lanes::{Lanes, Machine};
use crate::mask::Mask;
use crate::prime::{BATCH, BATCHES, Batch};
use crate::scalar::Scalar;
use crate::velu::isogeny;

/// The random bytes of a round: an element and a coin for each batch.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct RoundBytes {
    pub(crate) element: [u8; 128],
    pub(crate) coins: [u64; BATCHES],
}

/// What a walk asks the world.
pub(crate) trait Course {
    /// The random bytes of the next round.
    fn round(&mut self) -> RoundBytes;
    /// Tells whether an attempt succeeded: the one thing of the walk that may be seen.
    fn outcome(&mut self, succeeded: Mask) -> bool;
}

/// The isogeny of one batch in a round. Which batch is public, the rest is not.
#[derive(Clone, Copy, Zeroize)]
struct Attempt {
    batch: usize,
    degree: u64,
    /// Whether the kernel lies on the twist.
    twisted: Mask,
    /// Whether there is nothing left to do in this batch.
    pretended: Mask,
}

impl Attempt {
    fn batch(&self) -> Batch {
        BATCH[self.batch]
    }
}

/// A walk under way.
struct Walk<'a, M: Machine, C> {
    curve: Curve,
    exponents: Exponents,
    /// How many isogenies each batch still owes.
    owed: [u8; BATCHES],
    coins: [u64; BATCHES],
    /// A point on the curve and one on its twist, each twice, of the degrees still to come.
    pair: M::Eight,
    course: &'a mut C,
}

/// The coefficient of the curve to which the exponents lead from another.
///
/// Shape: `start` is the coefficient of a supersingular curve; exponents within their bounds.
/// Time: constant in exponents and start, but for the number of rounds (module text).
pub(crate) fn walk<M: Machine>(exponents: &Exponents, start: &Fp, course: &mut impl Course) -> Fp {
    let mut walk = Walk::<M, _> {
        curve: Curve::of(start),
        exponents: exponents.clone(),
        owed: BATCH.map(|batch| batch.bound),
        coins: [0; BATCHES],
        pair: M::Eight::of(&[Fp::ZERO; 8]),
        course,
    };
    while walk.owed.iter().any(|owed| *owed > 0) {
        walk.round();
    }
    let Curve { a, d } = walk.curve;
    let half = M::mul(&a.add(&d), &a.sub(&d).inverse::<M>());
    half.add(&half)
}

impl<M: Machine, C: Course> Walk<'_, M, C> {
    fn round(&mut self) {
        let bytes = self.course.round();
        self.coins = bytes.coins;
        let mut attempts = [self.attempt(0); BATCHES];
        let mut len = 0;
        for batch in order(&self.owed) {
            attempts[len] = self.attempt(batch);
            len += 1;
        }
        let (cofactor, bits) = cofactor(&attempts[..len]);
        let pair = elligator::points::<M>(&self.curve, &Fp::from_uniform(&bytes.element));
        self.pair = ladder(&pair, &cofactor, bits, &self.curve.constants());
        for at in 0..len {
            self.attempt_isogeny(&attempts[at], &attempts[at + 1..len]);
        }
        attempts.zeroize();
    }

    /// Chooses the isogeny of a batch: its first degree with something left, or a pretended one.
    fn attempt(&self, batch: usize) -> Attempt {
        let mut attempt = Attempt {
            batch,
            degree: u64::from(BATCH[batch].smallest()),
            twisted: Mask::of_bit(0),
            pretended: Mask::of_bit(1),
        };
        for (degree, left) in self.exponents.of(BATCH[batch]) {
            let left = u64::from(left.cast_unsigned());
            let this = attempt.pretended & !Mask::is_zero(left);
            attempt.degree = this.choose(degree.into(), attempt.degree);
            attempt.twisted = attempt.twisted | (this & Mask::of_bit(left >> 7));
            attempt.pretended = attempt.pretended & !this;
        }
        attempt
    }

    /// Tries an isogeny, before others: the pair has the degrees of all of them, then of the others.
    fn attempt_isogeny(&mut self, now: &Attempt, later: &[Attempt]) {
        let mut point = M::one_of(&self.pair, now.twisted.word());
        if !later.is_empty() {
            let constants = self.curve.constants();
            let (others, bits) = product(later);
            point = ladder(&point, &others, bits, &constants);
            let (own, bits) = product(&[*now]);
            self.pair = ladder(&self.pair, &own, bits, &self.curve.constants());
        }
        let has_order = !point.elements()[1].is_zero();
        let succeeded = has_order & heads(self.coins[now.batch], now);
        if self.course.outcome(succeeded) {
            self.take(now, &point, !later.is_empty());
        }
    }

    /// Takes the step of an attempt, or pretends to.
    fn take(&mut self, attempt: &Attempt, point: &M::Four, more: bool) {
        let mut image = self.pair;
        let mapped = more.then_some(&mut image);
        let batch = attempt.batch();
        let codomain = isogeny::<M>(&self.curve, point, attempt.degree, batch, mapped);
        let real = !attempt.pretended;
        self.curve.a.assign(&codomain.a, real);
        self.curve.d.assign(&codomain.d, real);
        self.pair = self.pair.select(&image, &[real.word(); 8]);
        self.exponents.count_down(batch, attempt.degree, real);
        self.owed[attempt.batch] -= 1;
    }
}

/// The batches that owe something, in the order of a round.
///
/// Small degrees late, as what comes later is multiplied by again and again; but the largest last,
/// as the last isogeny need not map points.
pub(crate) fn order(owed: &[u8; BATCHES]) -> impl Iterator<Item = usize> {
    let mut owing = (0..BATCHES).rev().filter(|batch| owed[*batch] > 0);
    let largest = owing.next();
    owing.chain(largest)
}

/// Whether the coin lets a point of order l pass: with probability (1 - 1/smallest)/(1 - 1/l).
fn heads(coin: u64, attempt: &Attempt) -> Mask {
    let smallest = u64::from(attempt.batch().smallest());
    let whole = smallest.wrapping_mul(attempt.degree.wrapping_sub(1));
    let part = attempt.degree.wrapping_mul(smallest - 1);
    // A number below `whole`, uniform but for 2^-46; part <= whole, with equality for the smallest.
    let drawn = (u128::from(coin).wrapping_mul(whole.into())) >> 64;
    Mask::is_below(drawn as u64, part)
}

/// The product of the attempts' degrees, and how many bits it may have.
fn product(attempts: &[Attempt]) -> (Scalar, usize) {
    let (mut secret, mut most) = (Scalar::new(1), Scalar::new(1));
    for attempt in attempts {
        secret.scale(attempt.degree);
        most.scale(attempt.batch().largest().into());
    }
    (secret, most.bits())
}

/// (p + 1) divided by the attempts' degrees, and how many bits it may have.
fn cofactor(attempts: &[Attempt]) -> (Scalar, usize) {
    let (mut secret, mut most) = (Scalar::new(4), Scalar::new(4));
    let mut chosen = [None; BATCHES];
    for attempt in attempts {
        chosen[attempt.batch] = Some(attempt.degree);
    }
    for (batch, chosen) in BATCH.iter().zip(chosen) {
        for degree in batch.degrees() {
            let mut factor = u64::from(*degree);
            let left_out = chosen.is_some() && *degree == batch.smallest();
            most.scale(if left_out { 1 } else { factor });
            let same = Mask::are_equal(factor, chosen.unwrap_or(0));
            factor = same.choose(1, factor);
            secret.scale(factor);
        }
    }
    (secret, most.bits())
}

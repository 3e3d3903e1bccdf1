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

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::curve::{Curve, each, ladder};
use crate::elligator;
use crate::exponents::Exponents;
use crate::field::Fp;
use crate::lanes::{Lanes, Machine};
use crate::prime::{BATCH, BATCHES, Batch, DEGREE};
use crate::scalar::Scalar;
use crate::velu::{PAIRS_MAX, isogeny};

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
    fn outcome(&mut self, succeeded: Choice) -> bool;
}

/// The isogeny of one batch in a round. Which batch is public, the rest is not.
#[derive(Clone, Copy, Zeroize)]
struct Attempt {
    batch: usize,
    degree: u64,
    /// One if the kernel lies on the twist.
    twisted: u8,
    /// One if there is nothing left to do in this batch.
    pretended: u8,
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
    /// Pairs of points that wait for the end of what lies above them.
    pairs: [M::Eight; PAIRS_MAX],
    course: &'a mut C,
}

/// The coefficient of the curve to which the exponents lead from another.
///
/// Shape: `start` is the coefficient of a supersingular curve; exponents within their bounds.
/// Time: constant in exponents and start, but for the number of rounds (module text).
pub(crate) fn walk<M: Machine>(
    exponents: &Exponents,
    start: &Fp,
    course: &mut impl Course,
) -> Fp {
    let mut walk = Walk::<M, _> {
        curve: Curve::of(start),
        exponents: exponents.clone(),
        owed: BATCH.map(|batch| batch.bound),
        coins: [0; BATCHES],
        pairs: [M::Eight::of(&[Fp::ZERO; 8]); PAIRS_MAX],
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
        // The largest degrees first: what comes later is multiplied by again and again.
        for batch in (0..BATCHES).rev().filter(|batch| self.owed[*batch] > 0) {
            attempts[len] = self.attempt(batch);
            len += 1;
        }
        let (cofactor, bits) = cofactor(&attempts[..len]);
        let pair = elligator::points::<M>(&self.curve, &Fp::from_uniform(&bytes.element));
        self.pairs[0] = ladder(&pair, &cofactor, bits, &self.curve.constants());
        self.solve(&attempts[..len], 1);
        attempts.zeroize();
    }

    /// Chooses the isogeny of a batch: its first degree with something left, or a pretended one.
    fn attempt(&self, batch: usize) -> Attempt {
        let mut attempt = Attempt {
            batch,
            degree: u64::from(BATCH[batch].smallest()),
            twisted: 0,
            pretended: 1,
        };
        for (degree, left) in self.exponents.of(BATCH[batch]) {
            let this = !left.ct_eq(&0) & Choice::from(attempt.pretended);
            attempt.degree.conditional_assign(&u64::from(degree), this);
            let negative = left.cast_unsigned() >> 7;
            attempt.twisted.conditional_assign(&negative, this);
            attempt.pretended.conditional_assign(&0, this);
        }
        attempt
    }

    /// Tries the attempts with the pair below `depth`, which holds their degrees and no others.
    fn solve(&mut self, attempts: &[Attempt], depth: usize) {
        let Some((now, later)) = attempts.split_first() else {
            return;
        };
        let top = depth - 1;
        let mut point = M::one_of(&self.pairs[top], 0_u64.wrapping_sub(now.twisted.into()));
        if !later.is_empty() {
            let (rest, bits) = product(later);
            point = ladder(&point, &rest, bits, &self.curve.constants());
            let (own, bits) = product(&[*now]);
            self.pairs[top] = ladder(&self.pairs[top], &own, bits, &self.curve.constants());
        }
        let mapped = if later.is_empty() { top } else { depth };
        self.try_isogeny(now, &point, mapped);
        self.solve(later, depth);
    }

    /// Computes the isogeny if the point has its order and the coin agrees; maps the lowest pairs.
    fn try_isogeny(&mut self, attempt: &Attempt, point: &M::Four, mapped: usize) {
        let order = !point.elements()[1].is_zero();
        let succeeded = order & heads(self.coins[attempt.batch], attempt);
        if !self.course.outcome(succeeded) {
            return;
        }
        let mut images = self.pairs;
        let batch = attempt.batch();
        let images = &mut images[..mapped];
        let codomain = isogeny::<M>(&self.curve, point, attempt.degree, batch, images);
        let real = Choice::from(attempt.pretended ^ 1);
        self.curve.a.conditional_assign(&codomain.a, real);
        self.curve.d.conditional_assign(&codomain.d, real);
        let masks = each([u64::from(attempt.pretended).wrapping_sub(1)]);
        for (pair, image) in self.pairs.iter_mut().zip(images.iter()) {
            *pair = pair.select(image, &masks);
        }
        self.exponents.count_down(batch, attempt.degree, real);
        self.owed[attempt.batch] -= 1;
    }
}

/// Whether the coin lets a point of order l pass: with probability (1 - 1/smallest)/(1 - 1/l).
fn heads(coin: u64, attempt: &Attempt) -> Choice {
    let smallest = u64::from(attempt.batch().smallest());
    let whole = smallest * (attempt.degree - 1);
    let part = attempt.degree * (smallest - 1);
    // A number below `whole`, uniform but for 2^-46; part <= whole, with equality for the smallest.
    let drawn = (u128::from(coin) * u128::from(whole)) >> 64;
    #[expect(clippy::cast_possible_truncation, reason = "below 2^18")]
    let below = (drawn as u64).wrapping_sub(part) >> 63;
    Choice::from(u8::from(below == 1))
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
    let mut chosen = [0; BATCHES];
    for attempt in attempts {
        chosen[attempt.batch] = attempt.degree;
    }
    for (batch, chosen) in BATCH.iter().zip(chosen) {
        for degree in batch.degrees() {
            let mut factor = u64::from(*degree);
            let public = if chosen_is_some(attempts, batch.first) && *degree == batch.smallest() {
                1
            } else {
                factor
            };
            factor.conditional_assign(&1, factor.ct_eq(&chosen));
            secret.scale(factor);
            most.scale(public);
        }
    }
    (secret, most.bits())
}

/// Whether the batch that begins at a degree takes part.
fn chosen_is_some(attempts: &[Attempt], first: usize) -> bool {
    attempts.iter().any(|attempt| attempt.batch().first == first)
}

const _: () = assert!(DEGREE[0] == 3);

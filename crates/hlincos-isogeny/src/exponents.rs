//! The private exponents: how far to walk in each degree, uniform within the batches' bounds.
//!
//! Source: ePrint 2021/633, sections 3.1 and 5.1; `spec/isogeny.md`, section 4.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::expand::Expander;
use crate::mask::Mask;
use crate::prime::{BATCH, Batch, DEGREES, DEGREES_OF_BATCH_MAX};

/// Stars and bars of the longest row: a batch's degrees and its bound.
const ROW_MAX: usize = 8 + 18;

/// One signed exponent per degree, degrees ascending.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Exponents([i8; DEGREES]);

impl Exponents {
    /// Exponents within the bounds; `None` if those of a batch sum up to more.
    ///
    /// Time: constant in the exponents, but for whether they are within the bounds.
    pub(crate) fn new(exponents: &[i8; DEGREES]) -> Option<Self> {
        let within = BATCH.iter().all(|batch| {
            let own = &exponents[batch.first..batch.first + batch.len];
            let sum: u32 = own.iter().map(|e| u32::from(e.unsigned_abs())).sum();
            sum <= u32::from(batch.bound)
        });
        within.then(|| Self(*exponents))
    }

    /// Draws exponents, uniform over all within the bounds.
    ///
    /// Time: constant but for the number of draws refused, which says nothing of the one taken.
    pub(crate) fn draw(seed: &Expander) -> Self {
        let mut all = Self([0; DEGREES]);
        for (number, batch) in (0_u8..).zip(BATCH) {
            let own = &mut all.0[batch.first..batch.first + batch.len];
            let mut draws = 0_u32..;
            while !draws
                .next()
                .is_some_and(|draw| draw_batch(seed, number, draw, batch, own))
            {}
        }
        all
    }

    /// Degrees and exponents of a batch.
    pub(crate) fn of(&self, batch: Batch) -> impl Iterator<Item = (u16, i8)> {
        let own = &self.0[batch.first..batch.first + batch.len];
        batch.degrees().iter().copied().zip(own.iter().copied())
    }

    /// Brings the exponent of a degree one nearer to zero, if the choice says so; constant time.
    pub(crate) fn count_down(&mut self, batch: Batch, degree: u64, choice: Mask) {
        let own = &mut self.0[batch.first..batch.first + batch.len];
        for (left, each) in own.iter_mut().zip(batch.degrees()) {
            let this = choice & Mask::are_equal(u64::from(*each), degree);
            // 1 for positive, -1 for negative; both or nothing of it.
            let sign = 1 | (*left >> 7);
            *left = left.wrapping_sub(sign & low(this.word()));
        }
    }

    pub(crate) fn bytes(&self) -> Zeroizing<[u8; DEGREES]> {
        Zeroizing::new(self.0.map(i8::cast_unsigned))
    }
}

/// Draws the exponents of a batch once; tells whether the draw is taken.
///
/// N bars among N + m places, uniform, leave N + 1 gaps of m stars; the first N are |e|. With N
/// random signs, a draw is refused if a zero has a minus, so that zero is not drawn twice as often.
fn draw_batch(seed: &Expander, number: u8, draw: u32, batch: Batch, own: &mut [i8]) -> bool {
    let places = batch.len + usize::from(batch.bound);
    let mut bytes = Zeroizing::new([0_u8; 4 * ROW_MAX + 1]);
    let bytes = &mut bytes[..4 * places + 1];
    let [d0, d1, d2, d3] = draw.to_be_bytes();
    seed.fill(&[b"exponents", &[number, d0, d1, d2, d3]], bytes);

    let (words, signs) = bytes.split_at(4 * places);
    let mut row = Zeroizing::new([0_u64; ROW_MAX]);
    for (at, word) in words.as_chunks::<4>().0.iter().enumerate() {
        row[at] = u64::from(u32::from_be_bytes(*word) & !1) | u64::from(at < batch.len);
    }
    sort(&mut row[..places]);
    let mut refused = Mask::of_bit(0);
    for pair in row[..places].windows(2) {
        refused = refused | Mask::are_equal(pair[0] >> 1, pair[1] >> 1);
    }

    let mut gaps = Zeroizing::new([0_u64; DEGREES_OF_BATCH_MAX]);
    let mut gap = 0_u64;
    for word in &row[..places] {
        let bar = Mask::of_bit(*word);
        for (at, stars) in (0..).zip(gaps.iter_mut()) {
            *stars = stars.wrapping_add((Mask::are_equal(at, gap) & !bar).bit());
        }
        gap = gap.wrapping_add(bar.bit());
    }

    for (at, (exponent, stars)) in own.iter_mut().zip(gaps.iter()).enumerate() {
        let minus = Mask::of_bit(u64::from(signs[0]) >> at);
        refused = refused | (minus & Mask::is_zero(*stars));
        let signed = minus.choose(stars.wrapping_neg(), *stars);
        *exponent = low(signed);
    }
    // What is seen here is only that the draw is taken, and how many before it were not.
    crate::secret::tell(!refused)
}

/// Sorts in an order of comparisons that does not depend on the words.
fn sort(words: &mut [u64]) {
    for end in (1..words.len()).rev() {
        for at in 0..end {
            let (a, b) = (words[at], words[at + 1]);
            let swap = Mask::is_below(b, a);
            words[at] = swap.choose(b, a);
            words[at + 1] = swap.choose(a, b);
        }
    }
}

/// The lowest byte of a number in two's complement: all of it, for exponents.
fn low(number: u64) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "the lowest byte")]
    let byte = number as u8;
    byte.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_sorts() {
        let mut words = [5, 3, 9, 1, 1, u32::MAX.into(), 0, 7];
        sort(&mut words);
        assert!(words.is_sorted(), "{words:?}");
    }

    #[test]
    fn exponents_beyond_a_bound_are_refused() {
        let mut exponents = [0; DEGREES];
        exponents[0] = 10;
        assert!(Exponents::new(&exponents).is_some());
        exponents[1] = -1;
        assert!(Exponents::new(&exponents).is_none());
        exponents[1] = 0;
        exponents[DEGREES - 1] = i8::MIN;
        assert!(Exponents::new(&exponents).is_none());
    }
}

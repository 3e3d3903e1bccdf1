//! Four or eight field elements side by side: what the curve arithmetic is written in.
//!
//! Almost every step of the action has four or eight products that do not wait for each other. A
//! machine with vector multipliers computes them at once, another one after the other; the
//! formulas stand once.

use core::marker::PhantomData;

use crate::field::{Fp, Multiply};

/// What a lane adds of itself to the lane that is brought to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    Zero,
    Plus,
    Minus,
}

/// N field elements, in whatever form their machine likes.
pub(crate) trait Lanes<const N: usize>: Copy {
    fn of(elements: &[Fp; N]) -> Self;
    fn elements(&self) -> [Fp; N];
    /// Products, lane by lane.
    fn mul(&self, other: &Self) -> Self;
    /// Lane i becomes lane `from[i]`.
    fn permuted(&self, from: [usize; N]) -> Self;
    /// Lane i becomes lane `from[i]` plus or minus lane i.
    fn butterfly(&self, from: [usize; N], own: [Own; N]) -> Self;
    /// Lane i of the other where `theirs[i]`.
    fn blend(&self, other: &Self, theirs: [bool; N]) -> Self;
    /// Lane i of the other where `masks[i]` is all ones, of its own where zero; constant time.
    fn select(&self, other: &Self, masks: &[u64; N]) -> Self;
}

/// What a machine computes with.
pub(crate) trait Machine: Multiply {
    type Four: Lanes<4>;
    type Eight: Lanes<8>;
    /// The first four lanes of eight, or the last if the mask is all ones; constant time.
    fn one_of(pair: &Self::Eight, second: u64) -> Self::Four;
}

/// Machines whose lanes are computed one after the other.
macro_rules! plain {
    ($($machine:ty),*) => {$(
        impl Machine for $machine {
            type Four = Plain<Self, 4>;
            type Eight = Plain<Self, 8>;

            fn one_of(pair: &Self::Eight, second: u64) -> Self::Four {
                let swapped = pair.permuted([4, 5, 6, 7, 0, 1, 2, 3]);
                let chosen = pair.select(&swapped, &[second; 8]).0;
                Plain::each(|at| chosen[at])
            }
        }
    )*};
}
plain!(crate::field::Portable);
#[cfg(target_arch = "x86_64")]
plain!(crate::field::adx::Adx);

/// Lanes one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<A, const N: usize>([Fp; N], PhantomData<A>);

impl<A, const N: usize> Plain<A, N> {
    fn each(lane: impl FnMut(usize) -> Fp) -> Self {
        Self(core::array::from_fn(lane), PhantomData)
    }
}

impl<A: Multiply, const N: usize> Lanes<N> for Plain<A, N> {
    #[inline]
    fn of(elements: &[Fp; N]) -> Self {
        Self(*elements, PhantomData)
    }

    #[inline]
    fn elements(&self) -> [Fp; N] {
        self.0
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        Self::each(|at| A::mul(&self.0[at], &other.0[at]))
    }

    #[inline]
    fn permuted(&self, from: [usize; N]) -> Self {
        Self::each(|at| self.0[from[at]])
    }

    #[inline]
    fn butterfly(&self, from: [usize; N], own: [Own; N]) -> Self {
        Self::each(|at| match own[at] {
            Own::Zero => self.0[from[at]],
            Own::Plus => self.0[from[at]].add(&self.0[at]),
            Own::Minus => self.0[from[at]].sub(&self.0[at]),
        })
    }

    #[inline]
    fn blend(&self, other: &Self, theirs: [bool; N]) -> Self {
        Self::each(|at| if theirs[at] { other.0[at] } else { self.0[at] })
    }

    #[inline]
    fn select(&self, other: &Self, masks: &[u64; N]) -> Self {
        Self::each(|at| {
            let (mask, own, their) = (masks[at], &self.0[at].0, &other.0[at].0);
            Fp(core::array::from_fn(|limb| {
                own[limb] ^ (mask & (own[limb] ^ their[limb]))
            }))
        })
    }
}

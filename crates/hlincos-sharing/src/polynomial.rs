//! A polynomial per byte position, known by its values at distinct points.

use alloc::vec::Vec;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Kernel;
use crate::field::{inverse, mul};

/// The polynomials of least degree through some values, one for each byte position.
pub(crate) struct Polynomial<'a> {
    kernel: Kernel,
    points: Vec<u8>,
    values: Vec<&'a [u8]>,
    /// Per point, one divided by its differences from all others.
    scales: Vec<u8>,
}

impl<'a> Polynomial<'a> {
    /// Shape: distinct points, equal lengths, as callers saw to.
    pub(crate) fn through(kernel: Kernel, given: impl IntoIterator<Item = (u8, &'a [u8])>) -> Self {
        let (points, values): (Vec<u8>, Vec<&[u8]>) = given.into_iter().unzip();
        let scales = scales(&points);
        Self {
            kernel,
            points,
            values,
            scales,
        }
    }

    /// Whether it has this value at a point where none was given.
    ///
    /// Time: constant in the values up to the first piece that differs; a wrong answer may show
    /// where it is wrong, no more.
    pub(crate) fn passes(&self, x: u8, told: &[u8]) -> bool {
        let weights = lagrange(&self.points, &self.scales, x);
        let mut expected = Zeroizing::new([0; PIECE_BYTES]);
        told.chunks(PIECE_BYTES).enumerate().all(|(index, told)| {
            let expected = &mut expected[..told.len()];
            self.kernel
                .weighted_sum(&self.values, &weights, index * PIECE_BYTES, expected);
            // One comparison for the piece: byte by byte `subtle` is slower than the field.
            let pairs = expected.iter().zip(told);
            let difference = pairs.fold(0, |all, (expected, told)| all | expected ^ told);
            difference.ct_eq(&0).into()
        })
    }
}

/// Lagrange's weights: the value at `x` is the sum of the values at the points times these.
///
/// Shape: distinct points, none of them `x`.
pub(crate) fn weights_at(points: &[u8], x: u8) -> Vec<u8> {
    lagrange(points, &scales(points), x)
}

fn lagrange(points: &[u8], scales: &[u8], x: u8) -> Vec<u8> {
    let all = points.iter().fold(1, |all, point| mul(all, x ^ point));
    let others = |point: u8| mul(all, inverse(x ^ point));
    let pairs = points.iter().zip(scales);
    pairs
        .map(|(point, scale)| mul(others(*point), *scale))
        .collect()
}

/// Per point, one divided by its differences from all others.
pub(crate) fn scales(points: &[u8]) -> Vec<u8> {
    let others = |at: usize| points.iter().enumerate().filter(move |(i, _)| *i != at);
    let scale = |(at, point): (usize, &u8)| {
        inverse(others(at).fold(1, |all, (_, other)| mul(all, point ^ other)))
    };
    points.iter().enumerate().map(scale).collect()
}

/// Bytes compared at a time: they stay in the nearest cache.
const PIECE_BYTES: usize = 4_096;

//! The loops, once for all vector instruction sets.
//!
//! All functions are inlined into ones that were compiled for the instructions of their `Vector`.

use alloc::vec::Vec;

use crate::Threshold;
use crate::field::mul;

/// Bytes side by side in one register.
///
/// Contract: a type's methods are called only where its instructions are there; a [`super::Kernel`]
/// of that path is the proof.
pub(super) trait Vector: Copy {
    /// How many.
    const BYTES: usize;
    /// The vector for what is shorter than this one; itself if there is none.
    type Narrower: Vector;
    /// An element made ready to multiply by.
    type Factor: Copy;
    /// A vector made ready to be multiplied.
    type Operand: Copy;

    fn zero() -> Self;
    fn load(from: &[u8], at: usize) -> Self;
    fn store(self, to: &mut [u8], at: usize);
    fn add(self, other: Self) -> Self;
    fn factor(element: u8) -> Self::Factor;
    fn operand(self) -> Self::Operand;
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self;
}

/// The powers of the points 1 to n, for dealing.
pub(crate) struct Powers {
    threshold: Threshold,
    /// x^e for e below k, row by row; row x-1.
    elements: Vec<u8>,
}

impl Powers {
    pub(crate) fn new(threshold: Threshold) -> Self {
        let powers = |x: u8| {
            let one = Some(1_u8);
            core::iter::successors(one, move |power| Some(mul(*power, x)))
                .take(usize::from(threshold.k()))
        };
        let elements = threshold
            .points()
            .flat_map(|point| powers(point.get()))
            .collect();
        Self {
            threshold,
            elements,
        }
    }

    pub(crate) fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// # Panics
    /// When lengths or counts differ from what [`deal`] takes.
    pub(super) fn check(&self, len: usize, rows: Rows<'_>, outs: &[&mut [u8]], from: usize) {
        let last = usize::from(self.threshold.k()) - 2;
        assert!(rows.bytes.len() >= last * rows.stride + len, "k-1 rows");
        assert_eq!(outs.len(), usize::from(self.threshold.n()), "n outs");
        assert!(
            outs.iter().all(|out| out.len() >= from + len),
            "outs as long as the secret"
        );
    }

    fn of(&self, x: usize, e: usize) -> u8 {
        self.elements[(x - 1) * usize::from(self.threshold.k()) + e]
    }
}

/// Coefficients of one exponent after another: row e-1 begins at `(e-1) * stride`.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: usize,
}

impl Rows<'_> {
    /// Where the row of an exponent begins.
    #[inline(always)]
    fn start(&self, e: usize) -> usize {
        (e - 1) * self.stride
    }
}

/// See [`super::Kernel::deal`]; what it checks is taken for granted.
#[inline(always)]
pub(super) fn deal<V: Vector>(
    powers: &Powers,
    secret: &[u8],
    rows: Rows<'_>,
    outs: &mut [&mut [u8]],
    from: usize,
) {
    let (len, narrow) = (secret.len(), V::Narrower::BYTES);
    if len >= V::BYTES {
        deal_vectors::<V>(powers, secret, rows, outs, from);
    } else if narrow < V::BYTES && len >= narrow {
        deal_vectors::<V::Narrower>(powers, secret, rows, outs, from);
    } else {
        deal_bytes(powers, secret, rows, outs, from);
    }
}

/// The shares of what fills a vector or more.
#[inline(always)]
fn deal_vectors<V: Vector>(
    powers: &Powers,
    secret: &[u8],
    rows: Rows<'_>,
    outs: &mut [&mut [u8]],
    from: usize,
) {
    match (powers.threshold.k(), powers.threshold.n()) {
        (2, 3) => deal_few::<V, 2, 3>(secret, rows, outs, from),
        (3, 5) => deal_few::<V, 3, 5>(secret, rows, outs, from),
        (5, 9) => deal_few::<V, 5, 9>(secret, rows, outs, from),
        _ => deal_any::<V>(powers, secret, rows, outs, from),
    }
}

/// Where the next vector begins; the last one overlaps the one before if it must.
#[inline(always)]
fn after<V: Vector>(at: usize, len: usize) -> Option<usize> {
    let end = at + V::BYTES;
    (end < len).then(|| end.min(len - V::BYTES))
}

/// x^e in the making of the program.
const fn power(x: usize, e: usize) -> u8 {
    let mut product = 1;
    let mut count = 0;
    while count < e {
        product = mul(product, x.to_be_bytes()[size_of::<usize>() - 1]);
        count += 1;
    }
    product
}

/// Bits of the greatest point.
const fn bits(n: usize) -> usize {
    (usize::BITS - n.leading_zeros()) as usize
}

/// The shares, for thresholds known when the program is made.
///
/// Squaring is additive in characteristic 2, so the part of the polynomial with exponents 1, 2, 4
/// is too: its values at 1, 2, 4, ... give those at all points by additions. Multiplications are left
/// for these few points, and for the other exponents.
#[inline(always)]
fn deal_few<V: Vector, const K: usize, const N: usize>(
    secret: &[u8],
    rows: Rows<'_>,
    outs: &mut [&mut [u8]],
    from: usize,
) {
    let len = secret.len();
    // Slices of one length, so that bounds are checked once.
    let mut starts = [&secret[..0]; 4];
    for e in 1..K {
        starts[e - 1] = &rows.bytes[rows.start(e)..][..len];
    }
    let mut rest = outs.iter_mut();
    let outs: [&mut [u8]; N] =
        core::array::from_fn(|_| &mut rest.next().expect("n outs")[from..from + len]);
    let mut next = Some(0);
    while let Some(at) = next {
        let mut coefficients = [V::zero(); 4];
        for e in 1..K {
            coefficients[e - 1] = V::load(starts[e - 1], at);
        }
        let values = values_few::<V, K, N>(V::load(secret, at), coefficients);
        for x in 0..N {
            values[x].store(outs[x], at);
        }
        next = after::<V>(at, len);
    }
}

/// The values at points 1 to N; see [`deal_few`].
///
/// Written out: arrays that are indexed in loops would live in memory, not in registers.
#[inline(always)]
pub(super) fn values_few<V: Vector, const K: usize, const N: usize>(
    secret: V,
    coefficients: [V; 4],
) -> [V; 9] {
    match (K, N) {
        (2, 3) => values_2_3(secret, coefficients[0]),
        (3, 5) => values_3_5(secret, coefficients[0], coefficients[1]),
        (5, 9) => values_5_9(secret, coefficients),
        _ => unreachable!("the few are these three"),
    }
}

#[inline(always)]
fn values_2_3<V: Vector>(secret: V, a1: V) -> [V; 9] {
    let two = secret.add(V::times(a1.operand(), factor::<V, 2, 1>()));
    let none = V::zero();
    [
        secret.add(a1),
        two,
        two.add(a1),
        none,
        none,
        none,
        none,
        none,
        none,
    ]
}

#[inline(always)]
fn values_3_5<V: Vector>(secret: V, a1: V, a2: V) -> [V; 9] {
    let (o1, o2) = (a1.operand(), a2.operand());
    let at_1 = a1.add(a2);
    let at_2 = V::times(o1, factor::<V, 2, 1>()).add(V::times(o2, factor::<V, 2, 2>()));
    let at_4 = V::times(o1, factor::<V, 4, 1>()).add(V::times(o2, factor::<V, 4, 2>()));
    let (two, four, none) = (secret.add(at_2), secret.add(at_4), V::zero());
    [
        secret.add(at_1),
        two,
        two.add(at_1),
        four,
        four.add(at_1),
        none,
        none,
        none,
        none,
    ]
}

#[inline(always)]
fn values_5_9<V: Vector>(secret: V, [a1, a2, a3, a4]: [V; 4]) -> [V; 9] {
    let (o1, o2, o3, o4) = (a1.operand(), a2.operand(), a3.operand(), a4.operand());
    macro_rules! additive {
        ($x:literal) => {
            V::times(o1, factor::<V, $x, 1>())
                .add(V::times(o2, factor::<V, $x, 2>()))
                .add(V::times(o4, factor::<V, $x, 4>()))
        };
    }
    macro_rules! cubic {
        ($x:literal) => {
            V::times(o3, factor::<V, $x, 3>())
        };
    }
    let at_1 = a1.add(a2).add(a4);
    let (two, four, eight) = (additive!(2), additive!(4), additive!(8));
    let (two, four, eight) = (secret.add(two), secret.add(four), secret.add(eight));
    let six = two.add(four).add(secret);
    [
        secret.add(at_1).add(a3),
        two.add(cubic!(2)),
        two.add(at_1).add(cubic!(3)),
        four.add(cubic!(4)),
        four.add(at_1).add(cubic!(5)),
        six.add(cubic!(6)),
        six.add(at_1).add(cubic!(7)),
        eight.add(cubic!(8)),
        eight.add(at_1).add(cubic!(9)),
    ]
}

/// The factor X^E.
#[inline(always)]
fn factor<V: Vector, const X: usize, const E: usize>() -> V::Factor {
    V::factor(const { power(X, E) })
}

/// The shares, for any threshold; the same way.
#[inline(always)]
fn deal_any<V: Vector>(
    powers: &Powers,
    secret: &[u8],
    rows: Rows<'_>,
    outs: &mut [&mut [u8]],
    from: usize,
) {
    let (k, n) = (usize::from(powers.threshold.k()), outs.len());
    let mut next = Some(0);
    while let Some(at) = next {
        let mut additive = [V::zero(); 8];
        for e in (1..k).filter(|e| e.is_power_of_two()) {
            let operand = V::load(rows.bytes, rows.start(e) + at).operand();
            for (bit, additive) in additive[..bits(n)].iter_mut().enumerate() {
                *additive = additive.add(V::times(operand, V::factor(powers.of(1 << bit, e))));
            }
        }
        let constant = V::load(secret, at);
        for (x, out) in (1..).zip(outs.iter_mut()) {
            let mut value = constant;
            for bit in (0..bits(n)).filter(|bit| x >> bit & 1 == 1) {
                value = value.add(additive[bit]);
            }
            for e in (1..k).filter(|e| !e.is_power_of_two()) {
                let operand = V::load(rows.bytes, rows.start(e) + at).operand();
                value = value.add(V::times(operand, V::factor(powers.of(x, e))));
            }
            value.store(out, from + at);
        }
        next = after::<V>(at, secret.len());
    }
}

/// The shares of a few bytes.
fn deal_bytes(powers: &Powers, secret: &[u8], rows: Rows<'_>, outs: &mut [&mut [u8]], from: usize) {
    let k = usize::from(powers.threshold.k());
    for (x, out) in (1..).zip(outs) {
        for (at, secret) in secret.iter().enumerate() {
            let term = |e| mul(rows.bytes[rows.start(e) + at], powers.of(x, e));
            out[from + at] = (1..k).fold(*secret, |sum, e| sum ^ term(e));
        }
    }
}

/// # Panics
/// When lengths or counts differ from what [`weighted_sum`] takes.
pub(super) fn check_sum(rows: &[&[u8]], weights: &[u8], until: usize) {
    assert_eq!(rows.len(), weights.len(), "one weight for each row");
    assert!(
        rows.iter().all(|row| row.len() >= until),
        "rows as long as the sum"
    );
}

/// See [`super::Kernel::weighted_sum`]; what it checks is taken for granted.
#[inline(always)]
pub(super) fn weighted_sum<V: Vector>(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    let (len, narrow) = (out.len(), V::Narrower::BYTES);
    if len >= V::BYTES {
        sum_vectors::<V>(rows, weights, from, out);
    } else if narrow < V::BYTES && len >= narrow {
        sum_vectors::<V::Narrower>(rows, weights, from, out);
    } else {
        for (at, out) in out.iter_mut().enumerate() {
            let terms = rows.iter().zip(weights);
            *out = terms.fold(0, |sum, (row, weight)| sum ^ mul(row[from + at], *weight));
        }
    }
}

/// The weighted sum of what fills a vector or more.
#[inline(always)]
fn sum_vectors<V: Vector>(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    match weights.iter().filter(|weight| **weight != 0).count() {
        2 => sum_few::<V, 2>(rows, weights, from, out),
        3 => sum_few::<V, 3>(rows, weights, from, out),
        4 => sum_few::<V, 4>(rows, weights, from, out),
        5 => sum_few::<V, 5>(rows, weights, from, out),
        6 => sum_few::<V, 6>(rows, weights, from, out),
        _ => sum_any::<V>(rows, weights, from, out),
    }
}

/// The weighted sum of any number of rows.
#[inline(always)]
fn sum_any<V: Vector>(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    let mut next = Some(0);
    while let Some(at) = next {
        let mut sum = V::zero();
        for (row, weight) in rows.iter().zip(weights).filter(|(_, weight)| **weight != 0) {
            let operand = V::load(row, from + at).operand();
            sum = sum.add(V::times(operand, V::factor(*weight)));
        }
        sum.store(out, at);
        next = after::<V>(at, out.len());
    }
}

/// The rows that count and their factors, cut to one length so that bounds are checked once.
#[inline(always)]
pub(super) fn chosen<'a, V: Vector, const M: usize>(
    rows: &[&'a [u8]],
    weights: &[u8],
    from: usize,
    len: usize,
) -> [(&'a [u8], V::Factor); M] {
    let mut pairs = rows.iter().zip(weights).filter(|(_, weight)| **weight != 0);
    core::array::from_fn(|_| {
        let (row, weight) = pairs.next().expect("counted before");
        (&row[from..from + len], V::factor(*weight))
    })
}

/// The weighted sum of few rows, whose factors stay in registers.
#[inline(always)]
fn sum_few<V: Vector, const M: usize>(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    let len = out.len();
    let chosen = chosen::<V, M>(rows, weights, from, len);
    let mut next = Some(0);
    while let Some(at) = next {
        let mut sum = V::zero();
        for (row, factor) in chosen {
            sum = sum.add(V::times(V::load(row, at).operand(), factor));
        }
        sum.store(out, at);
        next = after::<V>(at, len);
    }
}

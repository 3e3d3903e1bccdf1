//! Isogenies of a secret degree within a batch: always the work of the largest.
//!
//! The kernel's points [1]P to [(l-1)/2]P are made four at a time; those beyond the secret degree
//! are replaced by neutral factors. (The square-root formulas of ePrint 2020/341 take fewer
//! products for large degrees, but products that wait for one another; these fill vectors.)
//!
//! Source: Vélu 1971; Costello, Hisil, "A simple and compact algorithm for SIDH with arbitrary
//! degree isogenies", 2017 (ePrint 2017/504), Algorithm 3; the codomain in twisted Edwards form by
//! Meyer, Reith, "A faster way to the CSIDH", 2018 (ePrint 2018/782), section 4; degrees hidden
//! like dolls in each other: ePrint 2021/633, section 5.

use crate::curve::{Curve, each, rows, step, sum_and_difference};
use crate::field::{Fp, Multiply};
use crate::lanes::{Lanes, Machine, Own};
use crate::mask::Mask;
use crate::prime::Batch;

/// The points of a kernel, four at a time: `[4k + 1]P` to `[4k + 4]P`.
struct Kernel<M: Machine> {
    current: M::Eight,
    next: M::Eight,
    /// X + Z and X - Z of `[4]P`, again and again.
    stride: M::Eight,
}

impl<M: Machine> Kernel<M> {
    /// Of the point in the first two lanes.
    fn new(point: &M::Four, curve: &Curve) -> Self {
        let constants: M::Four = curve.constants();
        let [x, z, ..] = point.elements();
        let difference = M::Four::of(&[z, x, z, x]);
        let start = M::Four::of(&[x, z, Fp::ONE, Fp::ZERO]);
        let two_one = step(&start, &difference, &constants);
        let four_three = step(&two_one, &difference, &constants);
        let [x2, z2, ..] = two_one.elements();
        let [x4, z4, x3, z3] = four_three.elements();
        let current = M::Eight::of(&[x, z, x2, z2, x3, z3, x4, z4]);
        let pairs = M::Eight::of(&[x4, z4, x, z, x3, z3, x4, z4]);
        let differences = M::Eight::of(&[z3, x3, z3, x3, z, x, z, x]);
        let eight_five_six_seven = step(&pairs, &differences, &curve.constants());
        Self {
            current,
            next: eight_five_six_seven.permuted([2, 3, 4, 5, 6, 7, 0, 1]),
            stride: sum_and_difference(&current).permuted(each([6, 7])),
        }
    }

    /// Goes on by four points: `B + [4]P`, whose difference is the block before.
    fn advance(&mut self) {
        let cross = sum_and_difference(&self.next)
            .permuted(rows([1, 0, 3, 2]))
            .mul(&self.stride);
        let sums = cross.butterfly(rows([1, 0, 3, 2]), each([Own::Plus, Own::Minus]));
        let sum = sums
            .mul(&sums)
            .mul(&self.current.permuted(rows([1, 0, 3, 2])));
        self.current = self.next;
        self.next = sum;
    }
}

/// Products over the kernel: for the codomain, and for the pair of points to be mapped.
struct Products<L> {
    codomain: L,
    image: L,
}

/// The curve behind the isogeny with the kernel of a point of order `degree`; maps a pair of points.
///
/// Shape: `point` twice in its lanes; the pair: either point twice. `degree` is of the batch.
/// Time: constant in all but the batch and whether there is a pair.
pub(crate) fn isogeny<M: Machine>(
    curve: &Curve,
    point: &M::Four,
    degree: u64,
    batch: Batch,
    pair: Option<&mut M::Eight>,
) -> Curve {
    let one = M::Eight::of(&[Fp::ONE; 8]);
    // X + Z = 1 and X - Z = 0 multiply both coordinates of an image by the same.
    let neutral = M::Eight::of(&each([Fp::ONE, Fp::ZERO]));
    let always = usize::from(batch.smallest() / 2);
    let most = usize::from(batch.largest() / 2);

    let pair_terms = pair.as_deref().map(sum_and_difference);
    let mut products: Option<Products<M::Eight>> = None;
    let mut kernel = Kernel::<M>::new(point, curve);
    let mut done = 0;
    loop {
        let terms = sum_and_difference(&kernel.current);
        let (mut factors, mut images) = (terms, terms);
        if done + 4 > always {
            let masks = masks(done, degree);
            factors = one.select(&terms, &masks);
            images = neutral.select(&terms, &masks);
        }
        products = Some(absorb(products, &factors, &images, pair_terms.as_ref()));
        done += 4;
        if done >= most {
            break;
        }
        kernel.advance();
    }
    let products = products.expect("every kernel has a point");
    if let Some(pair) = pair {
        let both = products
            .image
            .mul(&products.image.permuted(rows([2, 3, 0, 1])));
        *pair = pair.mul(&both.mul(&both));
    }
    codomain::<M>(curve, &products.codomain.elements(), degree, batch)
}

/// All ones in the lanes of points [i]P with i <= (degree - 1)/2.
fn masks(done: usize, degree: u64) -> [u64; 8] {
    core::array::from_fn(|lane| {
        let i = (done + lane / 2 + 1) as u64;
        Mask::is_below(2 * i, degree).word()
    })
}

/// Multiplies four points' terms into the products.
#[inline(always)]
fn absorb<L: Lanes<8>>(
    products: Option<Products<L>>,
    factors: &L,
    images: &L,
    pair_terms: Option<&L>,
) -> Products<L> {
    let mut image = *images;
    if let Some(pair_terms) = pair_terms {
        // X - Z and X + Z of two kernel points, for either point of the pair.
        let half = |from| {
            let cross = pair_terms.mul(&images.permuted(from));
            cross.butterfly(rows([1, 0, 3, 2]), each([Own::Plus, Own::Minus]))
        };
        let low = half([1, 0, 3, 2, 1, 0, 3, 2]);
        image = low.mul(&half([5, 4, 7, 6, 5, 4, 7, 6]));
        if let Some(products) = &products {
            image = image.mul(&products.image);
        }
    }
    let codomain = match &products {
        Some(products) => products.codomain.mul(factors),
        None => *factors,
    };
    Products { codomain, image }
}

/// (a, d) becomes (a^l · (∏(X + Z))^8, d^l · (∏(X - Z))^8).
fn codomain<M: Multiply>(curve: &Curve, terms: &[Fp; 8], degree: u64, batch: Batch) -> Curve {
    let side = |base: &Fp, offset: usize| {
        let mut eighth = M::mul(&terms[offset], &terms[offset + 2]);
        eighth = M::mul(&eighth, &M::mul(&terms[offset + 4], &terms[offset + 6]));
        for _ in 0..3 {
            eighth = M::mul(&eighth, &eighth);
        }
        M::mul(&power::<M>(base, degree, batch.largest()), &eighth)
    };
    Curve {
        a: side(&curve.a, 0),
        d: side(&curve.d, 1),
    }
}

/// To a secret power of at most `most`.
fn power<M: Multiply>(base: &Fp, exponent: u64, most: u16) -> Fp {
    let mut total = Fp::ONE;
    for bit in (0..u16::BITS - most.leading_zeros()).rev() {
        total = M::mul(&total, &total);
        let more = M::mul(&total, base);
        total.assign(&more, Mask::of_bit(exponent >> bit));
    }
    total
}

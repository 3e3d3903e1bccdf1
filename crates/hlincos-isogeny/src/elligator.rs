//! Two random points: one on the curve, one on its twist.
//!
//! Source: Bernstein, Hamburg, Krasnova, Lange, "Elligator: elliptic-curve points indistinguishable
//! from uniform random strings", 2013, section 5 (Elligator 2); for the pair of points and A = 0,
//! ePrint 2021/633, section 5, and ePrint 2018/782, section 5.2.

use crate::curve::Curve;
use crate::field::Fp;
use crate::lanes::{Lanes, Machine};

/// A point with y in the field and one with y outside, each twice, from a random element.
///
/// Time: constant in the curve and the element.
pub(crate) fn points<M: Machine>(curve: &Curve, random: &Fp) -> M::Eight {
    let sum = curve.a.add(&curve.d);
    let (a, c) = (sum.add(&sum), curve.a.sub(&curve.d));
    let square = M::mul(random, random);
    // x = A/(C(u² - 1)) and x' = -x - A/C = -A·u²/(C(u² - 1)) : f(x) or f(x') is a square.
    let mut z = M::mul(&c, &square.sub(&Fp::ONE));
    let mut x = a;
    let mut other = Fp::ZERO.sub(&M::mul(&a, &square));
    // f(x) is a square exactly if A·Z(u²A² + Z²) is.
    let inside = M::mul(&square, &M::mul(&a, &a)).add(&M::mul(&z, &z));
    let mut value = M::mul(&M::mul(&a, &z), &inside);
    // On y² = x³ + x, f(-x) = -f(x), and -1 is no square: x = u and -u.
    let flat = a.is_zero();
    let value_if_flat = M::mul(random, &square.add(&Fp::ONE));
    x.assign(random, flat);
    other.assign(&Fp::ZERO.sub(random), flat);
    z.assign(&Fp::ONE, flat);
    value.assign(&value_if_flat, flat);

    let swap = !value.is_square::<M>();
    Fp::swap(&mut x, &mut other, swap);
    M::Eight::of(&[x, z, x, z, other, z, other, z])
}

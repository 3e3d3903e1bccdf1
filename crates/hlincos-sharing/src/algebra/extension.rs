//! GF(2^128) as an extension of GF(2^8): polynomials in z modulo z^16 + z^3 + z + 6.
//!
//! Byte i is the coefficient of z^i, so that an element times one of GF(2^8) is every byte times
//! that: sums of shares and of these elements go together. GCM's field does not have that.
//!
//! Time: constant; no table is indexed and no branch taken by data.

/// An element.
pub(crate) type Element = [u8; DEGREE];

/// Coefficients of an element.
pub(crate) const DEGREE: usize = 16;

pub(crate) const ONE: Element = {
    let mut one = [0; DEGREE];
    one[0] = 1;
    one
};

/// Sum of two elements.
pub(crate) fn add(mut a: Element, b: &Element) -> Element {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
    a
}

/// Product of two elements.
pub(crate) fn mul(a: &Element, b: &Element) -> Element {
    // b times x^t: any of its multiples by a coefficient is a sum of these.
    let mut doubled = [u128::from_be_bytes(*b); 8];
    for t in 1..8 {
        doubled[t] = double(doubled[t - 1]);
    }
    // Horner's rule in z: the highest coefficient of a first.
    a.iter().rev().fold([0; DEGREE], |sum, coefficient| {
        let bits = doubled.iter().enumerate();
        let multiple = bits.fold(0, |sum, (t, doubled)| {
            sum ^ doubled & 0_u128.wrapping_sub(u128::from(coefficient >> t & 1))
        });
        add(times_z(&sum), &multiple.to_be_bytes())
    })
}

/// Every coefficient times x.
fn double(a: u128) -> u128 {
    const LOWEST: u128 = u128::MAX / 255;
    let carries = a >> 7 & LOWEST;
    (a & !(LOWEST << 7)) << 1 ^ carries ^ carries << 1 ^ carries << 3 ^ carries << 4
}

/// z times an element: z^16 is z^3 + z + 6.
pub(crate) fn times_z(a: &Element) -> Element {
    let top = a[DEGREE - 1];
    let mut product = [0; DEGREE];
    product[1..].copy_from_slice(&a[..DEGREE - 1]);
    let double = top << 1 ^ 0x1B & 0_u8.wrapping_sub(top >> 7);
    let four = double << 1 ^ 0x1B & 0_u8.wrapping_sub(double >> 7);
    product[0] ^= double ^ four;
    product[1] ^= top;
    product[3] ^= top;
    product
}

/// An element to some power.
pub(crate) fn power(base: &Element, exponent: u64) -> Element {
    let bits = u64::BITS - exponent.leading_zeros();
    (0..bits).rev().fold(ONE, |result, bit| {
        let square = mul(&result, &result);
        if exponent >> bit & 1 == 1 {
            mul(&square, base)
        } else {
            square
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field;

    const Z: Element = {
        let mut z = [0; DEGREE];
        z[1] = 1;
        z
    };

    fn some(seed: u8) -> Element {
        core::array::from_fn(|at| {
            field::mul(seed.wrapping_add(3), 7 * u8::try_from(at).unwrap() + 1)
        })
    }

    /// Long multiplication, then reduction from the top: another way to the same product.
    fn plain(a: &Element, b: &Element) -> Element {
        let mut long = [0; 2 * DEGREE];
        for (i, a) in a.iter().enumerate() {
            for (j, b) in b.iter().enumerate() {
                long[i + j] ^= field::mul(*a, *b);
            }
        }
        for at in (DEGREE..2 * DEGREE).rev() {
            let top = long[at];
            long[at - 16] ^= field::mul(6, top);
            long[at - 15] ^= top;
            long[at - 13] ^= top;
        }
        *long.first_chunk().unwrap()
    }

    #[test]
    fn products_are_those_of_the_plain_twin() {
        for a in 0..=255 {
            for b in [0, 1, 2, 97, 254] {
                assert_eq!(mul(&some(a), &some(b)), plain(&some(a), &some(b)));
            }
            assert_eq!(times_z(&some(a)), plain(&Z, &some(a)));
            assert_eq!(mul(&some(a), &ONE), some(a));
        }
    }

    #[test]
    fn an_element_of_the_small_field_multiplies_every_byte() {
        for small in 0..=255 {
            let mut embedded = [0; DEGREE];
            embedded[0] = small;
            let expected = some(9).map(|byte| field::mul(byte, small));
            assert_eq!(mul(&embedded, &some(9)), expected);
        }
    }

    #[test]
    fn the_modulus_is_irreducible() {
        // Rabin's test, for degree 16 = 2^4: z^(256^16) is z, and z^(256^8) - z has an inverse.
        let frobenius = |a: Element, times| (0..times).fold(a, |a, _| mul(&a, &a));
        let half = frobenius(Z, 64);
        assert_eq!(frobenius(half, 64), Z);
        let difference = add(half, &Z);
        // Its order divides 2^128 - 1 if and only if it is invertible: d^(2^128 - 2) * d = 1.
        let mut inverse = ONE;
        let mut square = difference;
        for _ in 1..128 {
            square = mul(&square, &square);
            inverse = mul(&inverse, &square);
        }
        assert_eq!(mul(&inverse, &difference), ONE);
    }

    #[test]
    fn powers_add_up() {
        assert_eq!(power(&some(1), 0), ONE);
        let all = (0..37).fold(ONE, |product, _| mul(&product, &some(1)));
        assert_eq!(power(&some(1), 37), all);
    }
}

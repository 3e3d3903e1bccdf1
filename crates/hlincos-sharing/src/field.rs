//! GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (0x11B).
//!
//! No table is indexed by data and no branch depends on it. `kernel` has the same for whole slices.

/// Product of two elements.
///
/// Time: constant.
pub(crate) const fn mul(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut a = a;
    let mut bit = 0;
    while bit < 8 {
        product ^= a & 0_u8.wrapping_sub(b >> bit & 1);
        a = a << 1 ^ 0x1B & 0_u8.wrapping_sub(a >> 7);
        bit += 1;
    }
    product
}

/// Inverse of an element; 0 for 0.
///
/// Time: constant. a^254, since the group has 255 elements.
pub(crate) const fn inverse(a: u8) -> u8 {
    let mut power = a;
    let mut result = 1;
    let mut bit = 1;
    while bit < 8 {
        power = mul(power, power);
        result = mul(result, power);
        bit += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long multiplication, then reduction: another way to the same product.
    fn plain(a: u8, b: u8) -> u8 {
        let mut long = 0_u16;
        for bit in 0..8 {
            if b >> bit & 1 == 1 {
                long ^= u16::from(a) << bit;
            }
        }
        for bit in (8..16).rev() {
            if long >> bit & 1 == 1 {
                long ^= 0x11B << (bit - 8);
            }
        }
        u8::try_from(long).unwrap()
    }

    #[test]
    fn every_product_is_that_of_the_plain_twin() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                assert_eq!(mul(a, b), plain(a, b));
            }
        }
    }

    #[test]
    fn every_inverse_is_one() {
        assert!((1..=255).all(|a| mul(a, inverse(a)) == 1));
        assert_eq!(inverse(0), 0);
    }
}

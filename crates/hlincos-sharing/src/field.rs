//! GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (0x11B).
//!
//! No table is indexed by data and no branch depends on it. Slices are multiplied by a *public*
//! element, eight bytes in a word, so that the compiler makes vector code of the loops.

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

/// `to[i] ^= factor * from[i]`.
///
/// Shape: equal lengths.
/// Time: constant in the bytes; depends on `factor`, which is public.
///
/// # Panics
/// When the lengths differ: a bug of the caller in this crate.
pub(crate) fn add_scaled(to: &mut [u8], from: &[u8], factor: u8) {
    assert_eq!(to.len(), from.len(), "shares of one secret have one length");
    let (to_words, to_rest) = to.as_chunks_mut::<8>();
    let (from_words, from_rest) = from.as_chunks::<8>();
    for (to, from) in to_words.iter_mut().zip(from_words) {
        let sum = u64::from_be_bytes(*to) ^ scale_word(u64::from_be_bytes(*from), factor);
        *to = sum.to_be_bytes();
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to ^= mul(*from, factor);
    }
}

/// `values[i] = factor * values[i] ^ add[i]`: one step of Horner's rule.
///
/// # Panics
/// When the lengths differ: a bug of the caller in this crate.
pub(crate) fn scale_and_add(values: &mut [u8], factor: u8, add: &[u8]) {
    assert_eq!(
        values.len(),
        add.len(),
        "shares of one secret have one length"
    );
    let (words, rest) = values.as_chunks_mut::<8>();
    let (add_words, add_rest) = add.as_chunks::<8>();
    for (value, add) in words.iter_mut().zip(add_words) {
        let sum = scale_word(u64::from_be_bytes(*value), factor) ^ u64::from_be_bytes(*add);
        *value = sum.to_be_bytes();
    }
    for (value, add) in rest.iter_mut().zip(add_rest) {
        *value = mul(*value, factor) ^ add;
    }
}

/// Eight products at once.
#[inline(always)]
const fn scale_word(word: u64, factor: u8) -> u64 {
    const TOP: u64 = 0x8080_8080_8080_8080;
    let mut product = 0;
    let mut power = word;
    let mut factor = factor;
    // The factor is public: this loop may end early.
    while factor != 0 {
        product ^= power & 0_u64.wrapping_sub((factor & 1) as u64);
        let carry = (power & TOP) >> 7;
        power = (power & !TOP) << 1 ^ carry.wrapping_mul(0x1B);
        factor >>= 1;
    }
    product
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

    #[test]
    fn slices_of_every_length_are_multiplied_like_single_bytes() {
        let from: alloc::vec::Vec<u8> = (0..=255).collect();
        for factor in 0..=255 {
            for len in [0, 1, 7, 8, 9, 64, 255, 256] {
                let mut to = alloc::vec![0xA5; len];
                add_scaled(&mut to, &from[..len], factor);
                let mut horner = from[..len].to_vec();
                scale_and_add(&mut horner, factor, &to);
                for i in 0..len {
                    assert_eq!(to[i], 0xA5 ^ plain(from[i], factor));
                    assert_eq!(horner[i], plain(from[i], factor) ^ to[i]);
                }
            }
        }
    }
}

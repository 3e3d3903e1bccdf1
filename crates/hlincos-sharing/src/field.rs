//! GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (0x11B).
//!
//! No table is indexed by data and no branch depends on it. Slices are multiplied by a *public*
//! element, in blocks, so that the compiler makes vector code of the loops.

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
    let (to_blocks, to_rest) = to.as_chunks_mut::<BLOCK_BYTES>();
    let (from_blocks, from_rest) = from.as_chunks::<BLOCK_BYTES>();
    for (to, from) in to_blocks.iter_mut().zip(from_blocks) {
        let product = scale_block(from, factor);
        to.iter_mut()
            .zip(product)
            .for_each(|(to, product)| *to ^= product);
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
    let (blocks, rest) = values.as_chunks_mut::<BLOCK_BYTES>();
    let (add_blocks, add_rest) = add.as_chunks::<BLOCK_BYTES>();
    for (values, add) in blocks.iter_mut().zip(add_blocks) {
        let product = scale_block(values, factor);
        let sums = values.iter_mut().zip(product).zip(add);
        sums.for_each(|((value, product), add)| *value = product ^ add);
    }
    for (value, add) in rest.iter_mut().zip(add_rest) {
        *value = mul(*value, factor) ^ add;
    }
}

/// Bytes that are multiplied together: some vector registers' worth.
const BLOCK_BYTES: usize = 128;

/// Many products at once: the same steps for every byte, so that they become vector code.
#[inline(always)]
fn scale_block(block: &[u8; BLOCK_BYTES], factor: u8) -> [u8; BLOCK_BYTES] {
    let mut product = [0; BLOCK_BYTES];
    let mut power = *block;
    let mut factor = factor;
    // The factor is public: this loop may end early.
    while factor != 0 {
        let taken = 0_u8.wrapping_sub(factor & 1);
        for (product, power) in product.iter_mut().zip(&mut power) {
            *product ^= *power & taken;
            *power = *power << 1 ^ 0x1B & 0_u8.wrapping_sub(*power >> 7);
        }
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
            for len in [0, 1, 7, 127, 128, 129, 255, 256] {
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

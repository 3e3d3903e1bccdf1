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

/// `out[i] = sum of weights[j] * rows[j][from + i]`.
///
/// Shape: as many weights as rows; every row reaches to `from + out.len()`.
/// Time: constant in the bytes; depends on the weights, which are public.
///
/// # Panics
/// When a row is too short: a bug of the caller in this crate.
pub(crate) fn weighted_sum(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    let (blocks, rest) = out.as_chunks_mut::<BLOCK_BYTES>();
    let rest_from = from + blocks.len() * BLOCK_BYTES;
    let bits = 8 - weights
        .iter()
        .fold(0, |all, weight| all | weight)
        .leading_zeros();
    for (index, out) in blocks.iter_mut().enumerate() {
        let at = from + index * BLOCK_BYTES;
        let mut sum = [0; BLOCK_BYTES];
        // Horner's rule over the bits of all weights at once: seven doublings at most.
        for bit in (0..bits).rev() {
            double(&mut sum);
            for (row, weight) in rows.iter().zip(weights) {
                if weight >> bit & 1 == 1 {
                    add(&mut sum, &row[at..at + BLOCK_BYTES]);
                }
            }
        }
        *out = sum;
    }
    for (index, out) in rest.iter_mut().enumerate() {
        let terms = rows.iter().zip(weights);
        *out = terms.fold(0, |sum, (row, weight)| {
            sum ^ mul(row[rest_from + index], *weight)
        });
    }
}

/// `values[i] = factor * values[i] ^ added[i]`: one step of Horner's rule.
///
/// Time: constant in the bytes; depends on `factor`, which is public.
///
/// # Panics
/// When the lengths differ: a bug of the caller in this crate.
pub(crate) fn scale_and_add(values: &mut [u8], factor: u8, added: &[u8]) {
    assert_eq!(
        values.len(),
        added.len(),
        "shares of one secret have one length"
    );
    let (blocks, rest) = values.as_chunks_mut::<BLOCK_BYTES>();
    let (added_blocks, added_rest) = added.as_chunks::<BLOCK_BYTES>();
    let bits = 8 - factor.leading_zeros();
    for (values, added) in blocks.iter_mut().zip(added_blocks) {
        let mut product = if factor == 0 {
            [0; BLOCK_BYTES]
        } else {
            *values
        };
        for bit in (0..bits.saturating_sub(1)).rev() {
            double(&mut product);
            if factor >> bit & 1 == 1 {
                add(&mut product, values);
            }
        }
        add(&mut product, added);
        *values = product;
    }
    for (value, added) in rest.iter_mut().zip(added_rest) {
        *value = mul(*value, factor) ^ added;
    }
}

/// Multiplies by x, every byte in the same steps, so that they become vector code.
#[inline(always)]
fn double(block: &mut [u8; BLOCK_BYTES]) {
    for byte in block {
        *byte = *byte << 1 ^ 0x1B & 0_u8.wrapping_sub(*byte >> 7);
    }
}

#[inline(always)]
fn add(to: &mut [u8; BLOCK_BYTES], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
}

/// Bytes that go together: as many vector registers as stay free of spills on any machine.
const BLOCK_BYTES: usize = 64;

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
        let bytes: alloc::vec::Vec<u8> = (0..=255).collect();
        for factor in 0..=255 {
            for len in [0, 1, 63, 64, 65, 128, 250] {
                let mut values = bytes[..len].to_vec();
                scale_and_add(&mut values, factor, &bytes[5..len + 5]);
                let mut sum = alloc::vec![0xEE; len];
                let rows = [&bytes[..], &bytes[1..], &bytes[2..]];
                weighted_sum(&rows, &[factor, 0x80, factor ^ 0x5A], 3, &mut sum);
                for at in 0..len {
                    assert_eq!(values[at], plain(bytes[at], factor) ^ bytes[at + 5]);
                    let term = |row: usize, weight| plain(bytes[at + 3 + row], weight);
                    let expected = term(0, factor) ^ term(1, 0x80) ^ term(2, factor ^ 0x5A);
                    assert_eq!(sum[at], expected);
                }
            }
        }
    }
}

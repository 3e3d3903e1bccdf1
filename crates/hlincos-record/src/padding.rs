//! Padmé: lengths that say little, at most 12 % longer.

use crate::limits::PADDED_BYTES_MIN;

/// The length to which `len` bytes are padded, never below 4 KiB.
///
/// Shape: the smallest `L >= len` whose lower bits are zero as Padmé asks: of the exponent's
/// `E = floor(log2 len)` bits only the upper `floor(log2 E) + 1` may be set.
/// Security: at most `O(log log len)` bits of the length remain visible.
///
/// Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
/// with PURBs", PoPETs 2019/4, section 4; `spec/bundle.md`, section 5.
#[must_use]
pub fn padded_len(len: usize) -> usize {
    if len <= PADDED_BYTES_MIN {
        return PADDED_BYTES_MIN;
    }
    let exponent = len.ilog2();
    let visible = exponent.ilog2() + 1;
    let mask = (1_usize << (exponent - visible)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::padded_len;

    #[test]
    fn padding_never_shortens_and_adds_at_most_an_eighth() {
        for len in (1..300_000).chain([1 << 20, (1 << 20) + 1, (8 << 20) - 1]) {
            let padded = padded_len(len);
            assert!(padded >= len);
            assert!(len <= 4096 || padded - len <= len / 8, "{len} -> {padded}");
            assert_eq!(padded_len(padded), padded, "padding twice changes nothing");
        }
    }

    #[test]
    fn short_bundles_all_look_alike() {
        assert!((0..=4096).all(|len| padded_len(len) == 4096));
    }
}

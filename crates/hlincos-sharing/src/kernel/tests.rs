//! Every kernel of this machine computes what the plain twins do.
//!
//! `HLINCOS_KERNELS=portable,ssse3` tries only these, as on a machine that has no others.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use ghash::universal_hash::UniversalHash;

use super::*;
use crate::field::mul;
use crate::keystream::Keystream;
use crate::polynomial::weights_at;
use crate::{
    CHUNK_BYTES, Combiner, Dealer, Point, Randomness, RandomnessError, RandomnessGrade, Splitter,
    TAG_BYTES,
};

/// The kernels to try: all that the machine has, or those of them that the environment names.
pub(crate) fn kernels() -> Vec<Kernel> {
    let wanted = std::env::var("HLINCOS_KERNELS").ok();
    let named = |kernel: &Kernel| {
        let names = wanted.as_deref().unwrap_or(kernel.name());
        names.split(',').any(|name| name == kernel.name())
    };
    let kernels: Vec<Kernel> = Kernel::available().filter(named).collect();
    assert!(
        !kernels.is_empty(),
        "HLINCOS_KERNELS names none of this machine's"
    );
    kernels
}

/// Bytes without a pattern.
fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    (0..len).map(|_| next()).collect()
}

/// The value at x of the polynomials with these coefficients, by Horner's rule.
fn plain_share(secret: &[u8], rows: &[&[u8]], x: u8) -> Vec<u8> {
    let value =
        |at: usize| rows.iter().rev().fold(0, |sum, row| mul(sum ^ row[at], x)) ^ secret[at];
    (0..secret.len()).map(value).collect()
}

#[test]
fn every_kernel_deals_what_the_plain_twin_does_for_all_thresholds_and_lengths() {
    let lens: Vec<usize> = (0..=200).chain([255, 256, 1_000, 4_099]).collect();
    for n in 2..=8_u8 {
        for k in 2..=n.min(5) {
            let threshold = Threshold::new(k, n).unwrap();
            let powers = Powers::new(threshold);
            for len in lens.iter().copied() {
                check_deal(&powers, threshold, len, len % 5);
            }
        }
    }
    for (k, n) in [(2, 255), (3, 17), (9, 16), (16, 31), (255, 255)] {
        let threshold = Threshold::new(k, n).unwrap();
        check_deal(&Powers::new(threshold), threshold, 131, 3);
    }
}

/// Deals with the rows further apart than they are long, into the middle of the outs.
fn check_deal(powers: &Powers, threshold: Threshold, len: usize, from: usize) {
    let (count, stride) = (usize::from(threshold.k()) - 1, len + 7);
    let secret = noise(len, 1);
    let bytes = noise(count * stride, 2);
    let rows: Vec<&[u8]> = (0..count)
        .map(|row| &bytes[row * stride..][..len])
        .collect();
    for kernel in kernels() {
        let mut shares = vec![vec![0xEE; from + len + 3]; usize::from(threshold.n())];
        let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
        let rows_given = Rows {
            bytes: &bytes,
            stride,
        };
        kernel.deal(powers, &secret, rows_given, &mut outs, from);
        for (x, share) in threshold.points().zip(&shares) {
            let what = (kernel.name(), threshold, len, x);
            assert!(
                share[from..][..len] == plain_share(&secret, &rows, x.get()),
                "{what:?}"
            );
            let untouched = share[..from].iter().chain(&share[from + len..]);
            assert!(untouched.copied().all(|byte| byte == 0xEE), "{what:?}");
        }
    }
}

#[test]
fn the_neon_path_deals_and_sums_what_the_portable_one_does_on_any_machine() {
    for (k, n) in [(2, 2), (2, 3), (3, 5), (5, 9), (4, 7), (9, 16)] {
        let powers = Powers::new(Threshold::new(k, n).unwrap());
        for len in (0..=100).chain([1_000]) {
            let (secret, bytes) = (noise(len, 1), noise((usize::from(k) - 1) * len, 2));
            let rows = Rows {
                bytes: &bytes,
                stride: len,
            };
            let mut shares = [0, 1].map(|_| vec![vec![0; len]; usize::from(n)]);
            let [one, other] = &mut shares;
            let mut outs: Vec<&mut [u8]> = one.iter_mut().map(Vec::as_mut_slice).collect();
            Kernel::PORTABLE.deal(&powers, &secret, rows, &mut outs, 0);
            let mut outs: Vec<&mut [u8]> = other.iter_mut().map(Vec::as_mut_slice).collect();
            neon::deal(&powers, &secret, rows, &mut outs, 0);
            assert!(one == other, "({k},{n}) {len}");
            let given: Vec<&[u8]> = one.iter().map(Vec::as_slice).collect();
            let weights = noise(given.len(), 3);
            let mut sums = [0, 1].map(|_| vec![0; len]);
            let [one, other] = &mut sums;
            Kernel::PORTABLE.weighted_sum(&given, &weights, 0, one);
            neon::weighted_sum(&given, &weights, 0, other);
            assert!(one == other, "({k},{n}) {len}");
        }
    }
}

#[test]
fn every_kernel_sums_what_the_plain_twin_does() {
    for count in 0..=9 {
        for len in (0..=200).chain([257, 4_099]) {
            let rows: Vec<Vec<u8>> = (0..count).map(|row| noise(len + 5, row)).collect();
            let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
            // Some weights are 0: their rows do not count.
            let weights = noise(rows.len(), len as u64).into_iter().enumerate();
            let weights: Vec<u8> = weights
                .map(|(at, weight)| if at % 4 == 3 { 0 } else { weight })
                .collect();
            let from = len % 5;
            let plain = |at: usize| {
                let terms = rows.iter().zip(&weights);
                terms.fold(0, |sum, (row, weight)| sum ^ mul(row[from + at], *weight))
            };
            let expected: Vec<u8> = (0..len).map(plain).collect();
            for kernel in kernels() {
                let mut sum = vec![0xEE; len];
                kernel.weighted_sum(&rows, &weights, from, &mut sum);
                assert!(sum == expected, "{kernel}, {count} rows of {len}");
            }
        }
    }
}

#[test]
fn every_factor_is_multiplied_by_right_in_every_kernel() {
    let bytes: Vec<u8> = (0..=255).collect();
    for kernel in kernels() {
        for factor in 0..=255 {
            let mut product = vec![0; 256];
            kernel.weighted_sum(&[&bytes], &[factor], 0, &mut product);
            let expected: Vec<u8> = bytes.iter().map(|byte| mul(*byte, factor)).collect();
            assert!(product == expected, "{kernel}, {factor}");
        }
    }
}

#[test]
fn every_keystream_is_aes_in_counter_mode() {
    let key: [u8; 32] = noise(32, 9).try_into().unwrap();
    let cipher = Aes256::new(&Array::from(key));
    let block = |number: u64| -> [u8; 16] {
        let mut block = [0; 16];
        block[..8].copy_from_slice(b"a nonce!");
        block[8..].copy_from_slice(&number.to_be_bytes());
        let mut block = Array::from(block);
        cipher.encrypt_block(&mut block);
        block.into()
    };
    for kernel in kernels() {
        let stream = Keystream::new(kernel, &key, *b"a nonce!");
        for first in [0, 1, 255, 1 << 32, u64::MAX - 30] {
            for len in (0..=200).chain([511_usize, 512, 513, 2_000]) {
                let blocks = (0..len.div_ceil(16) as u64).map(|at| first.wrapping_add(at));
                let expected: Vec<u8> = blocks.flat_map(block).take(len).collect();
                let mut out = vec![0xEE; len];
                stream.fill_from(first, &mut out);
                assert!(out == expected, "{kernel}, block {first}, {len} bytes");
            }
        }
    }
}

#[test]
fn the_keystream_is_that_of_nist() {
    // SP 800-38A, F.5.5: the keystream is plaintext XOR ciphertext; here its first two blocks.
    let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    let expected = hex("0bdf7df1591716335e9a8b15c860c502 5a6e699d536119065433863c8f657b94");
    for kernel in kernels() {
        let nonce = hex("f0f1f2f3f4f5f6f7").try_into().unwrap();
        let stream = Keystream::new(kernel, &key.clone().try_into().unwrap(), nonce);
        let mut out = vec![0; 32];
        stream.fill_from(0xF8F9_FAFB_FCFD_FEFF, &mut out);
        assert_eq!(out, expected, "{kernel}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let pairs = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

#[test]
fn every_tag_is_the_library_s_ghash_in_whatever_pieces_it_is_given() {
    for kernel in kernels() {
        for len in (0..=600).chain([4_096, 65_535, 65_536]) {
            let x: [u8; 16] = noise(16, len as u64).try_into().unwrap();
            let chunk = noise(len, 3);
            let mut sum = ghash::GHash::new(&ghash::Key::from(x));
            let mut one = [0; 32];
            one[0] = 0x80;
            sum.update_padded(&one);
            sum.update_padded(&chunk);
            if len.div_ceil(16).is_multiple_of(2) {
                sum.update_padded(&[0; 16]);
            }
            let expected: [u8; 16] = sum.finalize().into();
            for step in [16, 48, 512, 65_536] {
                let mut tag = Tag::new(kernel, &x);
                chunk.chunks(step).for_each(|piece| tag.update(piece));
                assert!(tag.finish() == expected, "{kernel}, {len} bytes by {step}");
            }
        }
    }
}

/// The keystream, handed out as such or as filled buffers.
struct Counted {
    stream: Keystream,
    as_keystream: bool,
}

impl Randomness for Counted {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.stream.fill(out);
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }

    fn keystream(&mut self, _blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        Ok(self.as_keystream.then_some(&mut self.stream))
    }
}

/// Splits with coefficients from a fixed keystream.
fn split_with(kernel: Kernel, threshold: Threshold, secret: &[u8], tagged: bool) -> Vec<Vec<u8>> {
    let mut rng = Counted {
        stream: Keystream::new(kernel, &[7; 32], [1; 8]),
        as_keystream: true,
    };
    let len = secret.len() + if tagged { TAG_BYTES } else { 0 };
    let mut shares = vec![vec![0xEE; len]; usize::from(threshold.n())];
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    if tagged {
        let mut splitter = Splitter::with_kernel(kernel, threshold);
        splitter.split_chunk(secret, &mut rng, &mut outs).unwrap();
    } else {
        Dealer::new(kernel, threshold)
            .deal(secret, &mut rng, &mut outs)
            .unwrap();
    }
    shares
}

#[test]
fn coefficients_made_in_registers_give_the_shares_of_coefficients_made_in_memory() {
    let all = (2..=8_u8).flat_map(|n| (2..=n.min(5)).map(move |k| (k, n)));
    for (k, n) in all.chain([(5, 9), (12, 20)]) {
        let threshold = Threshold::new(k, n).unwrap();
        let lens = (0..=40).chain([
            63,
            64,
            65,
            200,
            511,
            512,
            513,
            1_024,
            5_000,
            20_001,
            CHUNK_BYTES,
        ]);
        for len in lens {
            let secret = noise(len, 5);
            for tagged in [false, true] {
                let expected = split_with(Kernel::PORTABLE, threshold, &secret, tagged);
                for kernel in kernels() {
                    let shares = split_with(kernel, threshold, &secret, tagged);
                    assert!(shares == expected, "{kernel} {threshold:?} {len} {tagged}");
                }
            }
        }
    }
}

#[test]
fn rows_of_the_keystream_are_the_coefficients_one_exponent_after_the_other() {
    for (k, n) in [(2, 3), (3, 5), (5, 9), (4, 6)] {
        let threshold = Threshold::new(k, n).unwrap();
        for len in [1, 16, 100, 5_000] {
            let secret = noise(len, 6);
            let mut stream = Keystream::new(Kernel::PORTABLE, &[7; 32], [1; 8]);
            let mut rows = vec![vec![0; len]; usize::from(k) - 1];
            rows.iter_mut().for_each(|row| stream.fill(row));
            let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
            for kernel in kernels() {
                let shares = split_with(kernel, threshold, &secret, false);
                for (x, share) in threshold.points().zip(shares) {
                    assert!(
                        share == plain_share(&secret, &rows, x.get()),
                        "{kernel} {len}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_kernel_combines_what_any_other_split() {
    for (k, n) in [(2, 3), (3, 5), (5, 9), (7, 9), (2, 2)] {
        let threshold = Threshold::new(k, n).unwrap();
        for len in [0, 1, 15, 16, 511, 512, 4_096, 10_000, CHUNK_BYTES] {
            let secret = noise(len, 8);
            let shares = split_with(Kernel::best(), threshold, &secret, true);
            let points: Vec<Point> = threshold.points().skip(usize::from(n - k)).collect();
            let pieces: Vec<&[u8]> = shares
                .iter()
                .skip(usize::from(n - k))
                .map(Vec::as_slice)
                .collect();
            for kernel in kernels() {
                let mut combiner = Combiner::with_kernel(kernel, threshold, &points).unwrap();
                let chunk = combiner.combine_chunk(&pieces).unwrap();
                assert!(chunk == secret, "{kernel} {threshold:?} {len}");
            }
        }
    }
}

#[test]
fn a_wrong_byte_anywhere_breaks_the_tag_in_every_kernel() {
    let threshold = Threshold::new(2, 3).unwrap();
    let secret = noise(2_500, 4);
    let shares = split_with(Kernel::best(), threshold, &secret, true);
    let points: Vec<Point> = threshold.points().take(2).collect();
    for kernel in kernels() {
        for at in (0..shares[0].len()).step_by(7) {
            let mut wrong = shares[0].clone();
            wrong[at] ^= 1;
            let mut combiner = Combiner::with_kernel(kernel, threshold, &points).unwrap();
            assert!(
                combiner.combine_chunk(&[&wrong, &shares[1]]).is_err(),
                "{kernel} {at}"
            );
        }
    }
}

#[test]
fn lagrange_s_weights_leave_constants_as_they_are() {
    let weights = weights_at(&[1, 2, 3], 0);
    assert_eq!(weights.iter().fold(0, |sum, weight| sum ^ weight), 1);
}

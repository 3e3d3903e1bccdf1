//! Dispersal: for bulk data, n/k times its size instead of n times, computationally.
//!
//! The data are encrypted under a fresh key; the ciphertext is cut into k stripes and extended to
//! n by an erasure code; only the key is shared. (2,3) takes 1.5 times the storage. The names are
//! those of the crate's root, so that a policy can choose: [`Scheme`].
//!
//! Security: computational, whatever the key was drawn from: who keeps a stripe today may read it
//! the day AES-256 falls. No refresh makes stripes useless: to refresh, encrypt anew.
//!
//! Source: Krawczyk, "Secret Sharing Made Short", CRYPTO 1993; `spec/dispersal.md` is the page.

mod cipher;
mod combiner;
mod splitter;

#[cfg(feature = "aws-lc")]
pub use cipher::AwsLcGcm;
pub use cipher::ChunkCipher;
pub use combiner::{Combiner, combine_robust};
pub use splitter::{Splitter, protect_and_split};

use crate::amd::ELEMENT_BYTES;
use crate::{RandomnessGrade, Threshold, protected_len};

/// How a secret becomes shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Scheme {
    /// Shamir's: each share as long as the secret; as strong as the randomness.
    Shamir = 1,
    /// This module's: each share a k-th of the secret; computational.
    Dispersal = 2,
}

/// The number is no scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no scheme of sharing")]
pub struct SchemeError(pub u8);

impl TryFrom<u8> for Scheme {
    type Error = SchemeError;
    fn try_from(code: u8) -> Result<Self, SchemeError> {
        match code {
            1 => Ok(Self::Shamir),
            2 => Ok(Self::Dispersal),
            other => Err(SchemeError(other)),
        }
    }
}

impl core::fmt::Display for Scheme {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Shamir => "shamir",
            Self::Dispersal => "dispersal",
        })
    }
}

impl Scheme {
    /// What may be claimed of the shares, by the grade of the randomness.
    #[must_use]
    pub fn grade(self, drawn: RandomnessGrade) -> RandomnessGrade {
        match self {
            Self::Shamir => drawn,
            Self::Dispersal => drawn.min(RandomnessGrade::Drbg),
        }
    }

    /// Length of each share of a secret; `None` if that is no length on this machine.
    #[must_use]
    pub fn share_len(self, threshold: Threshold, secret_len: usize) -> Option<usize> {
        match self {
            Self::Shamir => secret_len
                .checked_add(secret_len / 1_024 + 2 * ELEMENT_BYTES)
                .map(|_| protected_len(secret_len)),
            Self::Dispersal => dispersed_len(threshold, secret_len),
        }
    }
}

/// Bytes of a share's head: the share of key and length, with their tag.
pub const HEAD_BYTES: usize = protected_len(KEY_BYTES + LENGTH_BYTES);
/// Bytes of the key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a stripe of plaintext in one whole chunk.
pub const STRIPE_BYTES: usize = 65_536;
const LENGTH_BYTES: usize = 8;
/// Bytes of the cipher's tag.
pub const CIPHER_TAG_BYTES: usize = 16;

/// Bytes of a secret in one whole chunk.
#[must_use]
pub const fn chunk_bytes(threshold: Threshold) -> usize {
    threshold.k() as usize * STRIPE_BYTES
}

/// Bytes of each share of a chunk.
///
/// Shape: of c bytes, the k-th part of c + 16, rounded up.
#[must_use]
pub const fn piece_len(threshold: Threshold, chunk_len: usize) -> usize {
    (chunk_len + CIPHER_TAG_BYTES).div_ceil(threshold.k() as usize)
}

/// Length of each share of a secret; `None` if that is no length on this machine.
#[must_use]
pub fn dispersed_len(threshold: Threshold, secret_len: usize) -> Option<usize> {
    let chunk = chunk_bytes(threshold);
    let (whole, rest) = (secret_len / chunk, secret_len % chunk);
    let last = if rest > 0 || whole == 0 {
        piece_len(threshold, rest)
    } else {
        0
    };
    whole
        .checked_mul(piece_len(threshold, chunk))?
        .checked_add(last + HEAD_BYTES)
}

/// The nonce of a chunk: four zeros and its number.
fn nonce(chunk: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&chunk.to_be_bytes());
    nonce
}

/// What every chunk is bound to.
fn bound_to(threshold: Threshold, secret_len: u64) -> [u8; 29] {
    let mut bound = [0; 29];
    let (name, numbers) = bound.split_at_mut(NAME.len());
    name.copy_from_slice(NAME);
    numbers[0] = threshold.k();
    numbers[1] = threshold.n();
    numbers[2..].copy_from_slice(&secret_len.to_be_bytes());
    bound
}

const NAME: &[u8; 19] = b"hlincos dispersal 1";

#[cfg(test)]
mod tests;

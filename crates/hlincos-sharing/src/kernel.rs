//! The loops over bytes, each in every vector instruction set that the machine may have.
//!
//! A [`Kernel`] is made only where its instructions are there, so that choosing one is safe. All of
//! them compute the same bytes; tests compare each with the plain twin in `field.rs`.

mod lanes;
#[cfg(any(target_arch = "aarch64", test))]
mod neon;
mod portable;
mod sixteen;
mod tables;
#[cfg(target_arch = "x86_64")]
mod x86;

use core::fmt;

pub(crate) use lanes::{Powers, Rows};
use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{aes512::RoundKeys, fused512::Stream, ghash512::Ghash, pad512};

use crate::Threshold;
use crate::amd::Tag;
use crate::keystream::{BLOCK_BYTES, KeystreamRows};

// What each path needs: all that the `target_feature` lists of its functions name.
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_ssse3, "ssse3");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_avx2, "avx2");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_gfni, "avx2", "gfni");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(
    has_avx512,
    "aes",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "gfni",
    "pclmulqdq",
    "vaes",
    "vpclmulqdq"
);

/// A vector instruction set to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kernel(Path);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Path {
    Portable,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Ssse3,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Gfni256,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Path {
    const ALL: &[Self] = &[
        Self::Portable,
        #[cfg(target_arch = "aarch64")]
        Self::Neon,
        #[cfg(target_arch = "x86_64")]
        Self::Ssse3,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        #[cfg(target_arch = "x86_64")]
        Self::Gfni256,
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
    ];

    fn is_there(self) -> bool {
        match self {
            Self::Portable => true,
            // Part of the architecture.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3 => has_ssse3::get(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has_avx2::get(),
            #[cfg(target_arch = "x86_64")]
            Self::Gfni256 => has_gfni::get(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => has_avx512::get(),
        }
    }
}

impl Kernel {
    /// Works on every machine; its loops become the vector code that the compiler makes of them.
    pub const PORTABLE: Self = Self(Path::Portable);

    /// The fastest that this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// All that this machine has, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        Path::ALL
            .iter()
            .filter(|path| path.is_there())
            .map(|path| Self(*path))
    }

    /// Its name: `portable`, `neon`, `ssse3`, `avx2`, `gfni256` or `avx512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Path::Portable => "portable",
            #[cfg(target_arch = "aarch64")]
            Path::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Path::Ssse3 => "ssse3",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Path::Gfni256 => "gfni256",
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => "avx512",
        }
    }

    /// The round keys of AES for four blocks at a time, if this kernel has that.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn round_keys(self, key: &[u8; 32]) -> Option<RoundKeys> {
        (self.0 == Path::Avx512).then(|| RoundKeys::new(key))
    }

    /// A GHASH sum for four blocks at a time, if this kernel has that.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn ghash(self, key: &[u8; 16]) -> Option<Ghash> {
        (self.0 == Path::Avx512).then(|| Ghash::new(key))
    }

    /// Deals from a place in the secret as far as coefficients can be made in registers, summing
    /// the tag on the way; tells how many bytes, a multiple of 16. The rest is for [`Self::deal`].
    ///
    /// Shape: n outs that reach to the secret's length; `from` is a multiple of 16.
    pub(crate) fn deal_in_registers(
        self,
        threshold: Threshold,
        rows: &KeystreamRows<'_>,
        tag: Option<&mut Tag>,
        secret: &[u8],
        outs: &mut [&mut [u8]],
        from: usize,
    ) -> usize {
        #[cfg(target_arch = "x86_64")]
        if self.0 == Path::Avx512
            && let Some(stream) = rows.wide(from)
        {
            let kn = (threshold.k(), threshold.n());
            return match tag {
                None => x86::fused512::deal(kn, stream, None, secret, outs, from),
                Some(tag) => tag.wide().map_or(0, |(sum, blocks)| {
                    let done = x86::fused512::deal(kn, stream, Some(sum), secret, outs, from);
                    *blocks += done / BLOCK_BYTES;
                    done
                }),
            };
        }
        let _ = (self, threshold, rows, tag, secret, outs, from);
        0
    }

    /// [`Self::weighted_sum`] from the start as far as the tag can be summed in registers on the
    /// way; tells how many bytes, a multiple of 16.
    pub(crate) fn combine_in_registers(
        self,
        rows: &[&[u8]],
        weights: &[u8],
        tag: &mut Tag,
        out: &mut [u8],
    ) -> usize {
        lanes::check_sum(rows, weights, out.len());
        #[cfg(target_arch = "x86_64")]
        if let Some((sum, blocks)) = tag.wide() {
            let done = x86::fused512::combine(rows, weights, sum, out);
            *blocks += done / BLOCK_BYTES;
            return done;
        }
        let _ = (self, tag);
        0
    }

    /// `outs[x-1][from..] = secret + sum of row e * x^e`: the shares at points 1 to n.
    ///
    /// Shape: k-1 rows of the secret's length and n outs, as `powers` was made for; the outs
    /// reach to `from` and the secret's length.
    /// Time: constant in the bytes.
    ///
    /// # Panics
    /// When lengths or counts differ: a bug of the caller in this crate.
    pub(crate) fn deal(
        self,
        powers: &Powers,
        secret: &[u8],
        rows: Rows<'_>,
        outs: &mut [&mut [u8]],
        from: usize,
    ) {
        powers.check(secret.len(), rows, outs, from);
        match self.0 {
            Path::Portable => lanes::deal::<Portable>(powers, secret, rows, outs, from),
            #[cfg(target_arch = "aarch64")]
            Path::Neon => neon::deal(powers, secret, rows, outs, from),
            #[cfg(target_arch = "x86_64")]
            Path::Ssse3 => x86::ssse3::deal(powers, secret, rows, outs, from),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => x86::avx2::deal(powers, secret, rows, outs, from),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni256 => x86::gfni256::deal(powers, secret, rows, outs, from),
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => x86::avx512::deal(powers, secret, rows, outs, from),
        }
    }

    /// `out[i] = sum of weights[j] * rows[j][from + i]`; rows with weight 0 are not read.
    ///
    /// Shape: as many weights as rows; every row reaches to `from + out.len()`.
    /// Time: constant in the bytes; depends on the weights, which are public.
    ///
    /// # Panics
    /// When a row is too short or the counts differ: a bug of the caller in this crate.
    pub(crate) fn weighted_sum(self, rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
        lanes::check_sum(rows, weights, from + out.len());
        match self.0 {
            Path::Portable => lanes::weighted_sum::<Portable>(rows, weights, from, out),
            #[cfg(target_arch = "aarch64")]
            Path::Neon => neon::weighted_sum(rows, weights, from, out),
            #[cfg(target_arch = "x86_64")]
            Path::Ssse3 => x86::ssse3::weighted_sum(rows, weights, from, out),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => x86::avx2::weighted_sum(rows, weights, from, out),
            #[cfg(target_arch = "x86_64")]
            Path::Gfni256 => x86::gfni256::weighted_sum(rows, weights, from, out),
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => x86::avx512::weighted_sum(rows, weights, from, out),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;

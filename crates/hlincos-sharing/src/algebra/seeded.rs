//! Refresh without traffic: shares of zero that each holder makes from short seeds.
//!
//! For every set Z of k-2 holders the contributor gives a seed to all but those of Z. Its bytes
//! are multiplied by x times the product of (x + z) over Z: 0 at 0 and in Z, degree k-1. So nobody
//! needs a seed that it does not have, and any k-2 holders do not know one of them.
//!
//! Source: Cramer, Damgård, Ishai, "Share Conversion, Pseudorandom Secret-Sharing and Applications
//! to Secure Computation", TCC 2005, section 4; `spec/algebra.md`, section 3.

use alloc::vec;
use alloc::vec::Vec;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Route, VALUE_BYTES};
use crate::field::mul;
use crate::keystream::BLOCK_BYTES;
use crate::subsets::{few_subsets, subsets};
use crate::{Kernel, Keystream, Point, RandomnessGrade, Threshold};

/// The sets of holders from whom a seed each is hidden, in order: one empty set for k = 2.
///
/// # Errors
/// [`SeedError::TooMany`].
pub fn hidden_from(threshold: Threshold) -> Result<impl Iterator<Item = Vec<Point>>, SeedError> {
    let (size, n) = (usize::from(threshold.k()) - 2, usize::from(threshold.n()));
    few_subsets(size, n).ok_or(SeedError::TooMany)?;
    let points: Vec<Point> = threshold.points().collect();
    Ok(subsets(size, n).map(move |subset| subset.iter().map(|at| points[*at]).collect()))
}

/// One holder's shares of zero, of one contributor and object.
///
/// Security: computational, [`Self::GRADE`], whatever the seeds were drawn from. As for a dealt
/// share of zero, k-1 holders together know all of it: for k = 2 every holder does. Who learns
/// the seeds later undoes the refresh, so they are to be erased once it is done.
pub struct SeededZero {
    kernel: Kernel,
    streams: Vec<Keystream>,
    masks: Vec<Keystream>,
    weights: Vec<u8>,
    scratch: Zeroizing<Vec<u8>>,
    next_block: u64,
    ended: bool,
}

impl SeededZero {
    /// What may be claimed of a refresh that used one.
    pub const GRADE: RandomnessGrade = RandomnessGrade::Drbg;

    /// Expands the seeds for one object.
    ///
    /// Shape: of the sets of [`hidden_from`], each without `route.to`, its seed once; sets ascend.
    /// One seed serves all objects of a round, and no second round.
    ///
    /// # Errors
    /// [`SeedError::TooMany`], [`SeedError::Sets`].
    pub fn new(
        kernel: Kernel,
        threshold: Threshold,
        route: Route,
        seeds: &[(&[Point], &[u8; 32])],
    ) -> Result<Self, SeedError> {
        let me = route.to;
        let all = hidden_from(threshold)?;
        let (mut streams, mut masks, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for hidden in all.filter(|hidden| !hidden.contains(&me)) {
            let mut of_set = seeds.iter().filter(|(set, _)| *set == hidden);
            let (Some((_, seed)), None) = (of_set.next(), of_set.next()) else {
                return Err(SeedError::Sets);
            };
            let key = object_key(seed, route);
            streams.push(Keystream::new(kernel, &key, [0; 8]));
            masks.push(Keystream::new(kernel, &key, [0xFF; 8]));
            let root = |product, z: &Point| mul(product, me.get() ^ z.get());
            weights.push(hidden.iter().fold(me.get(), root));
        }
        if seeds.len() != weights.len() || me.get() > threshold.n() {
            return Err(SeedError::Sets);
        }
        Ok(Self {
            kernel,
            scratch: Zeroizing::new(vec![0; weights.len() * PART_BYTES]),
            streams,
            masks,
            weights,
            next_block: 0,
            ended: false,
        })
    }

    /// Makes the next piece.
    ///
    /// Shape: a multiple of 16 bytes, except for the last piece.
    /// Time: constant in the seeds.
    ///
    /// # Errors
    /// [`SeedError::Ended`] after a piece that was no multiple of 16.
    pub fn piece(&mut self, out: &mut [u8]) -> Result<(), SeedError> {
        if self.ended {
            return Err(SeedError::Ended);
        }
        self.ended = !out.len().is_multiple_of(BLOCK_BYTES);
        for part in out.chunks_mut(PART_BYTES) {
            self.part(false, part);
            self.next_block += part.len().div_ceil(BLOCK_BYTES) as u64;
        }
        Ok(())
    }

    /// Makes the mask of the verification value.
    pub fn mask(&mut self) -> [u8; VALUE_BYTES] {
        let mut mask = [0; VALUE_BYTES];
        self.part(true, &mut mask);
        mask
    }

    fn part(&mut self, mask: bool, out: &mut [u8]) {
        let (streams, block) = if mask {
            (&self.masks, 0)
        } else {
            (&self.streams, self.next_block)
        };
        let rows = self.scratch.chunks_exact_mut(PART_BYTES);
        for (stream, row) in streams.iter().zip(rows) {
            stream.fill_from(block, &mut row[..out.len()]);
        }
        let rows: Vec<&[u8]> = self.scratch.chunks_exact(PART_BYTES).collect();
        self.kernel.weighted_sum(&rows, &self.weights, 0, out);
    }
}

/// The key of one object: HKDF-SHA-256 of the seed, with object, epoch and contributor.
fn object_key(seed: &[u8; 32], route: Route) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let info = [
        b"hlincos zero sharing 1".as_slice(),
        &route.id.object,
        &route.id.epoch.to_be_bytes(),
        &[route.from.get()],
    ];
    Hkdf::<Sha256>::new(None, seed)
        .expand_multi_info(&info, &mut *key)
        .expect("32 bytes are few");
    key
}

/// Why seeds make no share of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// It would take too many.
    #[error("so great a threshold takes too many seeds; deal shares of zero instead")]
    TooMany,
    /// A seed is missing, twice there, or not for this holder.
    #[error("these are not the seeds of this holder; ask the contributor again")]
    Sets,
    /// A piece after the last one.
    #[error("a piece after one that is no multiple of 16 bytes")]
    Ended,
}

/// Bytes made at a time, of each seed.
const PART_BYTES: usize = 4_096;

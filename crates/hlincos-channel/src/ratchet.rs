//! Suite 3: a chain of keys over slices of physical random numbers, each wiped when it was used.

use zeroize::{Zeroize, Zeroizing};

use crate::End;
use crate::kdf::{Secret, derive};
use crate::link_block::ControlKey;

/// Bytes of a slice.
pub(crate) const SLICE_BYTES: usize = 32;

/// A chain: one for the channels that A serves, one for those that B serves, so that hellos in
/// both directions at once do not meet.
///
/// Security: computational. Who learns a chain key and all later slices reads later channels, but
/// no earlier one: the step cannot be turned back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) epoch: u64,
    pub(crate) key: Secret,
}

impl Chain {
    /// The chain before its first step.
    pub(crate) fn start(control: &ControlKey, server: End) -> Self {
        Self {
            epoch: 0,
            key: derive(&[], &*control.0, &[b"HLINCOS v1 chain", &[server as u8]]),
        }
    }

    /// The chain one step on, over the slice of this epoch.
    pub(crate) fn step(&self, slice: &Secret) -> Self {
        Self {
            epoch: self.epoch + 1,
            key: derive(&*self.key, &**slice, &[b"HLINCOS v1 chain step"]),
        }
    }

    /// The chain at an epoch, over the slices until then; none if one of them is gone.
    pub(crate) fn at(&self, epoch: u64, slices: &Slices, server: End) -> Option<Self> {
        // Bound by the slices there are: a peer may name any epoch.
        if epoch < self.epoch || epoch >= slices.count() {
            return None;
        }
        let mut chain = self.clone();
        while chain.epoch < epoch {
            chain = chain.step(&slices.slice(server, chain.epoch)?);
        }
        Some(chain)
    }
}

/// The slices of both chains, as the link's first block of couriered pad has them.
///
/// Shape: slice e of the channels that A serves at 64 e, of those that B serves at 64 e + 32.
/// A slice of zeros is gone.
pub struct Slices(Zeroizing<Vec<u8>>);

impl Slices {
    pub(crate) const fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Slices of each chain, used ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.0.len() / (2 * SLICE_BYTES)) as u64
    }

    pub(crate) fn slice(&self, server: End, epoch: u64) -> Option<Secret> {
        let at = self.place(server, epoch)?;
        let mut slice = Secret::default();
        slice.copy_from_slice(&self.0[at..at + SLICE_BYTES]);
        (*slice != [0; SLICE_BYTES]).then_some(slice)
    }

    /// Wipes what lies before an epoch.
    pub(crate) fn wipe_before(&mut self, server: End, epoch: u64) {
        for gone in 0..epoch.min(self.count()) {
            if let Some(at) = self.place(server, gone) {
                self.0[at..at + SLICE_BYTES].zeroize();
            }
        }
    }

    fn place(&self, server: End, epoch: u64) -> Option<usize> {
        let at = usize::try_from(epoch).ok()?.checked_mul(2)?;
        let at = at.checked_add(server as usize)?.checked_mul(SLICE_BYTES)?;
        (at + SLICE_BYTES <= self.0.len()).then_some(at)
    }
}

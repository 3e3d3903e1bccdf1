//! The first block of couriered pad: what the link's long-lived keys are made of.

use zeroize::Zeroizing;

use crate::kdf::{Secret, derive};
use crate::ratchet::Slices;

/// Bytes at the beginning of the link block that become control and ledger keys.
pub const CONTROL_BYTES: usize = 64;

/// The key of a link's hellos.
#[derive(Clone)]
pub struct ControlKey(pub(crate) Secret);

/// The key of one end's ledger.
#[derive(Clone)]
pub struct LedgerKey(pub(crate) Secret);

impl LedgerKey {
    /// Takes 32 secret bytes of this end: for a link without couriered pad, which keeps them
    /// beside the key of its certificate.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl core::fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LedgerKey(..)")
    }
}

/// What the link block becomes.
pub struct LinkBlock {
    /// For hellos.
    pub control: ControlKey,
    /// For this end's ledger.
    pub ledger: LedgerKey,
    /// For the ratchet.
    pub slices: Slices,
}

impl LinkBlock {
    /// Takes the block apart: 64 bytes for keys, then slices in pairs.
    ///
    /// # Errors
    /// [`LinkBlockError`] when it is too short or was destroyed.
    ///
    /// Source: `spec/channel.md`, section 9.3.
    pub fn new(block: &[u8]) -> Result<Self, LinkBlockError> {
        let (control, slices) = block
            .split_at_checked(CONTROL_BYTES)
            .ok_or(LinkBlockError)?;
        if control == [0; CONTROL_BYTES] {
            return Err(LinkBlockError);
        }
        let key = |info: &[u8]| derive(&[], control, &[info]);
        Ok(Self {
            control: ControlKey(key(b"HLINCOS v1 control")),
            ledger: LedgerKey(key(b"HLINCOS v1 ledger")),
            slices: Slices::new(Zeroizing::new(slices.to_vec())),
        })
    }
}

/// The link block is too short, or it was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the first block of the pad is gone; bring a new pad to both ends")]
pub struct LinkBlockError;

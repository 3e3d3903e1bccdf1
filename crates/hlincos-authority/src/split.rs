//! A second signer of the same root: it gets leaves that the first gives up for ever.
//!
//! This is the only backup of a stateful root. A copy of its key would sign with leaves that the
//! first signs with too; a split key has seeds of its own leaves alone, and the first loses them.

use std::path::Path;

use crate::AuthorityError;
use crate::authority::{Authority, now, refuse_part, replace_root_key, write_part};

impl Authority {
    /// Hands the last `leaves` one-time keys to a new signer in the folder `to`.
    ///
    /// Order: the first gives the leaves up, durably; the second's files are written; the first's
    /// key file loses their seeds. A crash in between loses leaves, and never leaves two signers
    /// of one.
    ///
    /// # Errors
    /// [`AuthorityError::Split`] unless both keep at least one leaf.
    pub fn split(&self, to: &Path, leaves: u32) -> Result<(), AuthorityError> {
        let key = self.stateful_key()?;
        let state = self.state()?;
        let free = state.free()?;
        let left = free.end - free.start;
        if leaves == 0 || leaves >= left {
            let most = left.saturating_sub(1);
            return Err(AuthorityError::Split { left, most });
        }
        refuse_part(to)?;
        let handed = free.end - leaves..free.end;
        let narrow = |range| key.narrowed(&range).map_err(AuthorityError::Generate);
        let (part, rest) = (narrow(handed.clone())?, narrow(free.start..handed.start)?);
        state.hand_over(&handed, now())?;
        write_part(self, to, part)?;
        replace_root_key(self, rest)
    }

    /// Gives up all one-time keys below `next` and believes the folder's state from now on.
    ///
    /// For a ledger that was lost, damaged or put back. Security: the caller vouches that no
    /// index from `next` on was ever used and that no copy of this folder will ever sign.
    ///
    /// # Errors
    /// [`AuthorityError::State`] when `next` is spent for certain.
    pub fn adopt(&self, next: u32) -> Result<(), AuthorityError> {
        let key = self.stateful_key()?;
        self.state()?.adopt(&key.range(), next, now())
    }
}

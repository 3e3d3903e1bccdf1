//! The stock of pad: one stream of numbered blocks for each source and direction.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use crate::suite::pad::{BLOCK_BYTES_MAX, BLOCK_BYTES_MIN};

/// Blocks that a stream may run ahead of what it has: more is no honest manifest.
const JUMP_MAX: u64 = 1 << 16;

/// The blocks of one source and direction that no channel has taken.
///
/// Blocks of couriered pad lie on disk and are read when a channel takes them; those of QKD are
/// here.
pub(crate) struct Stream {
    block_bytes: usize,
    /// All before are gone.
    from: u64,
    /// None from here on.
    end: u64,
    /// Gone, between the two.
    gone: BTreeSet<u64>,
    bytes: BTreeMap<u64, Zeroizing<Vec<u8>>>,
}

/// What a stream holds, as the hello tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Held {
    pub(crate) from: u64,
    pub(crate) end: u64,
}

/// A block that cannot become part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Not as long as the stream's blocks.
    #[error("the block has not the length of the link's blocks; check both configurations")]
    Length,
    /// Its number is taken, or far ahead.
    #[error("the block has a number that is taken or far ahead")]
    Number,
}

impl Stream {
    /// A stream of which nothing is left before `from`.
    ///
    /// # Panics
    /// When the block's length is no power of two from 256 bytes to 1 MiB: configuration and pad
    /// files are checked before.
    pub(crate) fn new(block_bytes: usize, from: u64, end: u64) -> Self {
        assert!(
            block_bytes.is_power_of_two()
                && (BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX).contains(&block_bytes),
            "a block has a power of two of bytes, 256 to 1 MiB"
        );
        Self {
            block_bytes,
            from,
            end: end.max(from),
            gone: BTreeSet::new(),
            bytes: BTreeMap::new(),
        }
    }

    pub(crate) const fn block_bytes(&self) -> usize {
        self.block_bytes
    }

    pub(crate) const fn held(&self) -> Held {
        Held {
            from: self.from,
            end: self.end,
        }
    }

    /// Bytes that nobody has taken.
    pub(crate) fn stock_bytes(&self) -> u64 {
        (self.end - self.from - self.gone.len() as u64) * self.block_bytes as u64
    }

    pub(crate) fn holds(&self, number: u64) -> bool {
        (self.from..self.end).contains(&number) && !self.gone.contains(&number)
    }

    /// The first block from a number on.
    pub(crate) fn first_from(&self, number: u64) -> Option<u64> {
        (number.max(self.from)..self.end).find(|number| !self.gone.contains(number))
    }

    /// How many blocks there are in a row.
    pub(crate) fn in_a_row(&self, first: u64, most: u64) -> u64 {
        (first..first.saturating_add(most))
            .take_while(|number| self.holds(*number))
            .count() as u64
    }

    /// Takes a block, which must be held; gives its bytes if they are here.
    pub(crate) fn take(&mut self, number: u64) -> Option<Zeroizing<Vec<u8>>> {
        debug_assert!(self.holds(number));
        self.gone.insert(number);
        while self.gone.remove(&self.from) {
            self.from += 1;
        }
        self.bytes.remove(&number)
    }

    /// Gives up everything before a number; tells what that was.
    pub(crate) fn skip_to(&mut self, from: u64) -> Option<core::ops::Range<u64>> {
        if from <= self.from {
            return None;
        }
        let skipped = self.from..from.min(self.end);
        self.from = from;
        self.end = self.end.max(from);
        self.gone = self.gone.split_off(&from);
        self.bytes = self.bytes.split_off(&from);
        while self.gone.remove(&self.from) {
            self.from += 1;
        }
        (!skipped.is_empty()).then_some(skipped)
    }

    /// Gives up everything from a number on: the other end does not have it.
    pub(crate) fn drop_from(&mut self, end: u64) {
        let end = end.max(self.from);
        if end < self.end {
            self.end = end;
            self.gone.split_off(&end);
            self.bytes.split_off(&end);
        }
    }

    /// The number of the next block that is appended.
    pub(crate) const fn next(&self) -> u64 {
        self.end
    }

    /// Numbers go on no earlier than here.
    pub(crate) fn go_on_at(&mut self, end: u64) {
        if end > self.end && end - self.end <= JUMP_MAX {
            if self.from == self.end {
                self.from = end;
            } else {
                self.gone.extend(self.end..end);
            }
            self.end = end;
        }
    }

    /// # Errors
    /// [`AppendError`].
    pub(crate) fn append(
        &mut self,
        number: u64,
        bytes: Zeroizing<Vec<u8>>,
    ) -> Result<(), AppendError> {
        if bytes.len() != self.block_bytes {
            return Err(AppendError::Length);
        }
        if number < self.end || number - self.end > JUMP_MAX {
            return Err(AppendError::Number);
        }
        self.go_on_at(number);
        self.end = number + 1;
        self.bytes.insert(number, bytes);
        Ok(())
    }
}

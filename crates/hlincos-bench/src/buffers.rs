//! Buffers that begin where a cache line does, as callers who care for speed give them.

use std::ops::{Deref, DerefMut};

/// Bytes that begin at a line of 64 bytes.
pub(crate) struct Lines {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Lines {
    /// Zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let room = vec![0; len + LINE_BYTES];
        let start = room.as_ptr().align_offset(LINE_BYTES).min(LINE_BYTES);
        Self { room, start, len }
    }

    /// Bytes without a pattern.
    pub(crate) fn noise(len: usize) -> Self {
        let mut lines = Self::zeros(len);
        for part in lines.chunks_mut(1 << 20) {
            getrandom::fill(part).expect("the system has random bytes");
        }
        lines
    }

    /// The same bytes again, at a line again.
    pub(crate) fn copy(bytes: &[u8]) -> Self {
        let mut lines = Self::zeros(bytes.len());
        lines.copy_from_slice(bytes);
        lines
    }
}

impl Deref for Lines {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len]
    }
}

impl DerefMut for Lines {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.room[self.start..self.start + self.len]
    }
}

const LINE_BYTES: usize = 64;

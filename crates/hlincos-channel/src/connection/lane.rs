//! What both directions of a channel have: keys of suites 2 to 4, and leased blocks of pad.

use std::collections::VecDeque;

use hlincos_sharing::Kernel;
use zeroize::Zeroizing;

use crate::kdf::{Scope, Secret};
use crate::suite::gcm::{GcmKey, Steps};
use crate::suite::pad::Lease;
use crate::{BlockId, Source};

/// A block that this channel may spend.
pub(crate) enum Block {
    /// Its bytes are still on disk.
    Absent(BlockId),
    /// Nothing of it is spent.
    Whole(BlockId, Zeroizing<Vec<u8>>),
    /// In use.
    Open(Lease),
}

impl Block {
    pub(crate) fn new(id: BlockId, bytes: Option<Zeroizing<Vec<u8>>>) -> Self {
        match bytes {
            Some(bytes) => Self::Whole(id, bytes),
            None => Self::Absent(id),
        }
    }

    pub(crate) const fn id(&self) -> BlockId {
        match self {
            Self::Absent(id) | Self::Whole(id, _) => *id,
            Self::Open(lease) => lease.id(),
        }
    }

    /// Opens it, if its bytes are there.
    pub(crate) fn open(&mut self, kernel: Kernel) -> Option<&mut Lease> {
        if let Self::Whole(id, bytes) = self {
            *self = Self::Open(Lease::new(kernel, *id, core::mem::take(bytes)));
        }
        match self {
            Self::Open(lease) => Some(lease),
            Self::Absent(_) | Self::Whole(..) => None,
        }
    }

    /// Bytes that nobody has spent.
    pub(crate) fn left(&self, block_bytes: u64) -> u64 {
        match self {
            Self::Absent(_) | Self::Whole(..) => block_bytes,
            Self::Open(lease) => lease.left() as u64,
        }
    }
}

/// The secrets of one direction that the hello made.
pub(crate) struct Secrets {
    pub(crate) psk: Option<Secret>,
    pub(crate) hybrid: Option<Secret>,
}

/// An epoch key of suite 2.
pub(crate) struct Epoch {
    pub(crate) place: u64,
    pub(crate) key: GcmKey,
    pub(crate) frames: u64,
}

/// One direction of a channel.
pub(crate) struct Lane {
    pub(crate) scope: Scope,
    /// Number of the next frame.
    pub(crate) seq: u64,
    /// Blocks, in the order in which they are spent.
    pub(crate) blocks: VecDeque<Block>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) psk: Option<Steps>,
    pub(crate) hybrid: Option<Steps>,
    pub(crate) closed: bool,
    /// Bytes of a block, by source.
    block_bytes: [u64; 2],
}

impl Lane {
    pub(crate) fn new(
        scope: Scope,
        secrets: Secrets,
        first: Option<Block>,
        block_bytes: [u64; 2],
    ) -> Self {
        Self {
            block_bytes,
            scope,
            seq: 0,
            blocks: first.into_iter().collect(),
            epoch: None,
            psk: secrets.psk.map(Steps::new),
            hybrid: secrets.hybrid.map(Steps::new),
            closed: false,
        }
    }

    pub(crate) fn block_bytes(&self, source: Source) -> u64 {
        self.block_bytes[source as usize]
    }

    /// The first block whose bytes are still on disk.
    pub(crate) fn first_absent(&self) -> Option<BlockId> {
        let absent = |block: &&Block| matches!(block, Block::Absent(_));
        self.blocks.iter().find(absent).map(Block::id)
    }

    /// The bytes of a block that was absent; whether it was.
    pub(crate) fn fill(&mut self, id: BlockId, bytes: &mut Option<Zeroizing<Vec<u8>>>) -> bool {
        let absent = |block: &&mut Block| matches!(block, Block::Absent(it) if *it == id);
        match self.blocks.iter_mut().find(absent) {
            Some(block) => {
                *block = Block::new(id, bytes.take());
                true
            }
            None => false,
        }
    }
}

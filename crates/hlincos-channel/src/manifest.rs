//! Block manifests: which QKD keys, in which order, make the next block of a stream.

use std::collections::{BTreeSet, VecDeque};

use zeroize::Zeroizing;

use crate::octets::{Octets, Truncated};

/// Keys of one block at most: as many UUIDs as a frame holds.
pub const KEYS_MAX: usize = 900;
/// An identifier of a key at most.
pub const KEY_ID_BYTES_MAX: usize = 64;
/// Identifiers that are remembered, to tell one that comes again.
const SEEN_MAX: usize = 1 << 16;

/// A name under which both key managers know a key: 1 to 64 printable characters of ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Takes an identifier.
    ///
    /// # Errors
    /// [`ManifestError::KeyId`].
    pub fn new(id: &str) -> Result<Self, ManifestError> {
        let printable = id.bytes().all(|byte| byte.is_ascii_graphic());
        if id.is_empty() || id.len() > KEY_ID_BYTES_MAX || !printable {
            return Err(ManifestError::KeyId);
        }
        Ok(Self(id.to_owned()))
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn read(octets: &mut Octets<'_>) -> Result<Self, ManifestError> {
        let len = usize::from(octets.u8()?);
        if len == UUID {
            return Ok(Self(uuid_text(octets.array()?)));
        }
        let id = str::from_utf8(octets.take(len)?).map_err(|_| ManifestError::KeyId)?;
        // One way to write each identifier.
        Self::new(id).and_then(|id| match uuid(&id.0) {
            Some(_) => Err(ManifestError::KeyId),
            None => Ok(id),
        })
    }

    /// UUIDs, which the standard wants, take 17 bytes; all others their length and text.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if let Some(bytes) = uuid(&self.0) {
            out.push(0);
            out.extend_from_slice(&bytes);
            return;
        }
        out.push(u8::try_from(self.0.len()).expect("at most 64"));
        out.extend_from_slice(self.0.as_bytes());
    }
}

/// The length that stands for a UUID of 16 bytes.
const UUID: usize = 0;
/// Where a UUID's text has hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The bytes of a UUID in lower case, RFC 9562, section 4.
fn uuid(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 || !HYPHENS.iter().all(|at| text.as_bytes()[*at] == b'-') {
        return None;
    }
    let digits: String = text.chars().filter(|it| *it != '-').collect();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    let bytes = number.to_be_bytes();
    (uuid_text(bytes) == text).then_some(bytes)
}

fn uuid_text(bytes: [u8; 16]) -> String {
    let mut text = format!("{:032x}", u128::from_be_bytes(bytes));
    HYPHENS.iter().for_each(|at| text.insert(*at, '-'));
    text
}

/// A key and its name.
#[derive(Clone)]
pub struct QkdKey {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for QkdKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "QkdKey({:?}, {} bytes)", self.id, self.key.len())
    }
}

/// What the sender of a direction says of the next block of its QKD stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The block's number.
    pub number: u64,
    /// Bytes of each key.
    pub key_bytes: u32,
    /// The keys, in order; together at least as long as a block, what is beyond is not used.
    pub key_ids: Vec<KeyId>,
}

impl Manifest {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.key_bytes.to_be_bytes());
        let count = u16::try_from(self.key_ids.len()).expect("at most 900");
        out.extend_from_slice(&count.to_be_bytes());
        self.key_ids.iter().for_each(|id| id.write(out));
    }

    /// Reads a manifest and refuses what `spec/channel.md`, section 6, forbids.
    pub(crate) fn read(octets: &mut Octets<'_>) -> Result<Self, ManifestError> {
        let number = octets.u64()?;
        let key_bytes = octets.u32()?;
        let count = usize::from(octets.u16()?);
        if count > KEYS_MAX {
            return Err(ManifestError::Count);
        }
        let key_ids = (0..count)
            .map(|_| KeyId::read(octets))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            number,
            key_bytes,
            key_ids,
        })
    }

    /// Checks a manifest against the stream's block length.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn check(&self, block_bytes: usize) -> Result<(), ManifestError> {
        let mut bytes = Vec::new();
        if self.key_ids.len() <= KEYS_MAX {
            self.write(&mut bytes);
        }
        if bytes.is_empty() || bytes.len() >= crate::frame::PAYLOAD_BYTES_MAX {
            return Err(ManifestError::Count);
        }
        let all = self.key_ids.len() as u64 * u64::from(self.key_bytes);
        // More than one key too many would burn keys.
        if all < block_bytes as u64 || all - u64::from(self.key_bytes) >= block_bytes as u64 {
            return Err(ManifestError::Length);
        }
        let different: BTreeSet<_> = self.key_ids.iter().collect();
        if different.len() != self.key_ids.len() {
            return Err(ManifestError::Repeated);
        }
        Ok(())
    }

    /// Puts the block together.
    ///
    /// # Errors
    /// [`ManifestError::Length`] when there are more or fewer keys than the manifest names, or one
    /// is longer or shorter than it says: the block is lost, and its keys with it.
    pub fn assemble(
        &self,
        block_bytes: usize,
        keys: &[Zeroizing<Vec<u8>>],
    ) -> Result<Zeroizing<Vec<u8>>, ManifestError> {
        self.check(block_bytes)?;
        let right = |key: &Zeroizing<Vec<u8>>| key.len() as u64 == u64::from(self.key_bytes);
        if keys.len() != self.key_ids.len() || !keys.iter().all(right) {
            return Err(ManifestError::Length);
        }
        let mut block = Zeroizing::new(Vec::with_capacity(block_bytes));
        for key in keys {
            let rest = block_bytes - block.len();
            block.extend_from_slice(&key[..key.len().min(rest)]);
        }
        Ok(block)
    }
}

/// Identifiers of late, so that a key manager that gives a key twice is found out.
#[derive(Default)]
pub(crate) struct Seen {
    ids: BTreeSet<KeyId>,
    order: VecDeque<KeyId>,
}

impl Seen {
    /// Remembers the manifest's keys, unless one of them was there before.
    pub(crate) fn note(&mut self, manifest: &Manifest) -> Result<(), ManifestError> {
        if manifest.key_ids.iter().any(|id| self.ids.contains(id)) {
            return Err(ManifestError::Repeated);
        }
        for id in &manifest.key_ids {
            self.ids.insert(id.clone());
            self.order.push_back(id.clone());
            if self.order.len() > SEEN_MAX
                && let Some(old) = self.order.pop_front()
            {
                self.ids.remove(&old);
            }
        }
        Ok(())
    }
}

/// Why a manifest makes no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It ends too early.
    #[error("the manifest is truncated")]
    Truncated,
    /// An identifier is empty, longer than 64 bytes or not of printable characters.
    #[error("a key identifier is empty, too long or not printable")]
    KeyId,
    /// Too many keys.
    #[error("the manifest names more keys than a frame holds; ask the key manager for longer ones")]
    Count,
    /// Keys do not make a block of this length.
    #[error("the keys do not make up a block; the block is given up and others are collected")]
    Length,
    /// A key was named before.
    #[error("a key was named twice; the key manager gave it again, and the block is given up")]
    Repeated,
}

impl From<Truncated> for ManifestError {
    fn from(Truncated: Truncated) -> Self {
        Self::Truncated
    }
}

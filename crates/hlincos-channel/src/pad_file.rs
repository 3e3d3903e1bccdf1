//! The file in which a courier carries pad: a head, then sealed blocks, one after the other.
//!
//! The hands write the head, then [`PadKey::seal`] each block, and each end's copy under a salt
//! and passphrase of its own. They read a head with [`PadHead::from_bytes`], make the key with
//! [`derive_key`], check the head with [`PadKey::check`] and [`PadKey::open`] blocks as they are
//! needed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::octets::{Octets, Truncated};
use crate::suite::pad::BLOCK_BYTES_MAX;
use crate::{BlockId, Direction, End, LinkNumber, Source};

/// Length of the head.
pub const HEAD_BYTES: usize = SIGNED_BYTES + SEAL_BYTES;
/// What a sealed block is longer than a block.
pub const SEAL_BYTES: usize = 16;
/// The smallest block of a pad file: a link block must hold slices.
pub const BLOCK_BYTES_MIN: usize = 4_096;
/// Blocks of a direction at most.
pub const BLOCKS_MAX: u64 = 1 << 40;
/// The name of a party at most.
pub const NAME_BYTES_MAX: usize = 40;
const SIGNED_BYTES: usize = 144;
const MAGIC: [u8; 4] = *b"HLPD";
const VERSION: u8 = 1;
const HEAD_NONCE: [u8; 12] = [0xFF; 12];

/// How hard it is to try passphrases: the parameters of scrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hardness {
    log_n: u8,
    r: u8,
    p: u8,
}

impl Hardness {
    /// 128 MiB of memory, some tenths of a second.
    pub const DEFAULT: Self = Self {
        log_n: 17,
        r: 8,
        p: 1,
    };

    /// Parameters within the limits: log2 N from 10 to 20, r to 16, p to 4, memory to 1 GiB.
    ///
    /// # Errors
    /// [`PadFileError::Scrypt`]: a file that asked for more would stop the reader.
    pub fn new(log_n: u8, r: u8, p: u8) -> Result<Self, PadFileError> {
        let within = (10..=20).contains(&log_n) && (1..=16).contains(&r) && (1..=4).contains(&p);
        if !within || (u64::from(r) << log_n) * 128 > 1 << 30 {
            return Err(PadFileError::Scrypt);
        }
        Ok(Self { log_n, r, p })
    }
}

/// The name of a party, 1 to 40 bytes of UTF-8 without zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyName(String);

impl PartyName {
    /// Takes a name.
    ///
    /// # Errors
    /// [`PadFileError::Field`].
    pub fn new(name: &str) -> Result<Self, PadFileError> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
            return Err(PadFileError::Field);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(bytes: &[u8]) -> Result<Self, PadFileError> {
        let text = str::from_utf8(bytes).map_err(|_| PadFileError::Field)?;
        Self::new(text.trim_end_matches('\0'))
    }
}

/// The head of a pad file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadHead {
    /// Whose copy it is.
    pub end: End,
    /// The link that it is for.
    pub link: LinkNumber,
    /// The same in both copies: 16 random bytes.
    pub pad_id: [u8; 16],
    /// Bytes of a block: a power of two from 4 KiB to 1 MiB.
    pub block_bytes: usize,
    /// How the passphrase becomes the key.
    pub hardness: Hardness,
    /// Whether the numbers came from a physical source alone; else nothing that they protect is
    /// more than computational.
    pub physical: bool,
    /// Of scrypt: 16 random bytes, others in each copy.
    pub salt: [u8; 16],
    /// Blocks of the direction from A to B.
    pub a_to_b: u64,
    /// Blocks of the direction from B to A.
    pub b_to_a: u64,
    /// The name of A.
    pub a: PartyName,
    /// The name of B.
    pub b: PartyName,
}

impl PadHead {
    fn signed(&self) -> [u8; SIGNED_BYTES] {
        let mut out = Vec::with_capacity(SIGNED_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, self.end as u8]);
        out.extend_from_slice(&self.link.get().to_be_bytes());
        out.extend_from_slice(&self.pad_id);
        let block_bytes = u32::try_from(self.block_bytes).expect("at most 1 MiB");
        out.extend_from_slice(&block_bytes.to_be_bytes());
        let Hardness { log_n, r, p } = self.hardness;
        out.extend_from_slice(&[log_n, r, p, self.physical.into()]);
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.a_to_b.to_be_bytes());
        out.extend_from_slice(&self.b_to_a.to_be_bytes());
        for (name, end) in [(&self.a, 104), (&self.b, SIGNED_BYTES)] {
            out.extend_from_slice(name.0.as_bytes());
            out.resize(end, 0);
        }
        out.try_into().expect("the layout has this length")
    }

    /// Writes the head under the file's key.
    ///
    /// # Errors
    /// [`PadFileError::Field`] when a field is beyond its limit.
    pub fn to_bytes(&self, key: &PadKey) -> Result<[u8; HEAD_BYTES], PadFileError> {
        self.within_limits()?;
        let signed = self.signed();
        let mut out = [0; HEAD_BYTES];
        out[..SIGNED_BYTES].copy_from_slice(&signed);
        out[SIGNED_BYTES..].copy_from_slice(&key.tag(HEAD_NONCE, &signed, &mut []));
        Ok(out)
    }

    /// Reads a head and refuses whatever `spec/channel.md`, section 9.4, forbids; what it says is
    /// authentic after [`PadKey::check`].
    ///
    /// # Errors
    /// [`PadFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PadFileError> {
        let mut octets = Octets(bytes.get(..HEAD_BYTES).ok_or(PadFileError::Truncated)?);
        if octets.array::<4>()? != MAGIC {
            return Err(PadFileError::Magic);
        }
        if octets.u8()? != VERSION {
            return Err(PadFileError::Version);
        }
        let end = End::from_code(octets.u8()?).ok_or(PadFileError::Field)?;
        let link = LinkNumber::new(octets.u16()?).ok_or(PadFileError::Field)?;
        let pad_id = octets.array()?;
        let block_bytes = usize::try_from(octets.u32()?).map_err(|_| PadFileError::Field)?;
        let [log_n, r, p, physical] = octets.array()?;
        let head = Self {
            end,
            link,
            pad_id,
            block_bytes,
            hardness: Hardness::new(log_n, r, p)?,
            physical: physical == 1,
            salt: octets.array()?,
            a_to_b: octets.u64()?,
            b_to_a: octets.u64()?,
            a: PartyName::read(octets.take(NAME_BYTES_MAX)?)?,
            b: PartyName::read(octets.take(NAME_BYTES_MAX)?)?,
        };
        if physical > 1 {
            return Err(PadFileError::Field);
        }
        head.within_limits()?;
        Ok(head)
    }

    fn within_limits(&self) -> Result<(), PadFileError> {
        let sizes = BLOCK_BYTES_MIN..=BLOCK_BYTES_MAX;
        let sound = self.block_bytes.is_power_of_two()
            && sizes.contains(&self.block_bytes)
            && self.a_to_b <= BLOCKS_MAX
            && self.b_to_a <= BLOCKS_MAX;
        sound.then_some(()).ok_or(PadFileError::Field)
    }

    /// Sealed blocks in the file, the link block included.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        1 + self.a_to_b + self.b_to_a
    }

    /// Where a sealed block begins in the file.
    #[must_use]
    pub const fn place(&self, index: u64) -> u64 {
        HEAD_BYTES as u64 + index * (self.block_bytes + SEAL_BYTES) as u64
    }

    /// The index in the file of a block of a stream; the link block is 0. None if there is none.
    #[must_use]
    pub fn index(&self, id: BlockId) -> Option<u64> {
        let (first, count) = match id.direction {
            Direction::AToB => (1, self.a_to_b),
            Direction::BToA => (1 + self.a_to_b, self.b_to_a),
        };
        (id.source == Source::Couriered && id.number < count).then(|| first + id.number)
    }
}

/// Makes the key of a file from its passphrase.
///
/// Security: as strong as the passphrase, times the hardness. Source: RFC 7914.
/// Time: by the hardness; 128 r N bytes of memory.
#[must_use]
pub fn derive_key(passphrase: &[u8], head: &PadHead) -> PadKey {
    let Hardness { log_n, r, p } = head.hardness;
    let params = scrypt::Params::new(log_n, r.into(), p.into()).expect("within our limits");
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase, &head.salt, &params, &mut *key).expect("32 bytes are a length");
    PadKey::new(&key)
}

/// The key of a pad file; the library wipes its copy.
pub struct PadKey(LessSafeKey);

impl PadKey {
    /// Takes the 32 bytes that scrypt gave.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key of AES-256");
        Self(LessSafeKey::new(key))
    }

    /// Whether the head was written under this key.
    ///
    /// # Errors
    /// [`PadFileError::Passphrase`].
    pub fn check(&self, head: &[u8]) -> Result<(), PadFileError> {
        let head: &[u8; HEAD_BYTES] = head.first_chunk().ok_or(PadFileError::Truncated)?;
        let (signed, tag) = head.split_at(SIGNED_BYTES);
        let mut tag: [u8; SEAL_BYTES] = tag.try_into().expect("16 bytes are left");
        self.0
            .open_in_place(nonce(HEAD_NONCE), Aad::from(signed), &mut tag)
            .map(drop)
            .map_err(|_| PadFileError::Passphrase)
    }

    /// Seals a block in place; its last 16 bytes are for the tag.
    ///
    /// # Panics
    /// When the buffer is not a block and a tag: a bug of the caller.
    pub fn seal(&self, head: &PadHead, index: u64, buffer: &mut [u8]) {
        assert_eq!(buffer.len(), head.block_bytes + SEAL_BYTES);
        let (block, tag) = buffer.split_at_mut(head.block_bytes);
        let told = self.tag(block_nonce(index), &associated(head, index), block);
        tag.copy_from_slice(&told);
    }

    /// Opens a sealed block.
    ///
    /// # Errors
    /// [`PadFileError::Gone`] for a block that was destroyed, [`PadFileError::Block`].
    pub fn open(
        &self,
        head: &PadHead,
        index: u64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, PadFileError> {
        if sealed.len() != head.block_bytes + SEAL_BYTES {
            return Err(PadFileError::Block);
        }
        if sealed.iter().all(|byte| *byte == 0) {
            return Err(PadFileError::Gone);
        }
        let mut block = Zeroizing::new(sealed.to_vec());
        let aad = Aad::from(associated(head, index));
        self.0
            .open_in_place(nonce(block_nonce(index)), aad, &mut block)
            .map_err(|_| PadFileError::Block)?;
        block.truncate(head.block_bytes);
        Ok(block)
    }

    fn tag(&self, at: [u8; 12], aad: &[u8], block: &mut [u8]) -> [u8; SEAL_BYTES] {
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(at), Aad::from(aad), block)
            .expect("1 MiB is far within the limit of GCM");
        tag.as_ref().try_into().expect("GCM's tag has 16 bytes")
    }
}

/// Each is used once: a key is made of a fresh salt for each file.
fn nonce(bytes: [u8; 12]) -> Nonce {
    Nonce::assume_unique_for_key(bytes)
}

fn block_nonce(index: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&index.to_be_bytes());
    nonce
}

fn associated(head: &PadHead, index: u64) -> [u8; 25] {
    let mut aad = [0; 25];
    aad[..16].copy_from_slice(&head.pad_id);
    aad[16] = head.end as u8;
    aad[17..].copy_from_slice(&index.to_be_bytes());
    aad
}

/// Why a pad file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PadFileError {
    /// Shorter than a head.
    #[error("the pad file ends inside its head")]
    Truncated,
    /// Not `HLPD`.
    #[error("this is no pad file")]
    Magic,
    /// Written by a later version.
    #[error("the pad file has an unknown version; a newer release reads it")]
    Version,
    /// A field that cannot be.
    #[error("the pad file's head is malformed; make a new pad")]
    Field,
    /// Parameters that no honest file has.
    #[error("the pad file asks for too little or too much work; make a new pad")]
    Scrypt,
    /// The key does not fit.
    #[error("the passphrase is wrong, or the pad file's head was changed")]
    Passphrase,
    /// A block was changed, or lies in another's place.
    #[error("a block of the pad file was changed; do not use this pad")]
    Block,
    /// A block was destroyed when it was spent.
    #[error("the block was destroyed, for it is spent")]
    Gone,
}

impl From<Truncated> for PadFileError {
    fn from(Truncated: Truncated) -> Self {
        Self::Truncated
    }
}

//! The share object: 64 bytes of head, then one share of one bundle.

use core::cmp::Ordering;

use hlincos_sharing::dispersal::Scheme;
use hlincos_sharing::{Point, RandomnessGrade, Threshold};

use crate::bundle::Class;
use crate::identifier::{Generation, Sequence};
use crate::limits::SHARE_OBJECT_BYTES_MAX;
use crate::octets::Octets;

/// Length of the head.
pub const HEAD_BYTES: usize = 64;
/// Where in the head the link's code stands: whoever sends an object writes it, since only the
/// sender knows over which link it goes.
pub const LINK_AT: usize = 7;
const MAGIC: [u8; 4] = *b"HLSO";

/// How strong the link was over which the dealer sent the share.
///
/// Ordered by strength, the weakest first; the codes are in the order of their invention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkGrade {
    /// TLS 1.3 with X25519MLKEM768: computational, against quantum computers too.
    PqTls = 1,
    /// Frames under keys that no physical source made: a generator, a simulated key manager.
    Generated = 7,
    /// AES-256-GCM under ML-KEM-1024 and X25519, with whatever else both ends shared.
    Hybrid = 6,
    /// AES-256-GCM under a ratchet of pre-shared physical random numbers.
    PreShared = 2,
    /// AES-256-GCM under keys of quantum key distribution.
    QkdAes = 3,
    /// One-time pad with a Wegman-Carter tag: information-theoretic.
    OneTimePad = 4,
}

impl LinkGrade {
    const fn strength(self) -> u8 {
        match self {
            Self::PqTls => 0,
            Self::Generated => 1,
            Self::Hybrid => 2,
            Self::PreShared => 3,
            Self::QkdAes => 4,
            Self::OneTimePad => 5,
        }
    }
}

impl Ord for LinkGrade {
    fn cmp(&self, other: &Self) -> Ordering {
        self.strength().cmp(&other.strength())
    }
}

impl PartialOrd for LinkGrade {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<u8> for LinkGrade {
    type Error = HeadError;
    fn try_from(code: u8) -> Result<Self, HeadError> {
        match code {
            1 => Ok(Self::PqTls),
            2 => Ok(Self::PreShared),
            3 => Ok(Self::QkdAes),
            4 => Ok(Self::OneTimePad),
            6 => Ok(Self::Hybrid),
            7 => Ok(Self::Generated),
            _ => Err(HeadError::Grade),
        }
    }
}

/// The head of a share object: what a shareholder can see.
///
/// Security: nothing here is authenticated; a site can write what it likes. Readers trust only
/// what the restored bundle says about itself.
/// Source: `spec/share-object.md`, section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareHead {
    /// What the bundle holds.
    pub class: Class,
    /// Where the coefficients came from.
    pub randomness: RandomnessGrade,
    /// The link over which this share travelled.
    pub link: LinkGrade,
    /// How the bundle became shares.
    pub scheme: Scheme,
    /// How many shares restore, how many there are.
    pub threshold: Threshold,
    /// Which share this is.
    pub point: Point,
    /// Period between refreshes, from 0.
    pub epoch: u32,
    /// The backup run.
    pub generation: Generation,
    /// Order among the bundles of a store.
    pub sequence: Sequence,
    /// When it was dealt, milliseconds since 1970 (UTC).
    pub dealt_unix_ms: u64,
    /// Bytes of the share that follow.
    pub share_len: u32,
}

impl ShareHead {
    /// Writes the head.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEAD_BYTES] {
        let mut out = [0_u8; HEAD_BYTES];
        out[..4].copy_from_slice(&MAGIC);
        out[4] = version(self.scheme);
        out[5] = self.class as u8;
        out[6] = self.randomness as u8;
        out[LINK_AT] = self.link as u8;
        out[8] = self.threshold.k();
        out[9] = self.threshold.n();
        out[10] = self.point.get();
        out[11] = match self.scheme {
            Scheme::Shamir => 0,
            Scheme::Dispersal => Scheme::Dispersal as u8,
        };
        out[12..16].copy_from_slice(&self.epoch.to_be_bytes());
        out[16..24].copy_from_slice(&self.generation.0.to_be_bytes());
        out[24..32].copy_from_slice(&self.sequence.0.to_be_bytes());
        out[32..40].copy_from_slice(&self.dealt_unix_ms.to_be_bytes());
        out[40..44].copy_from_slice(&self.share_len.to_be_bytes());
        out
    }

    /// Reads a head and refuses whatever `spec/share-object.md`, section 3, forbids.
    ///
    /// # Errors
    /// [`HeadError`]; the object is to be treated as missing at that site, and the site named.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeadError> {
        let mut octets = Octets(bytes);
        let short = |_| HeadError::Truncated;
        if octets.array::<4>().map_err(short)? != MAGIC {
            return Err(HeadError::Magic);
        }
        let version = octets.u8().map_err(short)?;
        if !(1..=2).contains(&version) {
            return Err(HeadError::Version);
        }
        let class = Class::try_from(octets.u8().map_err(short)?).map_err(|_| HeadError::Class)?;
        let randomness =
            RandomnessGrade::try_from(octets.u8().map_err(short)?).map_err(|_| HeadError::Grade)?;
        let link = LinkGrade::try_from(octets.u8().map_err(short)?)?;
        let [k, n, x, scheme] = octets.array().map_err(short)?;
        let threshold = Threshold::new(k, n).map_err(|_| HeadError::Threshold)?;
        let point = Point::new(x).filter(|_| x <= n).ok_or(HeadError::Point)?;
        // The first version has Shamir's scheme alone and a zero here, the second all others.
        let scheme = match (version, scheme) {
            (1, 0) => Scheme::Shamir,
            (1, _) => return Err(HeadError::Reserved),
            (_, code) => Scheme::try_from(code)
                .ok()
                .filter(|scheme| *scheme != Scheme::Shamir)
                .ok_or(HeadError::Version)?,
        };
        let head = Self {
            class,
            randomness,
            link,
            scheme,
            threshold,
            point,
            epoch: octets.u32().map_err(short)?,
            generation: Generation(octets.u64().map_err(short)?),
            sequence: Sequence(octets.u64().map_err(short)?),
            dealt_unix_ms: octets.u64().map_err(short)?,
            share_len: octets.u32().map_err(short)?,
        };
        let reserved: [u8; 20] = octets.array().map_err(short)?;
        if reserved != [0; 20] {
            return Err(HeadError::Reserved);
        }
        Ok(head)
    }
}

/// The version that has this scheme.
const fn version(scheme: Scheme) -> u8 {
    match scheme {
        Scheme::Shamir => 1,
        Scheme::Dispersal => 2,
    }
}

/// Puts head and share together.
///
/// # Panics
/// When `head.share_len` is not the share's length: the dealer made both.
#[must_use]
pub fn encode(head: &ShareHead, share: &[u8]) -> Vec<u8> {
    assert_eq!(
        head.share_len as usize,
        share.len(),
        "the dealer writes the share's own length"
    );
    let mut out = Vec::with_capacity(HEAD_BYTES + share.len());
    out.extend_from_slice(&head.to_bytes());
    out.extend_from_slice(share);
    out
}

/// Takes a share object apart.
///
/// # Errors
/// [`HeadError`], also when the share is shorter or longer than its head says.
pub fn decode(object: &[u8]) -> Result<(ShareHead, &[u8]), HeadError> {
    if object.len() > SHARE_OBJECT_BYTES_MAX {
        return Err(HeadError::Length);
    }
    let head = ShareHead::from_bytes(object)?;
    let share = &object[HEAD_BYTES..];
    if share.len() != head.share_len as usize {
        return Err(HeadError::Length);
    }
    Ok((head, share))
}

/// Why bytes are no share object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// Shorter than a head.
    #[error("the share object ends inside its head")]
    Truncated,
    /// Not `HLSO`.
    #[error("these bytes are no share object")]
    Magic,
    /// Written by a later version.
    #[error("the share object has an unknown version; a newer release reads it")]
    Version,
    /// Unknown class.
    #[error("the share object has an unknown class")]
    Class,
    /// Unknown grade.
    #[error("the share object has an unknown grade")]
    Grade,
    /// k and n make no threshold.
    #[error("the share object's threshold is impossible")]
    Threshold,
    /// The point is 0 or beyond n.
    #[error("the share object's point is none of the n")]
    Point,
    /// Reserved bytes are not zero.
    #[error("the share object's reserved bytes are set")]
    Reserved,
    /// The share is not as long as its head says, or too long.
    #[error("the share is not as long as its head says")]
    Length,
}

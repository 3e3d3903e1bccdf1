//! Who speaks on which link: its number, its two ends, the two directions, the sources of pad.

use serde::{Deserialize, Serialize};

use crate::Class;

/// One of the two parties of a link; the configuration says which is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The first party.
    A = 0,
    /// The second party.
    B = 1,
}

impl End {
    /// The other party.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// The direction in which this end sends.
    #[must_use]
    pub const fn sends(self) -> Direction {
        match self {
            Self::A => Direction::AToB,
            Self::B => Direction::BToA,
        }
    }

    /// The direction in which this end receives.
    #[must_use]
    pub const fn receives(self) -> Direction {
        self.other().sends()
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::A),
            1 => Some(Self::B),
            _ => None,
        }
    }
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From A to B.
    AToB = 0,
    /// From B to A.
    BToA = 1,
}

impl Direction {
    /// The end that sends in it.
    #[must_use]
    pub const fn sender(self) -> End {
        match self {
            Self::AToB => End::A,
            Self::BToA => End::B,
        }
    }
}

/// Where pad comes from; each source has a stream of blocks of its own in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Physical random numbers that a courier brought to both ends.
    Couriered = 0,
    /// Keys of quantum key distribution.
    Qkd = 1,
}

impl Source {
    /// Both; the one that refills itself first.
    pub const ALL: [Self; 2] = [Self::Qkd, Self::Couriered];
}

/// The number of a link, 0 to 8,191; both ends configure the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct LinkNumber(u16);

impl LinkNumber {
    /// The number, if it is below 8,192.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number < 1 << 13 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A number that no link may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link has a number from 0 to 8191")]
pub struct LinkNumberError;

impl TryFrom<u16> for LinkNumber {
    type Error = LinkNumberError;
    fn try_from(number: u16) -> Result<Self, LinkNumberError> {
        Self::new(number).ok_or(LinkNumberError)
    }
}

impl From<LinkNumber> for u16 {
    fn from(number: LinkNumber) -> Self {
        number.0
    }
}

/// Link, class and direction as 16 bits of every header: `number << 3 | class << 1 | direction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId {
    /// Which link.
    pub number: LinkNumber,
    /// Which class of data.
    pub class: Class,
    /// Which way.
    pub direction: Direction,
}

impl LinkId {
    /// The 16 bits.
    #[must_use]
    pub const fn to_bits(self) -> u16 {
        self.number.0 << 3 | (self.class as u16) << 1 | self.direction as u16
    }

    /// Reads the 16 bits; a class of 3 there is none.
    #[must_use]
    pub fn from_bits(bits: u16) -> Option<Self> {
        Some(Self {
            number: LinkNumber::new(bits >> 3)?,
            class: Class::from_code(u8::try_from(bits >> 1 & 3).ok()?)?,
            direction: if bits & 1 == 0 {
                Direction::AToB
            } else {
                Direction::BToA
            },
        })
    }
}

/// A block of pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId {
    /// Where it came from.
    pub source: Source,
    /// The direction whose sender spends it.
    pub direction: Direction,
    /// Its number in that stream.
    pub number: u64,
}

/// A place in a stream of pad, as headers carry it: the highest bit is the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PadOffset {
    /// Which stream of the direction.
    pub source: Source,
    /// Bytes from the stream's beginning, below 2^63.
    pub at: u64,
}

impl PadOffset {
    /// The 64 bits.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.source as u64) << 63 | self.at
    }

    /// Reads the 64 bits; all have a meaning.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self {
            source: if bits >> 63 == 0 {
                Source::Couriered
            } else {
                Source::Qkd
            },
            at: bits & (u64::MAX >> 1),
        }
    }
}

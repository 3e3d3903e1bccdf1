//! The threshold and the points at which shares are taken.

use core::fmt;

/// How many shares restore, and how many there are: 1 < k <= n <= 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Threshold {
    k: u8,
    n: u8,
}

impl Threshold {
    /// Makes a threshold.
    ///
    /// # Errors
    /// [`ThresholdError`] unless 1 < k <= n.
    pub const fn new(k: u8, n: u8) -> Result<Self, ThresholdError> {
        if 1 < k && k <= n {
            Ok(Self { k, n })
        } else {
            Err(ThresholdError { k, n })
        }
    }

    /// How many shares restore.
    #[must_use]
    pub const fn k(self) -> u8 {
        self.k
    }

    /// How many shares there are.
    #[must_use]
    pub const fn n(self) -> u8 {
        self.n
    }

    /// The points 1 to n.
    pub fn points(self) -> impl Iterator<Item = Point> {
        (1..=self.n).map(Point)
    }
}

/// The numbers make no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("k = {k}, n = {n} is no threshold: it takes 1 < k <= n <= 255")]
pub struct ThresholdError {
    k: u8,
    n: u8,
}

/// Where a share is taken: an element of GF(2^8) other than 0, where the secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point(u8);

impl Point {
    /// Makes a point; `None` for 0.
    #[must_use]
    pub const fn new(x: u8) -> Option<Self> {
        if x == 0 { None } else { Some(Self(x)) }
    }

    /// The field element.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

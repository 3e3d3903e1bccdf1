//! Which level a class gets, given what is in stock; below its minimum it is refused.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Class, Level};

/// What one class wants and what it puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPolicy {
    /// The level while stock lasts.
    pub preferred: Level,
    /// The lowest level; a transfer that would be below is refused.
    pub minimum: Level,
}

/// The policy of a link, as its configuration has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Of emergency items.
    pub emergency: ClassPolicy,
    /// Of control.
    pub control: ClassPolicy,
    /// Of bulk data.
    pub bulk: ClassPolicy,
    /// Pad of each direction that only the class control may spend, in bytes.
    pub reserve_bytes: u64,
    /// Seconds of emergency demand that stock must cover to be green.
    pub green_seconds: u32,
}

impl Default for Policy {
    fn default() -> Self {
        let class = |preferred| ClassPolicy {
            preferred,
            minimum: Level::Hybrid,
        };
        Self {
            emergency: class(Level::Otp),
            control: class(Level::Otp),
            bulk: class(Level::Qkd),
            reserve_bytes: 1 << 20,
            green_seconds: 24 * 60 * 60,
        }
    }
}

/// What one direction of a link has to spend now.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Stock {
    /// Bytes of pad of all sources that are leased to nobody.
    pub pad_bytes: u64,
    /// Of these, from QKD.
    pub qkd_bytes: u64,
    /// Whether the channel has an epoch key of QKD already.
    pub qkd_key: bool,
    /// Bytes of emergency data a second, as of late; see [`crate::Counters`].
    pub emergency_bytes_per_second: f64,
    /// Whether the channel has, or can have, a key of the ratchet.
    pub psk: bool,
    /// Whether the channel has, or can have, a hybrid key.
    pub hybrid: bool,
    /// Whether the other end can be reached over TLS instead of a channel.
    pub pq_tls: bool,
}

/// How much is left, in one word for the status page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StockState {
    /// No pad.
    Empty,
    /// No more than the reserve.
    Red,
    /// Less than the emergency demand of a day.
    Yellow,
    /// All is well.
    Green,
}

impl Policy {
    /// The policy of a class.
    #[must_use]
    pub const fn of(&self, class: Class) -> ClassPolicy {
        match class {
            Class::Emergency => self.emergency,
            Class::Control => self.control,
            Class::Bulk => self.bulk,
        }
    }

    /// How much is left.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a forecast; stock beyond 2^53 bytes is green by any count"
    )]
    pub fn state(&self, stock: &Stock) -> StockState {
        let free = stock.pad_bytes.saturating_sub(self.reserve_bytes);
        let demand = stock.emergency_bytes_per_second * f64::from(self.green_seconds);
        match (stock.pad_bytes, free) {
            (0, _) => StockState::Empty,
            (_, 0) => StockState::Red,
            (_, free) if (free as f64) < demand => StockState::Yellow,
            _ => StockState::Green,
        }
    }

    /// The strongest level from the preferred down to the minimum that stock allows.
    ///
    /// A class never gets more than it prefers: pad that bulk data spends is missing for
    /// emergencies.
    ///
    /// # Errors
    /// [`Refusal`]: nothing between preferred and minimum can be had now. Wait for stock, or let
    /// whoever may change the policy do so.
    pub fn choose(&self, class: Class, stock: &Stock) -> Result<Level, Refusal> {
        let ClassPolicy { preferred, minimum } = self.of(class);
        Level::FALLING
            .into_iter()
            .filter(|level| (minimum..=preferred).contains(level))
            .find(|level| self.allows(class, *level, stock))
            .ok_or(Refusal {
                class,
                preferred,
                minimum,
                state: self.state(stock),
            })
    }

    /// Whether stock has the level for the class: `spec/channel.md`, section 8.
    fn allows(&self, class: Class, level: Level, stock: &Stock) -> bool {
        let state = self.state(stock);
        let within_reserve = |bytes: u64| match class {
            Class::Control => bytes > 0,
            Class::Emergency | Class::Bulk => bytes > 0 && stock.pad_bytes > self.reserve_bytes,
        };
        match level {
            Level::Otp if class == Class::Bulk => state == StockState::Green,
            Level::Otp => within_reserve(stock.pad_bytes),
            Level::Qkd => stock.qkd_key || within_reserve(stock.qkd_bytes),
            Level::Psk => stock.psk,
            Level::Hybrid => stock.hybrid,
            Level::PqTls => stock.pq_tls,
        }
    }
}

/// Why a transfer does not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The class that wanted to send.
    pub class: Class,
    /// What it prefers.
    pub preferred: Level,
    /// What it puts up with.
    pub minimum: Level,
    /// How much is left.
    pub state: StockState,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, minimum, .. } = self;
        let state = match self.state {
            StockState::Empty => "there is no pad",
            StockState::Red => "no pad beyond the reserve is left",
            StockState::Yellow => "pad is short",
            StockState::Green => "the keys for it are missing",
        };
        write!(
            f,
            "{} data needs at least the level {minimum}, and {state}; bring pad or wait for keys",
            class.name()
        )
    }
}

impl fmt::Display for StockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
        })
    }
}

#[cfg(test)]
mod tests;

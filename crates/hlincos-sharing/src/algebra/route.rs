//! Whose bytes they are: object, epoch, sender and receiver.

use crate::Point;

/// The object and the epoch that a share belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId {
    /// What was shared.
    pub object: [u8; 16],
    /// How many times its shares were changed since.
    pub epoch: u32,
}

impl ShareId {
    /// The same object, one epoch on.
    ///
    /// # Errors
    /// [`RouteError::LastEpoch`].
    pub fn next(self) -> Result<Self, RouteError> {
        let epoch = self.epoch.checked_add(1).ok_or(RouteError::LastEpoch)?;
        Ok(Self { epoch, ..self })
    }

    /// Refuses another object or epoch.
    pub(crate) fn expect(self, told: Self) -> Result<(), RouteError> {
        if told.object != self.object {
            return Err(RouteError::OtherObject);
        }
        if told.epoch != self.epoch {
            return Err(RouteError::OtherEpoch {
                told: told.epoch,
                expected: self.epoch,
            });
        }
        Ok(())
    }
}

/// What a message between two holders is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The share that it was made from or changes.
    pub id: ShareId,
    /// Who made it.
    pub from: Point,
    /// For whom.
    pub to: Point,
}

impl Route {
    /// Bytes of the head of a message.
    pub const BYTES: usize = 22;

    /// The head of a message.
    ///
    /// Source: `spec/algebra.md`, section 1.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut head = [0; Self::BYTES];
        let (object, rest) = head.split_at_mut(16);
        object.copy_from_slice(&self.id.object);
        rest[..4].copy_from_slice(&self.id.epoch.to_be_bytes());
        rest[4..].copy_from_slice(&[self.from.get(), self.to.get()]);
        head
    }

    /// Reads a head; `None` when it is from or to no holder.
    #[must_use]
    pub fn from_bytes(head: &[u8; Self::BYTES]) -> Option<Self> {
        let (object, rest) = head.split_first_chunk()?;
        let (epoch, points) = rest.split_first_chunk()?;
        let id = ShareId {
            object: *object,
            epoch: u32::from_be_bytes(*epoch),
        };
        Some(Self {
            id,
            from: Point::new(points[0])?,
            to: Point::new(points[1])?,
        })
    }
}

/// The bytes belong to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Of another object.
    #[error("the bytes belong to another object; ask for those of this one")]
    OtherObject,
    /// Of another epoch.
    #[error("the bytes belong to epoch {told}, not to {expected}; ask for those of this epoch")]
    OtherEpoch {
        /// What they say.
        told: u32,
        /// What was to be.
        expected: u32,
    },
    /// From a holder who was not to send, or who sent already.
    #[error("nothing more was to come from holder {0}; take each sender's bytes once")]
    From(Point),
    /// For another holder.
    #[error("the bytes are for holder {0}; pass them on")]
    To(Point),
    /// All epochs are spent.
    #[error("the last epoch is over; reshare under a new object name")]
    LastEpoch,
}

//! Empties segments that are mostly dead (`spec/segment.md`, section 9).

use std::collections::BTreeSet;

use crate::error::WriteError;
use crate::index::{Changes, Entry, Lookup};
use crate::record::{Kind, RecordHeader};
use crate::segments::segment_name;
use crate::walk::{Found, Walk};

use super::{GroupError, Writer};
use crate::log::LogError;

/// Says why a segment was not emptied.
enum NotEmptied {
    /// It holds damage, or a tombstone that is still needed where it stands.
    Stays,
    Failed(GroupError),
}

impl Writer {
    /// Empties every segment that is worth it; counts them.
    pub(super) fn compact(&mut self) -> Result<u64, WriteError> {
        (self.waste, self.stuck) = (true, BTreeSet::new());
        let mut emptied = 0;
        while let Some(done) = self.compact_one() {
            emptied += u64::from(done);
        }
        if self.broken {
            Err(WriteError::Broken)
        } else {
            Ok(emptied)
        }
    }

    /// Tries to empty one segment and tells whether it did; `None` if none is worth it.
    pub(super) fn compact_one(&mut self) -> Option<bool> {
        if self.broken || !self.waste {
            return None;
        }
        let Some(number) = self.mostly_dead() else {
            self.waste = false;
            return None;
        };
        let error = match self.empty(number) {
            Ok(()) => return Some(true),
            Err(NotEmptied::Failed(error)) => Some(error),
            Err(NotEmptied::Stays) => self
                .log
                .cut_back()
                .err()
                .map(|error| GroupError::Log(LogError::Broken(error))),
        };
        self.stuck.insert(number);
        if let Some(error) = error {
            self.take_back(error);
        }
        Some(false)
    }

    /// Finds a sealed segment of which less than half is worth keeping.
    fn mostly_dead(&self) -> Option<u32> {
        let oldest = self.figures.segments().next().map(|(number, _)| number);
        let active = self.log.active_number();
        let worth_it = self.figures.segments().find(|(number, row)| {
            // In the oldest segment tombstones protect against nothing any more.
            let tombstones = if oldest == Some(*number) {
                0
            } else {
                row.tombstone_bytes
            };
            let kept = row.live_bytes + tombstones;
            *number < active && !self.stuck.contains(number) && kept * 2 < row.end
        });
        worth_it.map(|(number, _)| number)
    }

    fn empty(&mut self, number: u32) -> Result<(), NotEmptied> {
        let lookup = self
            .shared
            .index(|index| index.lookup())
            .map_err(GroupError::Index)?;
        let changes = self.copy_live(number, &lookup)?;
        drop(lookup);
        // The file is removed only once no durable index speaks of it any more. A crash in between
        // leaves a file that the index does not list, which makes the next start rebuild the index.
        self.commit_changes(&changes, Some(number))?;
        self.waste = true;
        self.shared.segments.forget(number);
        // As long as it is not known to be gone, no tombstone against its objects may be dropped,
        // so an error here ends the writing.
        let removed = self.shared.disk.remove(&segment_name(number));
        let removed = removed.and_then(|()| self.shared.disk.sync_names());
        Ok(removed.map_err(|error| GroupError::Log(LogError::Broken(error)))?)
    }

    /// Appends what a segment still needs to say to the log.
    fn copy_live(&mut self, number: u32, lookup: &Lookup) -> Result<Changes, NotEmptied> {
        let oldest = self
            .figures
            .segments()
            .next()
            .is_none_or(|(first, _)| first == number);
        let broken = |error| GroupError::Log(LogError::Broken(error));
        let file = self.shared.segments.open(number).map_err(broken)?;
        let mut walk = Walk::new(file.as_ref(), number, 0).map_err(broken)?;
        let mut changes = Changes::new();
        while let Some(found) = walk.step().map_err(broken)? {
            let Found::Record {
                header, payload, ..
            } = found
            else {
                return Err(NotEmptied::Stays);
            };
            let RecordHeader {
                kind,
                key,
                place,
                payload_crc,
                ..
            } = header;
            let entry = lookup.find(&key).map_err(GroupError::Index)?;
            match (kind, entry) {
                (Kind::Put, Some(entry)) if entry.place == place => {
                    let place = self.log.append(kind, &key, payload, payload_crc);
                    let entry = Entry {
                        place: place.map_err(GroupError::Log)?,
                        ..entry
                    };
                    changes.insert(key, Some(entry));
                }
                (Kind::Tombstone, None) if !oldest => {
                    self.log
                        .append(kind, &key, payload, payload_crc)
                        .map_err(GroupError::Log)?;
                }
                // Copied behind the later put, it would kill it.
                (Kind::Tombstone, Some(_)) if !oldest => return Err(NotEmptied::Stays),
                (Kind::Put | Kind::Tombstone, _) => {}
            }
        }
        Ok(changes)
    }
}

impl From<GroupError> for NotEmptied {
    fn from(error: GroupError) -> Self {
        Self::Failed(error)
    }
}

//! What a disk holds, what was done to it, and what a power cut leaves of that.

use std::collections::BTreeMap;

use crate::common::Random;

/// What a power cut may tear apart in one write.
const SECTOR_BYTES: usize = 512;

/// One thing done to the disk, in order.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Create {
        name: String,
        file: usize,
    },
    Remove {
        name: String,
    },
    SyncNames,
    Write {
        file: usize,
        offset: usize,
        bytes: Vec<u8>,
    },
    SetLength {
        file: usize,
        length: usize,
    },
    Sync {
        file: usize,
    },
    /// Put in by a test: all that was asked until here was acknowledged.
    Acknowledged {
        step: usize,
    },
}

/// Names to file numbers, and the bytes of each file: what a disk holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(super) names: BTreeMap<String, usize>,
    pub(super) files: Vec<Vec<u8>>,
}

impl Image {
    /// Draws one image that a power cut after `events` may leave of a disk that held `self`.
    ///
    /// Of every file any subset of the writes and cuts since its last sync is there, the writes
    /// torn at sectors; of the names any subset of the changes since the last sync of the folder.
    /// With `deaf`, the disk ignored every sync: the control that must show losses.
    pub(crate) fn after_power_cut(
        &self,
        events: &[Event],
        random: &mut Random,
        deaf: bool,
    ) -> Self {
        let mut durable = self.clone();
        let mut waiting: Vec<&Event> = Vec::new();
        for event in events {
            match event {
                Event::Acknowledged { .. } => {}
                Event::Sync { .. } | Event::SyncNames if deaf => {}
                Event::Sync { file } => waiting.retain(|earlier| {
                    let synced = earlier.file() == Some(*file);
                    if synced {
                        durable.apply(earlier);
                    }
                    !synced
                }),
                Event::SyncNames => waiting.retain(|earlier| {
                    let synced = earlier.is_name();
                    if synced {
                        durable.apply(earlier);
                    }
                    !synced
                }),
                Event::Create { .. }
                | Event::Remove { .. }
                | Event::Write { .. }
                | Event::SetLength { .. } => waiting.push(event),
            }
        }
        let mood = random.below(4);
        for event in waiting {
            match (mood, random.below(4)) {
                // Nothing, or all, of what was not synced is as likely as any mixture of it.
                (0, _) | (2 | 3, 0) => {}
                (1, _) | (2 | 3, 1 | 2) => durable.apply(event),
                _ => durable.apply_torn(event, random),
            }
        }
        durable
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Create { name, file } => {
                self.names.insert(name.clone(), *file);
                self.hold(*file);
            }
            Event::Remove { name } => drop(self.names.remove(name)),
            Event::Write {
                file,
                offset,
                bytes,
            } => self.write(*file, *offset, bytes),
            Event::SetLength { file, length } => self.hold(*file).resize(*length, 0),
            Event::Sync { .. } | Event::SyncNames | Event::Acknowledged { .. } => {}
        }
    }

    /// Applies some sectors of a write, or its first bytes only.
    fn apply_torn(&mut self, event: &Event, random: &mut Random) {
        let Event::Write {
            file,
            offset,
            bytes,
        } = event
        else {
            return self.apply(event);
        };
        if random.below(2) == 0 {
            return self.write(*file, *offset, &bytes[..random.below(bytes.len() + 1)]);
        }
        let mut at = 0;
        while at < bytes.len() {
            let to_boundary = SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
            let next = (at + to_boundary).min(bytes.len());
            if random.below(2) == 0 {
                self.write(*file, offset + at, &bytes[at..next]);
            }
            at = next;
        }
    }

    fn write(&mut self, file: usize, offset: usize, bytes: &[u8]) {
        let held = self.hold(file);
        if held.len() < offset + bytes.len() {
            held.resize(offset + bytes.len(), 0);
        }
        held[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    fn hold(&mut self, file: usize) -> &mut Vec<u8> {
        if self.files.len() <= file {
            self.files.resize(file + 1, Vec::new());
        }
        &mut self.files[file]
    }
}

impl Event {
    fn file(&self) -> Option<usize> {
        match self {
            Self::Write { file, .. } | Self::SetLength { file, .. } | Self::Sync { file } => {
                Some(*file)
            }
            _ => None,
        }
    }

    fn is_name(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Remove { .. })
    }
}

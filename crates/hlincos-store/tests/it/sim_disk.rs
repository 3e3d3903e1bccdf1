//! A disk in memory that remembers what was not synced, loses it on a power cut, and fails on demand.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use hlincos_store::{Disk, DiskFile};

mod image;

pub(crate) use image::{Event, Image};

/// A failure to be met.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Every call that takes room from the `call`-th on finds the disk full, until room is made.
    FullFrom { call: u64 },
    /// The `call`-th write, cut or sync fails once.
    ErrorAt { call: u64 },
}

#[derive(Debug, Default)]
struct State {
    image: Image,
    events: Vec<Event>,
    fault: Option<Fault>,
    calls: u64,
}

/// The disk; clones share one state.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk {
    state: Arc<Mutex<State>>,
    recording: bool,
}

#[derive(Debug)]
struct SimFile {
    state: Arc<Mutex<State>>,
    file: usize,
    recording: bool,
}

impl SimDisk {
    /// A disk that starts with `image`; every change is recorded.
    pub(crate) fn recording(image: Image) -> Self {
        let state = State {
            image,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            recording: true,
        }
    }

    /// A disk that starts with `image` and records nothing.
    pub(crate) fn plain(image: Image) -> Self {
        Self {
            recording: false,
            ..Self::recording(image)
        }
    }

    pub(crate) fn acknowledge(&self, step: usize) {
        self.lock().events.push(Event::Acknowledged { step });
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    pub(crate) fn image(&self) -> Image {
        self.lock().image.clone()
    }

    pub(crate) fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        state.fault = fault;
        state.calls = 0;
    }

    /// Counts the calls since the last fault was set.
    pub(crate) fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Changes one file's bytes behind the store's back.
    pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let file = state.image.names[name];
        edit(&mut state.image.files[file]);
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let state = self.lock();
        state.image.files[state.image.names[name]].clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn handle(&self, file: usize) -> Arc<dyn DiskFile> {
        Arc::new(SimFile {
            state: Arc::clone(&self.state),
            file,
            recording: self.recording,
        })
    }
}

impl State {
    /// Does one thing, or fails as told.
    fn change(&mut self, event: Event, recording: bool) -> io::Result<()> {
        self.calls += 1;
        let takes_room = self.takes_room(&event);
        match self.fault {
            Some(Fault::FullFrom { call }) if self.calls >= call && takes_room => {
                // A full disk takes the first half of what it is given.
                if let Event::Write {
                    file,
                    offset,
                    bytes,
                } = &event
                {
                    let half = bytes[..bytes.len() / 2].to_vec();
                    let half = Event::Write {
                        file: *file,
                        offset: *offset,
                        bytes: half,
                    };
                    self.image.apply(&half);
                }
                return Err(io::ErrorKind::StorageFull.into());
            }
            Some(Fault::ErrorAt { call }) if self.calls == call => {
                return Err(io::Error::other("the disk failed as told"));
            }
            _ => {}
        }
        self.image.apply(&event);
        if recording {
            self.events.push(event);
        }
        Ok(())
    }

    /// Tells whether the disk must find new room for this: bytes a file has already are rewritten in place.
    fn takes_room(&self, event: &Event) -> bool {
        let held = |file: &usize| self.image.files[*file].len();
        match event {
            Event::Create { .. } => true,
            Event::Write {
                file,
                offset,
                bytes,
            } => offset + bytes.len() > held(file),
            Event::SetLength { file, length } => *length > held(file),
            _ => false,
        }
    }
}

impl Disk for SimDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().image.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock();
        if state.image.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.image.files.len();
        state.change(
            Event::Create {
                name: name.to_owned(),
                file,
            },
            self.recording,
        )?;
        Ok(self.handle(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.lock().image.names.get(name).copied();
        file.map(|file| self.handle(file))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        if !state.image.names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(
            Event::Remove {
                name: name.to_owned(),
            },
            self.recording,
        )
    }

    fn sync_names(&self) -> io::Result<()> {
        self.lock().change(Event::SyncNames, self.recording)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

impl SimFile {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        work(&mut self.state.lock().unwrap())
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        self.with(|state| Ok(state.image.files[self.file].len() as u64))
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|state| {
            let from = usize::try_from(offset).unwrap();
            let held = state.image.files[self.file].get(from..from + out.len());
            let held = held.ok_or(io::ErrorKind::UnexpectedEof)?;
            out.copy_from_slice(held);
            Ok(())
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        let event = Event::Write {
            file: self.file,
            offset,
            bytes: bytes.to_vec(),
        };
        self.with(|state| state.change(event, self.recording))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        let event = Event::SetLength {
            file: self.file,
            length,
        };
        self.with(|state| state.change(event, self.recording))
    }

    fn sync(&self) -> io::Result<()> {
        let event = Event::Sync { file: self.file };
        self.with(|state| state.change(event, self.recording))
    }
}

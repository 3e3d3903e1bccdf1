//! The folder of one end of a link: ledger, couriered pad, and the lock that keeps others out.
//!
//! ```text
//! lock                one process at a time
//! pad.toml            which pad this is; written by `hlincos pad import`, absent without one
//! link-block          keys and slices of the ratchet
//! a-to-b, b-to-a      blocks of pad; a spent one is overwritten and its room given back
//! ledger-key          32 bytes, for a link without couriered pad
//! ledger              two slots of a sector each
//! ```
//! It must never get into a backup and never be copied: who has an old copy reads old frames, and
//! a ledger that comes back spends pad twice unless the other end tells.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hlincos_channel::{
    BlockId, CONTROL_BYTES, CourieredPad, Direction, End, Erase, Identity, LedgerKey, LinkBlock,
    LinkNumber, RECORD_BYTES, Record, Source,
};
use rustix::fs::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Each slot has a sector of its own, so that a torn write hurts one only.
const SECTOR_BYTES: u64 = 4_096;
const LEDGER_KEY: &str = "ledger-key";
const LINK_BLOCK_BYTES_MAX: u64 = 1 << 20;

/// What `pad.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadNote {
    /// 32 hexadecimal digits, the same at both ends.
    pub pad: String,
    /// Which end of the link has this half.
    pub end: End,
    /// The other end's name, as its maker wrote it.
    pub peer: String,
    /// Bytes of a block.
    pub block_bytes: usize,
    /// Blocks of the direction from A to B, spent ones included.
    pub a_to_b: u64,
    /// Blocks of the direction from B to A.
    pub b_to_a: u64,
    /// Whether the numbers came from a physical source alone; else nothing that they protect is
    /// more than computational.
    pub physical: bool,
}

/// An open folder.
pub struct Folder {
    path: PathBuf,
    _lock: File,
    ledger: Option<File>,
    pads: Option<[File; 2]>,
    link_block: Option<File>,
    note: Option<PadNote>,
    /// Epochs of both chains whose slices are gone from disk.
    erased: [u64; 2],
}

/// Why a link's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The system's word.
    #[error("{path}: {error}")]
    Io {
        /// What could not be read or written.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others may read it.
    #[error("others may read {0}; run: chmod 700 {0}")]
    Open(PathBuf),
    /// Another process uses it.
    #[error("another process uses {0}; one ledger serves one process")]
    Locked(PathBuf),
    /// A file is not what it should be.
    #[error("{path} is {what}; import the pad again, or destroy both halves")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Folder {
    /// Opens the folder and keeps others out of it; makes it when it is not there.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let io = |error| FolderError::Io {
            path: path.to_owned(),
            error,
        };
        match fs::metadata(path) {
            Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
                return Err(FolderError::Open(path.to_owned()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(path).map_err(io)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io)?;
            }
            Err(error) => return Err(io(error)),
        }
        let lock = private(true).open(path.join("lock")).map_err(io)?;
        if lock.try_lock().is_err() {
            return Err(FolderError::Locked(path.to_owned()));
        }
        let mut folder = Self {
            path: path.to_owned(),
            _lock: lock,
            ledger: None,
            pads: None,
            link_block: None,
            note: None,
            erased: [0; 2],
        };
        folder.ledger = folder.existing("ledger")?;
        folder.link_block = folder.existing("link-block")?;
        if let Some(text) = folder.text("pad.toml")? {
            let note = toml::from_str(&text);
            folder.note = Some(note.map_err(|_| folder.malformed("pad.toml", "no note of a pad"))?);
            folder.pads = Some([folder.pad("a-to-b")?, folder.pad("b-to-a")?]);
        }
        Ok(folder)
    }

    /// Which pad lies here.
    #[must_use]
    pub const fn note(&self) -> Option<&PadNote> {
        self.note.as_ref()
    }

    /// The identity of the ledger.
    ///
    /// # Errors
    /// [`FolderError::Malformed`] when the pad's name is none, or is of the other end.
    pub fn identity(&self, number: LinkNumber, end: End) -> Result<Identity, FolderError> {
        let mut pad_id = [0; 16];
        if let Some(note) = &self.note {
            let id = u128::from_str_radix(&note.pad, 16);
            let id = id.map_err(|_| self.malformed("pad.toml", "without the name of a pad"))?;
            pad_id = id.to_be_bytes();
            if note.end != end {
                return Err(self.malformed("pad.toml", "of the other end"));
            }
        }
        Ok(Identity {
            number,
            end,
            pad_id,
        })
    }

    /// How much couriered pad there is.
    #[must_use]
    pub fn couriered(&self) -> Option<CourieredPad> {
        let note = self.note.as_ref()?;
        Some(CourieredPad {
            block_bytes: note.block_bytes,
            a_to_b: note.a_to_b,
            b_to_a: note.b_to_a,
        })
    }

    /// The keys that came with couriered pad.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn link_block(&self) -> Result<Option<LinkBlock>, FolderError> {
        let Some(file) = &self.link_block else {
            return Ok(None);
        };
        let len = file.metadata().map_err(|e| self.io("link-block", e))?.len();
        if len > LINK_BLOCK_BYTES_MAX {
            return Err(self.malformed("link-block", "too long"));
        }
        let len = usize::try_from(len).unwrap_or(0);
        let mut bytes = Zeroizing::new(vec![0; len]);
        file.read_exact_at(&mut bytes, 0)
            .map_err(|error| self.io("link-block", error))?;
        let block = LinkBlock::new(&bytes);
        block
            .map(Some)
            .map_err(|_| self.malformed("link-block", "too short or destroyed"))
    }

    /// The key of a ledger without couriered pad; made when it is not there.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn ledger_key(&self) -> Result<LedgerKey, FolderError> {
        let io = |error| self.io(LEDGER_KEY, error);
        let mut bytes = Zeroizing::new([0; 32]);
        match self.existing(LEDGER_KEY)? {
            Some(file) => file.read_exact_at(&mut *bytes, 0).map_err(io)?,
            None => {
                getrandom::fill(&mut *bytes).map_err(|e| io(io::Error::other(e)))?;
                let file = private(true).open(self.path.join(LEDGER_KEY)).map_err(io)?;
                file.write_all_at(&*bytes, 0).map_err(io)?;
                self.sync(&file).map_err(io)?;
            }
        }
        Ok(LedgerKey::new(*bytes))
    }

    /// Whether there must be a ledger: one is begun with each pad and with each ledger key.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn was_begun(&self) -> Result<bool, FolderError> {
        Ok(self.note.is_some() || self.existing(LEDGER_KEY)?.is_some())
    }

    /// The two slots of the ledger; `None` when there is no ledger at all.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn slots(&self) -> Result<Option<[Option<Vec<u8>>; 2]>, FolderError> {
        let Some(file) = &self.ledger else {
            return Ok(None);
        };
        let mut slots = [None, None];
        for (at, slot) in (0_u64..).zip(&mut slots) {
            let mut bytes = vec![0; RECORD_BYTES];
            match file.read_exact_at(&mut bytes, at * SECTOR_BYTES) {
                Ok(()) => *slot = Some(bytes),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
                Err(error) => return Err(self.io("ledger", error)),
            }
        }
        Ok(Some(slots))
    }

    /// Writes a record and waits until it is on disk.
    ///
    /// # Errors
    /// The system's word; what the record holds back must not be used then.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let file = match &self.ledger {
            Some(file) => file,
            None => {
                let file = private(true).open(self.path.join("ledger"))?;
                // Room for both slots now: a full disk shall not stop a ledger later.
                fallocate(&file, FallocateFlags::empty(), 0, 2 * SECTOR_BYTES)?;
                self.sync(&file)?;
                self.ledger.insert(file)
            }
        };
        file.write_all_at(record.bytes(), record.slot() as u64 * SECTOR_BYTES)?;
        file.sync_data()
    }

    /// Reads a block of couriered pad.
    ///
    /// # Errors
    /// The system's word.
    pub fn read(&self, id: BlockId) -> io::Result<Zeroizing<Vec<u8>>> {
        let (Some(pads), Some(note)) = (&self.pads, &self.note) else {
            return Err(ErrorKind::NotFound.into());
        };
        let mut bytes = Zeroizing::new(vec![0; note.block_bytes]);
        let place = id.number * note.block_bytes as u64;
        pads[id.direction as usize].read_exact_at(&mut bytes, place)?;
        Ok(bytes)
    }

    /// Destroys what was used: overwrites it, then gives its room back.
    ///
    /// Security: on flash memory an overwritten block may live on in spare cells until they are
    /// used again; keep couriered pad on media that are destroyed afterwards.
    ///
    /// # Errors
    /// The system's word.
    pub fn erase(&mut self, erase: &Erase) -> io::Result<()> {
        match erase {
            Erase::Blocks {
                source: Source::Couriered,
                direction,
                numbers,
            } => {
                let (Some(pads), Some(note)) = (&self.pads, &self.note) else {
                    return Ok(());
                };
                let file = &pads[*direction as usize];
                let block_bytes = note.block_bytes as u64;
                let end = file.metadata()?.len();
                let from = (numbers.start * block_bytes).min(end);
                let to = (numbers.end * block_bytes).min(end);
                destroy(file, from, to)
            }
            // Pad of QKD was never on disk.
            Erase::Blocks { .. } => Ok(()),
            Erase::Slices { server, epochs } => self.erase_slices(*server, epochs.clone()),
        }
    }

    /// Slices stand in pairs behind the keys: `spec/channel.md`, section 9.3.
    fn erase_slices(&mut self, server: End, epochs: Range<u64>) -> io::Result<()> {
        let Some(file) = &self.link_block else {
            return Ok(());
        };
        let erased = &mut self.erased[server as usize];
        for epoch in epochs.start.max(*erased)..epochs.end {
            let place = CONTROL_BYTES as u64 + 64 * epoch + 32 * server as u64;
            file.write_all_at(&[0; 32], place)?;
        }
        *erased = (*erased).max(epochs.end);
        file.sync_data()
    }

    /// Puts a pad here: its note last, so that a half that was not imported whole is none.
    ///
    /// # Errors
    /// [`FolderError`]; when there is a pad already.
    pub fn import(
        path: &Path,
        note: &PadNote,
        link_block: &[u8],
        blocks: &mut dyn FnMut(Direction, u64) -> io::Result<Zeroizing<Vec<u8>>>,
    ) -> Result<(), FolderError> {
        let folder = Self::open(path)?;
        if folder.note.is_some() || folder.ledger.is_some() {
            return Err(folder.malformed("pad.toml", "there already: one folder holds one pad"));
        }
        let file = private(true).open(path.join("link-block"));
        let file = file.map_err(|error| folder.io("link-block", error))?;
        file.write_all_at(link_block, 0)
            .and_then(|()| file.sync_all())
            .map_err(|error| folder.io("link-block", error))?;
        let directions = [
            ("a-to-b", Direction::AToB, note.a_to_b),
            ("b-to-a", Direction::BToA, note.b_to_a),
        ];
        for (name, direction, count) in directions {
            let mut write = || {
                let file = private(true).truncate(true).open(path.join(name))?;
                for number in 0..count {
                    let bytes = blocks(direction, number)?;
                    file.write_all_at(&bytes, number * note.block_bytes as u64)?;
                }
                file.sync_all()
            };
            write().map_err(|error| folder.io(name, error))?;
        }
        let text = toml::to_string(note).expect("a plain struct is TOML");
        let text = format!("# Written by `hlincos pad import`. Never copy this folder.\n{text}");
        let name = path.join("pad.toml");
        let write = || {
            let mut file = private(true).open(&name)?;
            io::Write::write_all(&mut file, text.as_bytes())?;
            folder.sync(&file)
        };
        write().map_err(|error| folder.io("pad.toml", error))
    }

    /// Overwrites and removes everything that is here.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn destroy(self) -> Result<(), FolderError> {
        for name in [
            "link-block",
            "a-to-b",
            "b-to-a",
            "ledger-key",
            "ledger",
            "pad.toml",
        ] {
            let path = self.path.join(name);
            if let Some(file) = self.existing(name)? {
                let len = file.metadata().map_err(|e| self.io(name, e))?.len();
                destroy(&file, 0, len).map_err(|e| self.io(name, e))?;
                fs::remove_file(&path).map_err(|e| self.io(name, e))?;
            }
        }
        Ok(())
    }

    fn existing(&self, name: &str) -> Result<Option<File>, FolderError> {
        match private(false).open(self.path.join(name)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io(name, error)),
        }
    }

    fn pad(&self, name: &'static str) -> Result<File, FolderError> {
        self.existing(name)?
            .ok_or_else(|| self.malformed(name, "missing"))
    }

    fn text(&self, name: &str) -> Result<Option<String>, FolderError> {
        match fs::read_to_string(self.path.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io(name, error)),
        }
    }

    /// Makes a new file and its name durable.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        File::open(&self.path)?.sync_all()
    }

    fn io(&self, name: &str, error: io::Error) -> FolderError {
        FolderError::Io {
            path: self.path.join(name),
            error,
        }
    }

    fn malformed(&self, name: &str, what: &'static str) -> FolderError {
        FolderError::Malformed {
            path: self.path.join(name),
            what,
        }
    }
}

fn private(create: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create).mode(0o600);
    options
}

/// Overwrites a stretch of a file with zeros, then gives its room back.
fn destroy(file: &File, from: u64, to: u64) -> io::Result<()> {
    const STEP: u64 = 1 << 20;
    let zeros = vec![0; usize::try_from(STEP.min(to.saturating_sub(from))).unwrap_or(0)];
    let mut at = from;
    while at < to {
        let len = usize::try_from(STEP.min(to - at)).unwrap_or(0);
        file.write_all_at(&zeros[..len], at)?;
        at += len as u64;
    }
    if to <= from {
        return Ok(());
    }
    file.sync_data()?;
    let room = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match fallocate(file, room, from, to - from) {
        // Not every file system gives room back; the zeros are what counts.
        Ok(()) | Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

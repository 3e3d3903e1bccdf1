//! A file of physical random numbers, each spent once.
//!
//! A block is noted as spent in the ledger beside the file, durably, then wiped in the file, and
//! only then given: a crash wastes a block and never repeats one. `spec/spent-file.md`.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use hlincos_sharing::{Randomness, RandomnessError, RandomnessGrade};
use rustix::fs::{FlockOperation, flock};
use zeroize::Zeroizing;

use super::SourceError;

/// The file, its ledger, and the block under way.
pub(super) struct SpentFile {
    file: File,
    ledger: PathBuf,
    /// Bytes of the file, and how many of them are spent.
    len: u64,
    spent: u64,
    block: Zeroizing<Vec<u8>>,
    at: usize,
    /// The disk failed once: nothing more is given until the file is opened again.
    failed: bool,
}

impl SpentFile {
    /// Opens the file for itself alone and reads how much of it is spent.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let unusable = |why: String| SourceError::Unusable {
            path: path.to_owned(),
            why,
        };
        let system = |error: std::io::Error| unusable(error.to_string());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(system)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| unusable("another process draws from it; one gateway a file".into()))?;
        let meta = file.metadata().map_err(system)?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(unusable(format!(
                "others may read it, and it is as secret as a key; run: chmod 600 {}",
                path.display()
            )));
        }
        let len = meta.len();
        let ledger = PathBuf::from(format!("{}{LEDGER_SUFFIX}", path.display()));
        let noted = match std::fs::read_to_string(&ledger) {
            Ok(text) => Some(parse_ledger(&text).ok_or_else(|| {
                unusable(format!(
                    "its ledger {} is damaged; use a new file",
                    ledger.display()
                ))
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(system(error)),
        };
        let mut opened = Self {
            file,
            ledger,
            len,
            spent: 0,
            block: Zeroizing::new(Vec::new()),
            at: 0,
            failed: false,
        };
        if let Some((noted_len, spent)) = noted {
            if noted_len != len || spent > len {
                return Err(unusable(
                    "its ledger belongs to another file; use a new file".into(),
                ));
            }
            opened.spent = spent;
            // The last block may have been noted and not wiped when the power went.
            let last = spent.saturating_sub(BLOCK_BYTES);
            opened.wipe(last, spent - last).map_err(system)?;
        }
        if opened.is_wiped_at(opened.spent).map_err(system)? {
            return Err(unusable(
                "its ledger is older than the file: these numbers were spent; use a new file"
                    .into(),
            ));
        }
        Ok(opened)
    }

    /// Whether what comes next was wiped before: then the ledger was rolled back or lost.
    fn is_wiped_at(&self, at: u64) -> std::io::Result<bool> {
        let probe = usize::try_from((self.len - at).min(PROBE_BYTES)).expect("a few bytes");
        let mut bytes = Zeroizing::new(vec![0; probe]);
        self.file.read_exact_at(&mut bytes, at)?;
        // Shorter runs of zeros may be random.
        Ok(probe >= 16 && bytes.iter().all(|byte| *byte == 0))
    }

    fn wipe(&self, from: u64, len: u64) -> std::io::Result<()> {
        let zeros = vec![0; usize::try_from(len).expect("a block")];
        self.file.write_all_at(&zeros, from)?;
        self.file.sync_data()
    }

    /// Spends the next block: ledger, then file, then memory.
    fn next_block(&mut self) -> std::io::Result<()> {
        let len = (self.len - self.spent).min(BLOCK_BYTES);
        let mut block = Zeroizing::new(vec![0; usize::try_from(len).expect("a block")]);
        self.file.read_exact_at(&mut block, self.spent)?;
        write_ledger(&self.ledger, self.len, self.spent + len)?;
        // Spent from here on: if wiping fails, what is left of the block must not be read again.
        let from = self.spent;
        self.spent += len;
        self.wipe(from, len)?;
        (self.block, self.at) = (block, 0);
        Ok(())
    }
}

impl Randomness for SpentFile {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        if self.failed {
            return Err(RandomnessError::Silent);
        }
        let left = self.len - self.spent + (self.block.len() - self.at) as u64;
        if (out.len() as u64) > left {
            return Err(RandomnessError::Spent);
        }
        let mut out = out;
        while !out.is_empty() {
            if self.at == self.block.len() {
                self.next_block().map_err(|_| {
                    self.failed = true;
                    RandomnessError::Silent
                })?;
            }
            let len = out.len().min(self.block.len() - self.at);
            let (now, later) = out.split_at_mut(len);
            now.copy_from_slice(&self.block[self.at..self.at + len]);
            self.block[self.at..self.at + len].fill(0);
            self.at += len;
            out = later;
        }
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Physical
    }
}

/// `hlincos-spent 1`, the file's length, the bytes spent: one line each.
fn parse_ledger(text: &str) -> Option<(u64, u64)> {
    let mut lines = text.lines();
    let known = lines.next() == Some(LEDGER_TITLE);
    let (len, spent) = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
    (known && lines.next().is_none()).then_some((len, spent))
}

/// Replaces the ledger durably: a new file, synced, renamed, and the folder synced.
fn write_ledger(path: &Path, len: u64, spent: u64) -> std::io::Result<()> {
    let new = path.with_extension("spent-new");
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{LEDGER_TITLE}\n{len}\n{spent}")?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Bytes spent at a time.
const BLOCK_BYTES: u64 = 1 << 20;

/// Bytes looked at to see whether a place was wiped.
const PROBE_BYTES: u64 = 4_096;

const LEDGER_SUFFIX: &str = ".spent";
const LEDGER_TITLE: &str = "hlincos-spent 1";

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize) -> Vec<u8> {
        let byte = |at: usize| (at.wrapping_mul(0x9E37_79B9) >> 7).to_be_bytes()[7] | 1;
        (0..len).map(byte).collect()
    }

    fn file(len: usize) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("numbers");
        std::fs::write(&path, numbers(len)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        (dir, path)
    }

    fn draw(from: &mut SpentFile, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        from.fill(&mut out).unwrap();
        out
    }

    #[test]
    fn a_process_that_died_never_sees_a_number_again() {
        let (_dir, path) = file(3 << 20);
        let all = numbers(3 << 20);
        let mut first = SpentFile::open(&path).unwrap();
        assert_eq!(draw(&mut first, 100), all[..100]);
        drop(first);
        let mut second = SpentFile::open(&path).unwrap();
        assert_eq!(
            draw(&mut second, 100),
            all[1 << 20..][..100],
            "the first MiB was begun"
        );
        assert_eq!(
            second.fill(&mut vec![0; 3 << 20]),
            Err(RandomnessError::Spent)
        );
        let wiped = std::fs::read(&path).unwrap();
        assert!(wiped[..2 << 20].iter().all(|byte| *byte == 0));
        assert_eq!(wiped[2 << 20..], all[2 << 20..]);
    }

    #[test]
    fn a_draw_may_reach_over_blocks_and_to_the_very_end() {
        let (_dir, path) = file((2 << 20) + 5);
        let mut source = SpentFile::open(&path).unwrap();
        assert_eq!(draw(&mut source, (2 << 20) + 5), numbers((2 << 20) + 5));
        assert_eq!(source.fill(&mut [0]), Err(RandomnessError::Spent));
        assert_eq!(source.fill(&mut []), Ok(()));
    }

    #[test]
    fn a_ledger_lost_rolled_back_damaged_or_of_another_file_is_refused() {
        let (_dir, path) = file(4 << 20);
        let ledger = PathBuf::from(format!("{}.spent", path.display()));
        let mut source = SpentFile::open(&path).unwrap();
        draw(&mut source, 1);
        let old = std::fs::read(&ledger).unwrap();
        draw(&mut source, 1 << 20);
        drop(source);
        let now = std::fs::read(&ledger).unwrap();
        let refused = |text: Option<&[u8]>| {
            match text {
                Some(text) => std::fs::write(&ledger, text).unwrap(),
                None => std::fs::remove_file(&ledger).unwrap(),
            }
            SpentFile::open(&path).is_err()
        };
        assert!(refused(Some(&old)), "rolled back");
        assert!(refused(Some(b"hlincos-spent 1\n7\n7\n")), "of another file");
        assert!(refused(Some(b"\xFF")), "damaged");
        assert!(refused(Some(b"")), "damaged");
        assert!(refused(None), "lost");
        assert!(!refused(Some(&now)));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_command_that_mends_it() {
        let (_dir, path) = file(100);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = SpentFile::open(&path).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn after_a_failure_nothing_is_given_that_may_have_been_wiped() {
        let (dir, path) = file(2 << 20);
        let mut source = SpentFile::open(&path).unwrap();
        // The ledger cannot be replaced any more: its new name is a folder.
        std::fs::create_dir(dir.path().join("numbers.spent-new")).unwrap();
        assert_eq!(source.fill(&mut [0]), Err(RandomnessError::Silent));
        std::fs::remove_dir(dir.path().join("numbers.spent-new")).unwrap();
        assert_eq!(
            source.fill(&mut [0]),
            Err(RandomnessError::Silent),
            "for good"
        );
        drop(source);
        assert_eq!(draw(&mut SpentFile::open(&path).unwrap(), 9), numbers(9));
    }

    #[test]
    fn two_gateways_do_not_draw_from_one_file() {
        let (_dir, path) = file(1 << 20);
        let _first = SpentFile::open(&path).unwrap();
        assert!(SpentFile::open(&path).is_err());
    }
}

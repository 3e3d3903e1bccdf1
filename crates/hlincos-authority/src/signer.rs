//! The stateful root's signer: reserve, make durable, then sign.
//!
//! Order of durable writes for one signature, and what a crash after each leaves behind:
//!
//! 1. a line in the ledger, synced: the leaf is spent, nothing was signed
//! 2. the mark, replaced and synced: the same
//! 3. the signature is computed and returned: it may be out in the world
//!
//! So a crash costs at most one leaf. The ledger is locked from reading to step 2: two processes
//! never take one leaf.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hlincos_pki::{CertificateSigner, OneTimeIndex, PublicKey, SignError, StatefulKey, Tree};

use crate::AuthorityError;
use crate::files::{read_if_there, replace, write_new};
use crate::ledger::{Entry, Ledger, LedgerError};
use crate::registry::Registry;

const LEDGER: &str = "root.ledger";
const MARK: &str = "root.mark";

/// The files that say which leaves of a root are spent.
pub(crate) struct State {
    dir: PathBuf,
    key: PublicKey,
}

/// A locked ledger, checked against everything that is known.
struct Locked {
    file: File,
    ledger: Ledger,
    number: u64,
    /// The mark misses the ledger's last line: a crash came between the two.
    behind: bool,
}

impl State {
    pub(crate) fn new(dir: &Path, key: &PublicKey) -> Self {
        Self {
            dir: dir.to_owned(),
            key: key.clone(),
        }
    }

    /// Makes the files of a new signer over leaves.
    pub(crate) fn create(&self, leaves: &Range<u32>) -> Result<(), AuthorityError> {
        let (ledger, text) = Ledger::begin(&self.key, leaves);
        let path = self.dir.join(LEDGER);
        write_new(&path, text.as_bytes(), 0o600)?;
        let file = File::open(&path).map_err(|error| self.io(error))?;
        self.write_mark(&ledger, number(&file).map_err(|error| self.io(error))?)
    }

    /// The leaves that are left, if all records agree.
    pub(crate) fn free(&self) -> Result<Range<u32>, AuthorityError> {
        Ok(self.lock()?.ledger.free().clone())
    }

    /// Spends the next leaf durably.
    fn reserve(&self, now: Duration) -> Result<OneTimeIndex, AuthorityError> {
        let mut locked = self.lock()?;
        self.mend(&mut locked, now)?;
        let next = locked.ledger.free().clone();
        if next.is_empty() {
            return Err(self.refuse(LedgerError::Exhausted));
        }
        self.write(&mut locked, Entry::Sign, &(next.start..next.start + 1), now)?;
        Ok(OneTimeIndex::danger_spent(next.start))
    }

    /// Hands the last leaves to another signer, durably.
    pub(crate) fn hand_over(
        &self,
        leaves: &Range<u32>,
        now: Duration,
    ) -> Result<(), AuthorityError> {
        let mut locked = self.lock()?;
        self.mend(&mut locked, now)?;
        self.write(&mut locked, Entry::Hand, leaves, now)
    }

    /// Takes the state as it is, gives up the leaves below `next`, and goes on from there.
    ///
    /// `unspent` is what the key could sign with; the ledger is made anew where it is no use.
    pub(crate) fn adopt(
        &self,
        unspent: &Range<u32>,
        next: u32,
        now: Duration,
    ) -> Result<(), AuthorityError> {
        let path = self.dir.join(LEDGER);
        // A signer that waits for this lock finds another file's number in the mark afterwards.
        let old = File::open(&path).ok();
        if let Some(old) = &old {
            old.lock().map_err(|error| self.io(error))?;
        }
        let text = read_if_there(&path)?.unwrap_or_default();
        let known = Ledger::read(&String::from_utf8_lossy(&text), &self.key);
        let known = known.map_or_else(|_| unspent.clone(), |ledger| ledger.free().clone());
        let registered = Registry::open(&self.dir)?.last_index();
        let first = registered.map_or(known.start, |last| known.start.max(last + 1));
        if next < first {
            return Err(self.refuse(LedgerError::AdoptedTooEarly(first)));
        }
        let (ledger, mut text) = Ledger::begin(&self.key, &(unspent.start..known.end));
        let skipped = unspent.start..next.min(known.end);
        let ledger = match ledger.clone().add(Entry::Skip, &skipped, now) {
            Some((skipped, line)) => {
                text.push_str(&line);
                skipped
            }
            None => ledger,
        };
        replace(&path, text.as_bytes(), 0o600)?;
        let file = File::open(&path).map_err(|error| self.io(error))?;
        self.write_mark(&ledger, number(&file).map_err(|error| self.io(error))?)
    }

    /// Locks the ledger and believes it only if mark and registry agree with it.
    fn lock(&self) -> Result<Locked, AuthorityError> {
        let path = self.dir.join(LEDGER);
        let mut file = match OpenOptions::new().read(true).append(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.refuse(LedgerError::Missing));
            }
            Err(error) => return Err(self.io(error)),
        };
        file.lock().map_err(|error| self.io(error))?;
        let mut bytes = Vec::new();
        let read = file.read_to_end(&mut bytes).and_then(|_| number(&file));
        let number = read.map_err(|error| self.io(error))?;
        let text = String::from_utf8_lossy(&bytes);
        let ledger = Ledger::read(&text, &self.key).map_err(|error| self.refuse(error))?;
        let mark = read_if_there(&self.dir.join(MARK))?;
        let mark = mark.ok_or_else(|| self.refuse(LedgerError::MarkMissing))?;
        let behind = ledger
            .check_mark(&text, &String::from_utf8_lossy(&mark), number)
            .map_err(|error| self.refuse(error))?;
        let registry = Registry::open(&self.dir)?;
        if let Some((serial, index)) = registry.signed_after(ledger.free().start) {
            return Err(self.refuse(LedgerError::Contradicted { serial, index }));
        }
        Ok(Locked {
            file,
            ledger,
            number,
            behind,
        })
    }

    /// After a crash: brings the mark up to the ledger, cuts off a line that was not written whole
    /// and gives its leaf up.
    fn mend(&self, locked: &mut Locked, now: Duration) -> Result<(), AuthorityError> {
        if std::mem::take(&mut locked.behind) {
            self.write_mark(&locked.ledger, locked.number)?;
        }
        let Some(end) = locked.ledger.torn_at.take() else {
            return Ok(());
        };
        let cut = locked.file.set_len(end as u64);
        cut.map_err(|error| self.io(error))?;
        let next = locked.ledger.free().start;
        if locked.ledger.free().is_empty() {
            return Ok(());
        }
        self.write(locked, Entry::Skip, &(next..next + 1), now)
    }

    /// Steps 1 and 2.
    fn write(
        &self,
        locked: &mut Locked,
        entry: Entry,
        leaves: &Range<u32>,
        now: Duration,
    ) -> Result<(), AuthorityError> {
        let added = locked.ledger.clone().add(entry, leaves, now);
        let (ledger, line) = added.ok_or_else(|| self.refuse(LedgerError::Exhausted))?;
        let file = &mut locked.file;
        file.seek(SeekFrom::End(0))
            .and_then(|_| file.write_all(line.as_bytes()))
            .and_then(|()| file.sync_all())
            .map_err(|error| self.io(error))?;
        self.write_mark(&ledger, locked.number)?;
        locked.ledger = ledger;
        Ok(())
    }

    fn write_mark(&self, ledger: &Ledger, file: u64) -> Result<(), AuthorityError> {
        replace(&self.dir.join(MARK), ledger.mark(file).as_bytes(), 0o600)
    }

    fn refuse(&self, error: LedgerError) -> AuthorityError {
        AuthorityError::State(self.dir.join(LEDGER), error)
    }

    fn io(&self, error: io::Error) -> AuthorityError {
        AuthorityError::File(self.dir.join(LEDGER), error)
    }
}

/// The file's number on its disk: a copy has another, and so has a file put back from a backup.
fn number(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.ino())
}

/// The root's key with its tree and its state.
pub(crate) struct RootSigner {
    key: StatefulKey,
    tree: Tree,
    state: State,
    clock: fn() -> Duration,
    last: Cell<Option<u32>>,
}

impl RootSigner {
    pub(crate) fn new(key: StatefulKey, tree: Tree, state: State, clock: fn() -> Duration) -> Self {
        Self {
            key,
            tree,
            state,
            clock,
            last: Cell::new(None),
        }
    }

    /// The leaf of the last signature.
    pub(crate) fn last_index(&self) -> Option<u32> {
        self.last.get()
    }
}

impl CertificateSigner for RootSigner {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let index = self.state.reserve((self.clock)());
        let index = index.map_err(|error| SignError::State(Box::new(error)))?;
        self.last.set(Some(index.number()));
        self.key.sign(&self.tree, index, message)
    }
}

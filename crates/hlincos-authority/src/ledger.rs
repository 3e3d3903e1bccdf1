//! The ledger of a stateful root: which of its leaves are spent. Pure; the files are `signer`'s.
//!
//! ```text
//! hlincos index ledger 1 KEY FIRST END        the key's hash, the leaves that this signer has
//! sign 0 1 1795611600 CHAIN                   leaves 0..1 signed, at a time, the chain so far
//! skip 1 9 1795611700 CHAIN                   leaves 1..9 given up
//! hand 512 1024 1795611800 CHAIN              leaves 512..1024 handed to another signer
//! ```
//! CHAIN is the SHA-256 of the chain before and the line's other words, so a line can be neither
//! changed nor left out. A second record, the mark, holds the chain's end: a ledger that was put
//! back to an older state does not fit it. `spec/certificates.md`, section 7.

use core::fmt::Write;
use core::ops::Range;
use core::time::Duration;

use hlincos_pki::PublicKey;
use sha2::{Digest, Sha256};

const LEDGER: &str = "hlincos index ledger 1";
const MARK: &str = "hlincos index mark 1";
const CHAIN_DIGITS: usize = 64;

/// Why the state of a stateful root is not to be trusted, or allows no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// All leaves are spent.
    #[error(
        "every one-time key of this root is spent; sign with another part (`hlincos ca split`) or \
         make a new root"
    )]
    Exhausted,
    /// The ledger is not there.
    #[error(
        "the ledger of spent one-time keys is missing; nothing is signed without it: put it back, \
         or give up every index that may have been used (`hlincos ca adopt`)"
    )]
    Missing,
    /// The mark is not there.
    #[error(
        "the mark beside the ledger is missing; nothing is signed without it: put it back, or give \
         up every index that may have been used (`hlincos ca adopt`)"
    )]
    MarkMissing,
    /// A line is not one of ours or does not continue the chain.
    #[error(
        "line {0} of the ledger is damaged; nothing is signed: put the file back, or give up every \
         index that may have been used (`hlincos ca adopt`)"
    )]
    Damaged(usize),
    /// The mark is not one of ours.
    #[error("the mark beside the ledger is damaged; see `hlincos ca adopt`")]
    MarkDamaged,
    /// Ledger or mark are of another key.
    #[error("{0} is of another key; put the right one back")]
    AnotherKey(&'static str),
    /// The ledger is older than the mark.
    #[error(
        "the ledger was put back to an older state: the mark knows of spent one-time keys that it \
         does not list; never restore it from a copy: give up every index that may have been used \
         (`hlincos ca adopt`)"
    )]
    RolledBack,
    /// The mark is older than the ledger.
    #[error(
        "the mark beside the ledger was put back to an older state; never restore it from a copy: \
         see `hlincos ca adopt`"
    )]
    MarkRolledBack,
    /// Certificates were signed with indices that the ledger does not list.
    #[error(
        "certificate {serial} was signed with one-time key {index}, which the ledger does not \
         list: the folder was put back to an older state; give up every index that may have been \
         used (`hlincos ca adopt`)"
    )]
    Contradicted {
        /// The certificate.
        serial: String,
        /// The leaf it was signed with.
        index: u32,
    },
    /// The ledger was copied from another place, or its disk restored.
    #[error(
        "this ledger is not the file it was made as: the folder was copied or restored, and two \
         copies would spend the same one-time keys; if no other copy will ever sign, give up every \
         index that may have been used (`hlincos ca adopt`)"
    )]
    Copied,
    /// An adoption names an index that is spent for certain.
    #[error("indices below {0} are spent for certain; name that or a later one")]
    AdoptedTooEarly(u32),
}

/// What a line of the ledger says about a range of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Sign,
    Skip,
    Hand,
}

impl Entry {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Sign, "sign"),
        (Self::Skip, "skip"),
        (Self::Hand, "hand"),
    ];

    fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(entry, _)| *entry == self);
        found.expect("the table has all kinds").1
    }
}

/// A ledger as read: which leaves are left, and its last two chain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    key: String,
    free: Range<u32>,
    chain: String,
    before: Option<String>,
    /// Bytes of a last line that was not written whole; nothing was signed after it.
    pub(crate) torn_at: Option<usize>,
}

impl Ledger {
    /// A new ledger over leaves, and its text.
    pub(crate) fn begin(key: &PublicKey, leaves: &Range<u32>) -> (Self, String) {
        let key = fingerprint(key);
        let header = format!("{LEDGER} {key} {} {}", leaves.start, leaves.end);
        let ledger = Self {
            key,
            free: leaves.clone(),
            chain: hash("", &header),
            before: None,
            torn_at: None,
        };
        (ledger, format!("{header}\n"))
    }

    /// Reads a ledger.
    ///
    /// A last line without its end was being written when the power failed: it is reported, and
    /// its leaf counts as spent.
    pub(crate) fn read(text: &str, key: &PublicKey) -> Result<Self, LedgerError> {
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines().enumerate();
        let (_, header) = lines.next().ok_or(LedgerError::Damaged(1))?;
        let mut ledger = Self::read_header(header, key)?;
        for (at, line) in lines {
            ledger.follow(line).ok_or(LedgerError::Damaged(at + 1))?;
        }
        ledger.torn_at = (whole < text.len()).then_some(whole);
        Ok(ledger)
    }

    fn read_header(header: &str, key: &PublicKey) -> Result<Self, LedgerError> {
        let damaged = LedgerError::Damaged(1);
        let words = header.strip_prefix(LEDGER).ok_or(damaged.clone())?;
        let mut words = words.split_whitespace();
        let (Some(found), Some(first), Some(end), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(damaged);
        };
        let number = |word: &str| word.parse().map_err(|_| damaged.clone());
        let (ledger, text) = Self::begin(key, &(number(first)?..number(end)?));
        if found != ledger.key {
            return Err(LedgerError::AnotherKey("the ledger"));
        }
        if text.trim_end() != header {
            return Err(damaged);
        }
        Ok(ledger)
    }

    /// Takes one line; nothing when it does not follow.
    fn follow(&mut self, line: &str) -> Option<()> {
        let (words, chain) = line.rsplit_once(' ')?;
        let mut fields = words.split(' ');
        let word = fields.next()?;
        let (entry, _) = Entry::ALL.iter().find(|(_, known)| *known == word)?;
        let start: u32 = fields.next()?.parse().ok()?;
        let end: u32 = fields.next()?.parse().ok()?;
        let at: u64 = fields.next()?.parse().ok()?;
        let expected = self
            .clone()
            .add(*entry, &(start..end), Duration::from_secs(at))?;
        if fields.next().is_some() || chain.len() != CHAIN_DIGITS || expected.1.trim_end() != line {
            return None;
        }
        *self = expected.0;
        Some(())
    }

    /// The ledger after one more line, and the line; nothing when the leaves are not free.
    pub(crate) fn add(
        self,
        entry: Entry,
        leaves: &Range<u32>,
        now: Duration,
    ) -> Option<(Self, String)> {
        let free = match entry {
            Entry::Sign if leaves.len() != 1 => return None,
            Entry::Sign | Entry::Skip if leaves.start == self.free.start => {
                leaves.end..self.free.end
            }
            Entry::Hand if leaves.end == self.free.end => self.free.start..leaves.start,
            _ => return None,
        };
        if leaves.is_empty() || leaves.start < self.free.start || leaves.end > self.free.end {
            return None;
        }
        let (word, seconds) = (entry.word(), now.as_secs());
        let words = format!("{word} {} {} {seconds}", leaves.start, leaves.end);
        let chain = hash(&self.chain, &words);
        let line = format!("{words} {chain}\n");
        let ledger = Self {
            key: self.key,
            free,
            before: Some(self.chain),
            chain,
            torn_at: None,
        };
        Some((ledger, line))
    }

    /// The leaves that are left.
    pub(crate) fn free(&self) -> &Range<u32> {
        &self.free
    }

    /// The text of the mark; `file` tells one file from its copies.
    pub(crate) fn mark(&self, file: u64) -> String {
        format!("{MARK} {} {file} {}\n", self.key, self.chain)
    }

    /// Compares the mark: it is written after each line of the ledger, so it may be one behind.
    ///
    /// `text` is the ledger's own, to tell which of the two was put back. Tells whether the mark is
    /// behind: it must be written again before the next line, or two crashes would part them.
    pub(crate) fn check_mark(
        &self,
        text: &str,
        mark: &str,
        file: u64,
    ) -> Result<bool, LedgerError> {
        let words = mark.strip_prefix(MARK).ok_or(LedgerError::MarkDamaged)?;
        let words: Vec<&str> = words.split_whitespace().collect();
        let [key, marked_file, chain] = words[..] else {
            return Err(LedgerError::MarkDamaged);
        };
        if key != self.key {
            return Err(LedgerError::AnotherKey("the mark beside the ledger"));
        }
        if marked_file != file.to_string() {
            return Err(LedgerError::Copied);
        }
        if chain == self.chain || Some(chain) == self.before.as_deref() {
            return Ok(chain != self.chain);
        }
        let header = text.lines().next().unwrap_or_default();
        let older = chain == hash("", header) || text.lines().any(|line| line.ends_with(chain));
        Err(if older && chain.len() == CHAIN_DIGITS {
            LedgerError::MarkRolledBack
        } else {
            LedgerError::RolledBack
        })
    }
}

/// The key's name in ledgers: its hash, so that files of two keys are not taken for each other.
fn fingerprint(key: &PublicKey) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

fn hash(before: &str, words: &str) -> String {
    hex(&Sha256::digest(format!("{before}\n{words}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string grows");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hlincos_pki::{CertificateSigner, EphemeralSigner, SignatureAlgorithm};

    const NOW: Duration = Duration::from_secs(1_795_611_600);

    fn key() -> PublicKey {
        let signer = EphemeralSigner::generate(SignatureAlgorithm::SlhDsa128f).unwrap();
        signer.public_key().clone()
    }

    /// A ledger over eight leaves after some lines, with its text.
    fn after(key: &PublicKey, lines: &[(Entry, Range<u32>)]) -> (Ledger, String) {
        let (mut ledger, mut text) = Ledger::begin(key, &(0..8));
        for (entry, leaves) in lines {
            let (next, line) = ledger.add(*entry, leaves, NOW).unwrap();
            ledger = next;
            text.push_str(&line);
        }
        (ledger, text)
    }

    const LINES: [(Entry, Range<u32>); 4] = [
        (Entry::Sign, 0..1),
        (Entry::Skip, 1..3),
        (Entry::Hand, 6..8),
        (Entry::Sign, 3..4),
    ];

    #[test]
    fn what_was_written_is_read_and_the_right_leaves_are_left() {
        let key = key();
        let (ledger, text) = after(&key, &LINES);
        assert_eq!(Ledger::read(&text, &key), Ok(ledger.clone()));
        assert_eq!(*ledger.free(), 4..6);
    }

    #[test]
    fn no_leaf_is_spent_twice_or_out_of_its_place() {
        let key = key();
        let (ledger, _) = after(&key, &LINES);
        for (entry, leaves) in [
            (Entry::Sign, 3..4),
            (Entry::Sign, 5..6),
            (Entry::Sign, 4..6),
            (Entry::Sign, 4..4),
            (Entry::Skip, 4..7),
            (Entry::Hand, 5..7),
            (Entry::Hand, 3..6),
        ] {
            assert!(
                ledger.clone().add(entry, &leaves, NOW).is_none(),
                "{leaves:?}"
            );
        }
    }

    #[test]
    fn any_changed_letter_is_damage() {
        let key = key();
        let (_, text) = after(&key, &LINES);
        for at in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'7' { b'8' } else { b'7' };
            let read = Ledger::read(core::str::from_utf8(&wrong).unwrap(), &key);
            let torn = |ledger: &Ledger| ledger.torn_at.is_some();
            assert!(
                read.is_err() || read.as_ref().is_ok_and(torn),
                "letter {at}"
            );
        }
        for line in 1..LINES.len() {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.remove(line);
            let wrong = lines.join("\n") + "\n";
            assert!(Ledger::read(&wrong, &key).is_err(), "without line {line}");
        }
        let other = Ledger::read(&text, &self::key());
        assert_eq!(other, Err(LedgerError::AnotherKey("the ledger")));
    }

    #[test]
    fn a_last_line_that_was_not_written_whole_is_told() {
        let key = key();
        let (_, text) = after(&key, &LINES);
        let (before, whole) = after(&key, &LINES[..3]);
        for end in whole.len() + 1..text.len() {
            let read = Ledger::read(&text[..end], &key).unwrap();
            assert_eq!(read.torn_at, Some(whole.len()));
            assert_eq!(read.free(), before.free());
        }
    }

    #[test]
    fn ledger_and_mark_tell_which_of_them_was_put_back() {
        let key = key();
        for now in 0..=LINES.len() {
            let (ledger, text) = after(&key, &LINES[..now]);
            for marked in 0..=LINES.len() {
                let (of_mark, _) = after(&key, &LINES[..marked]);
                let checked = ledger.check_mark(&text, &of_mark.mark(7), 7);
                let expected = match now.checked_sub(marked) {
                    Some(behind @ (0 | 1)) => Ok(behind == 1),
                    Some(_) => Err(LedgerError::MarkRolledBack),
                    None => Err(LedgerError::RolledBack),
                };
                assert_eq!(checked, expected, "ledger of {now} lines, mark of {marked}");
            }
            let copied = ledger.check_mark(&text, &ledger.mark(8), 7);
            assert_eq!(copied, Err(LedgerError::Copied));
            for wrong in [
                "",
                "hlincos index mark 1",
                &ledger.mark(7).replace("mark", "park"),
            ] {
                assert!(ledger.check_mark(&text, wrong, 7).is_err());
            }
        }
    }

    /// `spec/vectors/root-state`, made by `spec/reference/certificates.py`.
    #[test]
    fn states_written_by_a_second_hand_are_read_and_refused_as_they_should() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/root-state");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let vector: serde_json::Value = serde_json::from_str(&text).unwrap();
            let field = |name: &str| vector[name].as_str().unwrap().to_owned();
            let key = field("key");
            let key: Vec<u8> = (0..key.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap())
                .collect();
            let key = PublicKey::new(SignatureAlgorithm::SlhDsa128f, &key).unwrap();
            let file = vector["file"].as_u64().unwrap();
            let read = Ledger::read(&field("ledger"), &key);
            let checked = read
                .clone()
                .and_then(|ledger| ledger.check_mark(&field("ledger"), &field("mark"), file));
            let word = match checked {
                Ok(false) => "fits",
                Ok(true) => "behind",
                Err(LedgerError::RolledBack) => "the ledger was put back",
                Err(LedgerError::MarkRolledBack) => "the mark was put back",
                Err(LedgerError::Copied) => "copied",
                Err(LedgerError::Damaged(_)) => "damaged",
                Err(other) => panic!("{path:?}: {other}"),
            };
            assert_eq!(word, field("expect"), "{path:?}");
            if let Some(free) = vector["free"].as_array() {
                let ledger = read.unwrap();
                let range = ledger.free();
                let ends = [range.start, range.end].map(u64::from);
                let expected: Vec<u64> = free.iter().map(|end| end.as_u64().unwrap()).collect();
                assert_eq!(ends.as_slice(), expected, "{path:?}");
            }
            count += 1;
        }
        assert_eq!(count, 12);
    }
}

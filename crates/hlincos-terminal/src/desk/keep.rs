//! The last patients, sealed in memory: without the key of an unlocked terminal they say nothing.
//!
//! Nothing of it is ever written to a disk by this program. What the system writes (swap,
//! hibernation) holds sealed copies, and, while the terminal is unlocked, perhaps the key.

use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::page::DocumentLine;
use crate::settings::CopySettings;
use crate::source::{File, Records};
use crate::unlock::UnlockKey;
use crate::view::{Account, Provenance};

/// Seals and opens while the terminal is unlocked.
///
/// Security: AES-256-GCM with random nonces; a key seals far fewer than 2^32 pieces.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    /// A key of this process alone: copies of another process never open.
    pub(super) fn new(unlocked: &UnlockKey, process: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        Hkdf::<Sha256>::new(Some(process), &unlocked[..])
            .expand(b"hlincos terminal copies 1", &mut *key)
            .expect("32 bytes are a length");
        let key = UnboundKey::new(&AES_256_GCM, &*key).expect("32 bytes are a key");
        Self(LessSafeKey::new(key))
    }

    fn seal(&self, place: Place, mut bytes: Zeroizing<Vec<u8>>) -> Result<Sealed, KeepError> {
        let mut nonce = [0_u8; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| KeepError)?;
        // Room for the tag first: growing would leave the plain bytes behind.
        let len = bytes.len();
        let mut room = Zeroizing::new(Vec::with_capacity(len + AES_256_GCM.tag_len()));
        room.append(&mut bytes);
        let once = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(once, Aad::from(place.to_bytes()), &mut *room)
            .map_err(|_| KeepError)?;
        Ok(Sealed {
            nonce,
            bytes: std::mem::take(&mut *room),
        })
    }

    fn open(&self, place: Place, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, KeepError> {
        let mut bytes = Zeroizing::new(sealed.bytes.clone());
        let once = Nonce::assume_unique_for_key(sealed.nonce);
        let len = self
            .0
            .open_in_place(once, Aad::from(place.to_bytes()), &mut bytes)
            .map_err(|_| KeepError)?
            .len();
        bytes.truncate(len);
        Ok(bytes)
    }
}

/// Something could not be sealed or opened: another key, or memory that is no longer what it was.
#[derive(Debug)]
pub(super) struct KeepError;

struct Sealed {
    nonce: [u8; NONCE_LEN],
    bytes: Vec<u8>,
}

/// Where a sealed piece belongs, so that pieces cannot change places.
#[derive(Clone, Copy)]
struct Place {
    copy: u64,
    kind: u8,
    at: u64,
}

impl Place {
    fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        bytes[..8].copy_from_slice(&self.copy.to_be_bytes());
        bytes[8] = self.kind;
        bytes[9..].copy_from_slice(&self.at.to_be_bytes());
        bytes
    }
}

const HEAD: u8 = 0;
const MESSAGE: u8 = 1;
const DOCUMENT_HEAD: u8 = 2;
const DOCUMENT: u8 = 3;

/// What is known of a copy before its files are opened.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) patient: String,
    /// As asked for; the answer's own facility stands in the provenance.
    pub(super) facility: Option<String>,
    pub(super) name: String,
    pub(super) account: Account,
    pub(super) provenance: Provenance,
}

/// The documents of a copy, once they were fetched.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DocumentHead {
    pub(super) lines: Vec<DocumentLine>,
    pub(super) too_large: Vec<String>,
}

struct Copy {
    number: u64,
    until: Option<Instant>,
    head: Sealed,
    messages: Vec<Sealed>,
    documents: Option<(Sealed, Vec<Sealed>)>,
}

/// The copies, the newest last.
pub(super) struct Keep {
    settings: CopySettings,
    copies: Vec<Copy>,
    next: u64,
}

impl Keep {
    pub(super) const fn new(settings: CopySettings) -> Self {
        Self {
            settings,
            copies: Vec::new(),
            next: 1,
        }
    }

    /// Seals a patient's records and gives the copy's number; older copies of the same patient, and
    /// the oldest ones when there are too many, are dropped.
    pub(super) fn put(
        &mut self,
        seal: &Seal,
        head: &Head,
        records: Records,
        now: Instant,
    ) -> Result<u64, KeepError> {
        let number = self.next;
        self.next += 1;
        let place = |kind, at| Place {
            copy: number,
            kind,
            at,
        };
        let messages = seal_files(seal, records.files, |at| place(MESSAGE, at))?;
        let copy = Copy {
            number,
            until: (self.settings.minutes > 0)
                .then(|| now + Duration::from_secs(self.settings.minutes.saturating_mul(60))),
            head: seal.seal(place(HEAD, 0), json(head)?)?,
            messages,
            documents: None,
        };
        let same = |other: &Head| {
            other.patient == head.patient && other.provenance.facility == head.provenance.facility
        };
        let known: Vec<u64> = self
            .heads(seal)
            .into_iter()
            .filter(|(_, other)| same(other))
            .map(|(number, _)| number)
            .collect();
        self.copies.retain(|copy| !known.contains(&copy.number));
        self.copies.push(copy);
        let most = if self.settings.minutes == 0 {
            1
        } else {
            self.settings.patients.max(1)
        };
        let surplus = self.copies.len().saturating_sub(most);
        self.copies.drain(..surplus);
        Ok(number)
    }

    /// Seals the documents of a copy.
    pub(super) fn put_documents(
        &mut self,
        seal: &Seal,
        number: u64,
        head: &DocumentHead,
        files: Vec<File>,
    ) -> Result<(), KeepError> {
        let place = |kind, at| Place {
            copy: number,
            kind,
            at,
        };
        let files = seal_files(seal, files, |at| place(DOCUMENT, at))?;
        let head = seal.seal(place(DOCUMENT_HEAD, 0), json(head)?)?;
        let copy = self.copies.iter_mut().find(|copy| copy.number == number);
        copy.ok_or(KeepError)?.documents = Some((head, files));
        Ok(())
    }

    /// Drops what is over its time.
    pub(super) fn expire(&mut self, now: Instant) {
        self.copies
            .retain(|copy| copy.until.is_none_or(|until| now < until));
    }

    /// Drops what does not outlive a lock.
    pub(super) fn lock(&mut self) {
        self.copies.retain(|copy| copy.until.is_some());
    }

    /// Every copy with what is known of it, the newest first.
    pub(super) fn heads(&self, seal: &Seal) -> Vec<(u64, Head)> {
        let opened = self.copies.iter().rev().filter_map(|copy| {
            let place = Place {
                copy: copy.number,
                kind: HEAD,
                at: 0,
            };
            let bytes = seal.open(place, &copy.head).ok()?;
            Some((copy.number, serde_json::from_slice(&bytes).ok()?))
        });
        opened.collect()
    }

    /// One copy's head and messages.
    pub(super) fn open(&self, seal: &Seal, number: u64) -> Result<(Head, Vec<File>), KeepError> {
        let copy = self.find(number)?;
        let (_, head) = self
            .heads(seal)
            .into_iter()
            .find(|(known, _)| *known == number)
            .ok_or(KeepError)?;
        let files = copy.messages.iter().enumerate().map(|(at, sealed)| {
            let place = Place {
                copy: number,
                kind: MESSAGE,
                at: at as u64,
            };
            unpack(&seal.open(place, sealed)?)
        });
        Ok((head, files.collect::<Result<_, _>>()?))
    }

    /// The list of a copy's documents, when they were fetched.
    pub(super) fn documents(
        &self,
        seal: &Seal,
        number: u64,
    ) -> Result<Option<DocumentHead>, KeepError> {
        let Some((head, _)) = &self.find(number)?.documents else {
            return Ok(None);
        };
        let place = Place {
            copy: number,
            kind: DOCUMENT_HEAD,
            at: 0,
        };
        let bytes = seal.open(place, head)?;
        serde_json::from_slice(&bytes)
            .map_err(|_| KeepError)
            .map(Some)
    }

    /// One document.
    pub(super) fn document(&self, seal: &Seal, number: u64, at: u64) -> Result<File, KeepError> {
        let (_, files) = self.find(number)?.documents.as_ref().ok_or(KeepError)?;
        let index = usize::try_from(at).map_err(|_| KeepError)?;
        let place = Place {
            copy: number,
            kind: DOCUMENT,
            at,
        };
        unpack(&seal.open(place, files.get(index).ok_or(KeepError)?)?)
    }

    fn find(&self, number: u64) -> Result<&Copy, KeepError> {
        let found = self.copies.iter().find(|copy| copy.number == number);
        found.ok_or(KeepError)
    }
}

fn json(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, KeepError> {
    let bytes = serde_json::to_vec(value).map_err(|_| KeepError)?;
    Ok(Zeroizing::new(bytes))
}

fn seal_files(
    seal: &Seal,
    files: Vec<File>,
    place: impl Fn(u64) -> Place,
) -> Result<Vec<Sealed>, KeepError> {
    let sealed = files
        .into_iter()
        .enumerate()
        .map(|(at, (path, bytes))| seal.seal(place(at as u64), pack(&path, &bytes)?));
    sealed.collect()
}

/// Length of the path in four bytes, path, bytes.
fn pack(path: &[u8], bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeepError> {
    let len = u32::try_from(path.len()).map_err(|_| KeepError)?;
    let mut packed = Zeroizing::new(Vec::with_capacity(4 + path.len() + bytes.len()));
    packed.extend_from_slice(&len.to_be_bytes());
    packed.extend_from_slice(path);
    packed.extend_from_slice(bytes);
    Ok(packed)
}

fn unpack(packed: &[u8]) -> Result<File, KeepError> {
    let (len, rest) = packed.split_first_chunk::<4>().ok_or(KeepError)?;
    let len = u32::from_be_bytes(*len) as usize;
    let (path, bytes) = rest.split_at_checked(len).ok_or(KeepError)?;
    Ok((path.to_vec(), Zeroizing::new(bytes.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: u8, process: u8) -> Seal {
        Seal::new(&Zeroizing::new([key; 32]), &[process; 32])
    }

    fn head(patient: &str) -> Head {
        Head {
            patient: patient.into(),
            facility: None,
            name: "土佐 花子".into(),
            account: Account::default(),
            provenance: Provenance::default(),
        }
    }

    fn records() -> Records {
        Records {
            files: vec![
                (b"a/b".to_vec(), Zeroizing::new(b"one".to_vec())),
                (Vec::new(), Zeroizing::new(Vec::new())),
            ],
            ..Records::default()
        }
    }

    fn keep(minutes: u64, patients: usize) -> Keep {
        Keep::new(CopySettings {
            minutes,
            patients,
            offline: true,
        })
    }

    #[test]
    fn a_copy_opens_with_the_key_of_the_unlocked_process_and_with_no_other() {
        let (mut keep, now) = (keep(60, 5), Instant::now());
        let number = keep.put(&seal(1, 1), &head("1"), records(), now).unwrap();
        let (opened, files) = keep.open(&seal(1, 1), number).unwrap();
        assert_eq!(opened.name, "土佐 花子");
        assert_eq!(files, records().files);
        assert!(keep.open(&seal(2, 1), number).is_err());
        assert!(keep.open(&seal(1, 2), number).is_err());
        let memory: Vec<u8> = keep.copies[0].head.bytes.clone();
        assert!(!memory.windows(6).any(|part| part == "土佐".as_bytes()));
    }

    #[test]
    fn pieces_that_change_places_do_not_open() {
        let (mut keep, now) = (keep(60, 5), Instant::now());
        let number = keep.put(&seal(1, 1), &head("1"), records(), now).unwrap();
        keep.copies[0].messages.swap(0, 1);
        assert!(keep.open(&seal(1, 1), number).is_err());
    }

    #[test]
    fn copies_go_when_their_time_is_over_when_too_many_and_when_fetched_anew() {
        let (seal, now) = (seal(1, 1), Instant::now());
        let mut keep = keep(60, 2);
        let put = |keep: &mut Keep, id: &str, minutes: u64| {
            let then = now + Duration::from_secs(60 * minutes);
            keep.put(&seal, &head(id), records(), then).unwrap()
        };
        let numbers = |keep: &Keep| -> Vec<u64> { keep.copies.iter().map(|c| c.number).collect() };
        let first = put(&mut keep, "1", 0);
        let second = put(&mut keep, "2", 1);
        let again = put(&mut keep, "1", 2);
        assert_eq!(numbers(&keep), [second, again]);
        assert!(keep.open(&seal, first).is_err());
        let third = put(&mut keep, "3", 3);
        assert_eq!(numbers(&keep), [again, third]);
        keep.lock();
        assert_eq!(
            numbers(&keep),
            [again, third],
            "a lock takes the key, not the copies"
        );
        keep.expire(now + Duration::from_secs(60 * 62));
        assert_eq!(numbers(&keep), [third]);
    }

    #[test]
    fn without_a_time_of_keeping_one_copy_stays_until_the_lock() {
        let (seal, now) = (seal(1, 1), Instant::now());
        let mut keep = keep(0, 5);
        keep.put(&seal, &head("1"), records(), now).unwrap();
        let second = keep.put(&seal, &head("2"), records(), now).unwrap();
        keep.expire(now + Duration::from_secs(1 << 20));
        assert_eq!(keep.copies.len(), 1);
        assert!(keep.open(&seal, second).is_ok());
        keep.lock();
        assert!(keep.copies.is_empty());
    }
}

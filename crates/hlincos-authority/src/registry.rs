//! What was issued and revoked: two lists of lines, each on disk before what it tells of.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hlincos_pki::{RevocationReason, Revoked};
use serde::Serialize;

use crate::AuthorityError;
use crate::files::{append, read, read_if_there};

const ISSUED: &str = "issued.tsv";
const REVOKED: &str = "revoked.tsv";
/// What a new list of certificates begins with.
pub(crate) const ISSUED_HEADER: &str = "serial\tparty\tnot after (unix)\tissuer\tindex\n";
pub(crate) const REVOKED_HEADER: &str = "serial\tat (unix)\treason\n";

/// Which authority signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Issuer {
    /// The root.
    Root,
    /// The issuing authority below it.
    Issuing,
}

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issued {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// The DNS name of its party, or an authority's name.
    pub party: String,
    /// When it ends, Unix time in seconds.
    pub not_after: u64,
    /// Who signed it.
    pub issuer: Issuer,
    /// The leaf of a stateful root that it was signed with.
    pub index: Option<u32>,
    /// When it was revoked, Unix time in seconds.
    pub revoked_at: Option<u64>,
    /// Why, in RFC 5280's words.
    pub reason: Option<String>,
}

/// Both lists.
pub(crate) struct Registry {
    dir: PathBuf,
    issued: Vec<Issued>,
}

impl Registry {
    pub(crate) fn open(dir: &Path) -> Result<Self, AuthorityError> {
        let path = dir.join(ISSUED);
        let text = read_if_there(&path)?.unwrap_or_default();
        let mut issued = Vec::new();
        for (at, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            if line.starts_with("serial\t") {
                continue;
            }
            let bad = || AuthorityError::Registry(path.clone(), at + 1);
            issued.push(Issued::read(line).ok_or_else(bad)?);
        }
        let mut registry = Self {
            dir: dir.to_owned(),
            issued,
        };
        registry.read_revoked()?;
        Ok(registry)
    }

    fn read_revoked(&mut self) -> Result<(), AuthorityError> {
        let path = self.dir.join(REVOKED);
        if !path.exists() {
            return Ok(());
        }
        for (at, line) in read(&path)?.lines().enumerate().skip(1) {
            let bad = || AuthorityError::Registry(path.clone(), at + 1);
            let fields: Vec<&str> = line.split('\t').collect();
            let [serial, time, reason] = fields[..] else {
                return Err(bad());
            };
            let time: u64 = time.parse().map_err(|_| bad())?;
            let found = self.issued.iter_mut().find(|one| one.serial == serial);
            let one = found.ok_or_else(bad)?;
            (one.revoked_at, one.reason) = (Some(time), Some(reason.to_owned()));
        }
        Ok(())
    }

    pub(crate) fn issued(&self) -> &[Issued] {
        &self.issued
    }

    /// Notes a certificate, before it is given out.
    pub(crate) fn note_issued(&self, one: &Issued) -> Result<(), AuthorityError> {
        append(&self.dir.join(ISSUED), &one.line())
    }

    pub(crate) fn note_revoked(
        &self,
        serial: &str,
        at: Duration,
        reason: RevocationReason,
    ) -> Result<(), AuthorityError> {
        let line = format!("{serial}\t{}\t{}\n", at.as_secs(), reason_word(reason));
        append(&self.dir.join(REVOKED), &line)
    }

    /// The one certificate that a serial number, a DNS name or a party's name means.
    pub(crate) fn find(&self, what: &str) -> Result<&Issued, AuthorityError> {
        let mut found = self.issued.iter().filter(|one| {
            let name = one.party.split('.').next();
            one.serial == what || one.party == what || name == Some(what)
        });
        let one = found
            .next()
            .ok_or_else(|| AuthorityError::Unknown(what.to_owned()))?;
        if found.next().is_some() {
            return Err(AuthorityError::Several(what.to_owned()));
        }
        Ok(one)
    }

    /// What stands on an authority's revocation list: ended certificates need not.
    pub(crate) fn revoked(&self, issuer: Issuer, now: Duration) -> Vec<Revoked> {
        let ours = self.issued.iter().filter(|one| one.issuer == issuer);
        ours.filter(|one| one.not_after > now.as_secs())
            .filter_map(|one| {
                Some(Revoked {
                    serial: bytes(&one.serial)?,
                    at: Duration::from_secs(one.revoked_at?),
                    reason: reason_of(one.reason.as_deref()?)?,
                })
            })
            .collect()
    }

    /// The last leaf that a certificate here was signed with.
    pub(crate) fn last_index(&self) -> Option<u32> {
        self.issued.iter().filter_map(|one| one.index).max()
    }

    /// A certificate signed with a leaf at or after `next`, which so cannot be the next.
    pub(crate) fn signed_after(&self, next: u32) -> Option<(String, u32)> {
        let mut signed = self.issued.iter().filter_map(|one| Some((one, one.index?)));
        let (one, index) = signed.find(|(_, index)| *index >= next)?;
        Some((one.serial.clone(), index))
    }
}

impl Issued {
    /// Lists of the first release have three fields; their root was not stateful.
    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let (serial, party, not_after, issuer, index) = match fields[..] {
            [serial, party, not_after] => (serial, party, not_after, "root", "-"),
            [serial, party, not_after, issuer, index] => (serial, party, not_after, issuer, index),
            _ => return None,
        };
        let index = match index {
            "-" => None,
            number => Some(number.parse().ok()?),
        };
        bytes(serial)?;
        Some(Self {
            serial: serial.to_owned(),
            party: party.to_owned(),
            not_after: not_after.parse().ok()?,
            issuer: match issuer {
                "root" => Issuer::Root,
                "issuing" => Issuer::Issuing,
                _ => return None,
            },
            index,
            revoked_at: None,
            reason: None,
        })
    }

    fn line(&self) -> String {
        let issuer = match self.issuer {
            Issuer::Root => "root",
            Issuer::Issuing => "issuing",
        };
        let index = self.index.map_or("-".into(), |index| index.to_string());
        let (serial, party, end) = (&self.serial, &self.party, self.not_after);
        format!("{serial}\t{party}\t{end}\t{issuer}\t{index}\n")
    }
}

fn reason_word(reason: RevocationReason) -> &'static str {
    let mut all = RevocationReason::ALL.into_iter();
    let found = all.find(|(one, _)| *one == reason);
    found.expect("the table has all reasons").1
}

/// The reason of a word of RFC 5280, with hyphens.
#[must_use]
pub fn reason_of(word: &str) -> Option<RevocationReason> {
    let mut all = RevocationReason::ALL.into_iter();
    all.find(|(_, known)| *known == word)
        .map(|(reason, _)| reason)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() || pairs.len() > 20 {
        return None;
    }
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}

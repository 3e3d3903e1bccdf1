//! Reading a bundle: header alone, or all of it.

use zeroize::Zeroizing;

use super::{BundleError, COMPRESSION_ZSTD, Class, Entry, MAGIC, VERSION};
use crate::identifier::{BundleId, Generation, Sequence, Subject};
use crate::limits::{BUNDLE_BYTES_MAX, CONTENTS_BYTES_MAX, ENTRIES_MAX, TOC_BYTES_MAX};
use crate::octets::{Octets, Truncated};

/// What a bundle says of itself before its body is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleHeader {
    /// Its name.
    pub id: BundleId,
    /// What it holds.
    pub class: Class,
    /// Whose folder it belongs to.
    pub subject: Subject,
    /// Which store it was read from; empty for root pages.
    pub label: String,
    /// The run that wrote it.
    pub generation: Generation,
    /// Its place in the store's order.
    pub sequence: Sequence,
    /// When it was made, milliseconds since 1970 (UTC).
    pub created_unix_ms: u64,
    toc_len: u32,
    contents_len: u32,
    body_at: usize,
    body_len: usize,
}

impl BundleHeader {
    /// Reads the header and checks the padding; the body stays closed.
    ///
    /// # Errors
    /// [`BundleError`]; see `spec/bundle.md`, section 6 for what must be refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let short = |Truncated| BundleError::Truncated;
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::Limit);
        }
        let mut octets = Octets(bytes);
        if octets.array::<4>().map_err(short)? != MAGIC {
            return Err(BundleError::Magic);
        }
        if octets.u8().map_err(short)? != VERSION {
            return Err(BundleError::Version);
        }
        let class = Class::try_from(octets.u8().map_err(short)?)?;
        if octets.u8().map_err(short)? != COMPRESSION_ZSTD {
            return Err(BundleError::Compression);
        }
        let zero = octets.u8().map_err(short)?;
        let id = BundleId(octets.array().map_err(short)?);
        let generation = Generation(octets.u64().map_err(short)?);
        let sequence = Sequence(octets.u64().map_err(short)?);
        let created_unix_ms = octets.u64().map_err(short)?;
        let [kind, facility, patient, label] = octets.array().map_err(short)?;
        let toc_len = octets.u32().map_err(short)?;
        let contents_len = octets.u32().map_err(short)?;
        let body_len = octets.u32().map_err(short)? as usize;
        if zero != 0 || octets.array::<4>().map_err(short)? != [0; 4] {
            return Err(BundleError::Padding);
        }
        if toc_len as usize > TOC_BYTES_MAX || contents_len as usize > CONTENTS_BYTES_MAX {
            return Err(BundleError::Limit);
        }
        let mut text = |len: u8| {
            let name = octets.take(usize::from(len)).map_err(short)?;
            core::str::from_utf8(name).map_err(|_| BundleError::Subject)
        };
        let (facility, patient, label) = (text(facility)?, text(patient)?, text(label)?);
        let subject = read_subject(kind, class, facility, patient, label)?;
        let body_at = bytes.len() - octets.0.len();
        octets.take(body_len).map_err(short)?;
        if octets.0.iter().any(|byte| *byte != 0) {
            return Err(BundleError::Padding);
        }
        Ok(Self {
            id,
            class,
            subject,
            label: label.to_owned(),
            generation,
            sequence,
            created_unix_ms,
            toc_len,
            contents_len,
            body_at,
            body_len,
        })
    }
}

fn read_subject(
    kind: u8,
    class: Class,
    facility: &str,
    patient: &str,
    label: &str,
) -> Result<Subject, BundleError> {
    let subject = match (kind, class) {
        (1, Class::Messages | Class::Documents) => {
            Subject::store(label)?;
            Subject::patient(facility, patient)?
        }
        (2, Class::Directory | Class::Run | Class::GivenUp) => Subject::store(label)?,
        (3, Class::Root) if label.is_empty() => Subject::Root,
        _ => return Err(BundleError::Subject),
    };
    let unnamed = facility.is_empty() && patient.is_empty();
    if !unnamed && !matches!(subject, Subject::Patient { .. }) {
        return Err(BundleError::Subject);
    }
    Ok(subject)
}

/// An opened bundle.
pub struct Bundle {
    /// What it says of itself.
    pub header: BundleHeader,
    entries: Vec<Entry>,
    body: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Bundle({:?}, {} entries)",
            self.header.id,
            self.entries.len()
        )
    }
}

impl Bundle {
    /// Opens a bundle: header, padding, body, every entry.
    ///
    /// Time: linear; allocates at most the 8 MiB that header limits allow.
    ///
    /// # Errors
    /// [`BundleError`]; see `spec/bundle.md`, section 6 for what must be refused.
    pub fn open(bytes: &[u8]) -> Result<Self, BundleError> {
        let header = BundleHeader::from_bytes(bytes)?;
        let stored = &bytes[header.body_at..header.body_at + header.body_len];
        let raw_len = header.toc_len as usize + header.contents_len as usize;
        let body = zstd::bulk::decompress(stored, raw_len).map_err(|_| BundleError::Body)?;
        let body = Zeroizing::new(body);
        if body.len() != raw_len {
            return Err(BundleError::Body);
        }
        let mut octets = Octets(&body[..header.toc_len as usize]);
        let count = octets.u32().map_err(|Truncated| BundleError::Entry)? as usize;
        if count > ENTRIES_MAX {
            return Err(BundleError::Limit);
        }
        let mut entries = Vec::new();
        let mut contents_len = 0_u64;
        for _ in 0..count {
            let entry = Entry::read(&mut octets)?;
            let members_only = matches!(header.class, Class::Directory | Class::Root);
            if members_only != matches!(entry, Entry::Member { .. })
                || header.class.has_no_entries()
            {
                return Err(BundleError::Entry);
            }
            if let Entry::Content { len, .. } = &entry {
                contents_len += u64::from(*len);
            }
            entries.push(entry);
        }
        let exact = header.class.has_no_entries() || contents_len == u64::from(header.contents_len);
        if !octets.0.is_empty() || !exact {
            return Err(BundleError::Entry);
        }
        Ok(Self {
            header,
            entries,
            body,
        })
    }

    /// Entries in their order, each with its bytes (empty for all but contents).
    pub fn entries(&self) -> impl Iterator<Item = (&Entry, &[u8])> {
        let mut at = self.header.toc_len as usize;
        self.entries.iter().map(move |entry| {
            let len = if let Entry::Content { len, .. } = entry {
                *len as usize
            } else {
                0
            };
            at += len;
            (entry, &self.body[at - len..at])
        })
    }

    /// All contents as one slice.
    #[must_use]
    pub fn contents(&self) -> &[u8] {
        &self.body[self.header.toc_len as usize..]
    }
}

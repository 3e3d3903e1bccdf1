//! Making a bundle.

use zeroize::Zeroizing;

use super::{BuildError, COMPRESSION_ZSTD, Class, Entry, HEADER_BYTES, MAGIC, VERSION};
use crate::identifier::{BundleId, Generation, Sequence, Subject};
use crate::limits::{CONTENTS_BYTES_MAX, ENTRIES_MAX, TOC_BYTES_MAX};
use crate::padding::padded_len;

/// Zstandard's own default: higher levels cost more time than HL7 gives back.
const LEVEL: i32 = 3;

/// Collects entries until the bundle is full or the subject has no more.
pub struct BundleBuilder {
    class: Class,
    subject: Subject,
    label: String,
    entry_count: u32,
    toc: Zeroizing<Vec<u8>>,
    contents: Zeroizing<Vec<u8>>,
}

impl BundleBuilder {
    /// Starts a bundle of `subject` in the store called `label`.
    ///
    /// # Errors
    /// [`BuildError::Path`] when the label is none (`Subject::store`).
    pub fn new(class: Class, subject: Subject, label: &str) -> Result<Self, BuildError> {
        if !(label.is_empty() && subject == Subject::Root) {
            Subject::store(label).map_err(|_| BuildError::Path)?;
        }
        Ok(Self {
            class,
            subject,
            label: label.to_owned(),
            entry_count: 0,
            toc: Zeroizing::new(Vec::new()),
            contents: Zeroizing::new(Vec::new()),
        })
    }

    /// Adds an entry; `bytes` are its contents, empty for all but [`Entry::Content`].
    ///
    /// # Errors
    /// [`BuildError::Full`] when it does not fit any more (nothing is added), else why it never
    /// fits any bundle.
    pub fn push(&mut self, entry: &Entry, bytes: &[u8]) -> Result<(), BuildError> {
        entry.check()?;
        let expected = if let Entry::Content { len, .. } = entry {
            *len as usize
        } else {
            0
        };
        if bytes.len() != expected {
            return Err(BuildError::Part);
        }
        let before = self.toc.len();
        entry.write(&mut self.toc);
        if self.toc.len() + 4 > TOC_BYTES_MAX
            || self.entry_count as usize == ENTRIES_MAX
            || self.contents.len() + bytes.len() > CONTENTS_BYTES_MAX
        {
            self.toc.truncate(before);
            return Err(BuildError::Full);
        }
        self.entry_count += 1;
        self.contents.extend_from_slice(bytes);
        Ok(())
    }

    /// Sets the contents of a bundle without content entries (a run's record).
    ///
    /// # Errors
    /// [`BuildError::Full`] when they are longer than a bundle may hold.
    pub fn set_contents(&mut self, bytes: &[u8]) -> Result<(), BuildError> {
        if bytes.len() > CONTENTS_BYTES_MAX {
            return Err(BuildError::Full);
        }
        self.contents.clear();
        self.contents.extend_from_slice(bytes);
        Ok(())
    }

    /// How many entries it has.
    #[must_use]
    pub const fn entry_count(&self) -> u32 {
        self.entry_count
    }

    /// Compresses, writes the header and pads; gives the bytes that are split.
    ///
    /// # Errors
    /// [`BuildError::Compression`] when the compressor fails.
    ///
    /// # Panics
    /// Never: every length was bounded by `push`.
    pub fn finish(
        self,
        id: BundleId,
        generation: Generation,
        sequence: Sequence,
        created_unix_ms: u64,
    ) -> Result<Zeroizing<Vec<u8>>, BuildError> {
        let len32 = |len: usize| {
            u32::try_from(len)
                .expect("bounded by the limits")
                .to_be_bytes()
        };
        let mut raw = Zeroizing::new(Vec::with_capacity(4 + self.toc.len() + self.contents.len()));
        raw.extend_from_slice(&self.entry_count.to_be_bytes());
        raw.extend_from_slice(&self.toc);
        raw.extend_from_slice(&self.contents);
        let body =
            Zeroizing::new(zstd::bulk::compress(&raw, LEVEL).map_err(|_| BuildError::Compression)?);

        let [facility, patient, store] = self.subject.parts();
        let label = if store.is_empty() {
            self.label.as_str()
        } else {
            store
        };
        let names = facility.len() + patient.len() + label.len();
        let len = HEADER_BYTES + names + body.len();
        let mut out = Zeroizing::new(Vec::with_capacity(padded_len(len)));
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, self.class as u8, COMPRESSION_ZSTD, 0]);
        out.extend_from_slice(&id.0);
        out.extend_from_slice(&generation.0.to_be_bytes());
        out.extend_from_slice(&sequence.0.to_be_bytes());
        out.extend_from_slice(&created_unix_ms.to_be_bytes());
        out.push(self.subject.code());
        for name in [facility, patient, label] {
            out.push(u8::try_from(name.len()).expect("identifiers are shorter than 256 bytes"));
        }
        out.extend_from_slice(&len32(4 + self.toc.len()));
        out.extend_from_slice(&len32(self.contents.len()));
        out.extend_from_slice(&len32(body.len()));
        out.extend_from_slice(&[0; 4]);
        debug_assert_eq!(out.len(), HEADER_BYTES);
        for name in [facility, patient, label] {
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(&body);
        out.resize(padded_len(len), 0);
        Ok(out)
    }
}

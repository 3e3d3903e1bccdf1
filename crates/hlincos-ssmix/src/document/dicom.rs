//! DICOM: the few elements of a header that a list of documents shows.
//!
//! The file's own lengths are not believed: a walk over the elements checks each against the
//! bytes there are, and copies only the wanted values. Those alone are decoded, with their
//! character sets, by `dicom-object`.
//!
//! Source: DICOM PS3.5 section 7, PS3.10 section 7.

#![expect(
    clippy::little_endian_bytes,
    reason = "DICOM's usual transfer syntaxes are little endian"
)]

use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, Tag};
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};
use memchr::memmem;

use crate::characters::decode;

use super::{Document, DocumentKind, DocumentRule, preview};

/// Sequences within sequences.
const DEPTH_MAX: usize = 16;
/// Elements walked over.
const ELEMENTS_MAX: usize = 100_000;
/// Bytes of one wanted value.
const VALUE_BYTES_MAX: usize = 4_096;
/// A length that is not told: items follow, up to their delimiter.
const UNDEFINED: u32 = u32::MAX;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const END_OF_ITEM: Tag = Tag(0xFFFE, 0xE00D);
const END_OF_SEQUENCE: Tag = Tag(0xFFFE, 0xE0DD);

/// In the order of the file; the character set comes first.
const WANTED: [Tag; 12] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::STUDY_DATE,
    tags::ACQUISITION_DATE,
    tags::STUDY_TIME,
    tags::MODALITY,
    tags::INSTITUTION_NAME,
    tags::STUDY_DESCRIPTION,
    tags::SERIES_DESCRIPTION,
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::BODY_PART_EXAMINED,
    tags::PROTOCOL_NAME,
];

pub(super) fn read(bytes: &[u8]) -> Document {
    let mut document = Document::new(DocumentKind::Dicom);
    let Meta {
        syntax,
        body,
        false_length,
    } = match meta(bytes) {
        Ok(meta) => meta,
        Err((rule, at)) => return document.with_defect(rule, at),
    };
    if let Some(at) = false_length {
        document = document.with_defect(DocumentRule::DicomGroupLength, at);
    }
    let explicit = match syntax.as_str() {
        "1.2.840.10008.1.2" => false,
        // Explicit, big endian; and deflated.
        "1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99" => {
            return document.with_defect(DocumentRule::DicomSyntax, 132);
        }
        // All others are explicit, little endian: they differ in their pixels.
        _ => true,
    };
    let mut walk = Walk {
        bytes,
        at: body,
        explicit,
        japanese: false,
    };
    let mut picked = Vec::new();
    if let Err((rule, at)) = walk.pick(&mut picked) {
        document = document.with_defect(rule, at);
    }
    // `dicom-object` takes one character set only; Japanese files name several, and all but the
    // kana of one byte are what our own decoder reads.
    let japanese = walk.japanese;
    let syntax = if explicit {
        EXPLICIT_VR_LITTLE_ENDIAN.erased()
    } else {
        IMPLICIT_VR_LITTLE_ENDIAN.erased()
    };
    match InMemDicomObject::read_dataset_with_ts(picked.as_slice(), &syntax) {
        Ok(header) => tell(&header, japanese, document),
        Err(_) => document.with_defect(DocumentRule::DicomValue, body),
    }
}

fn tell(header: &InMemDicomObject, japanese: bool, document: Document) -> Document {
    let text = |tag: Tag| {
        let value = header
            .element(tag)
            .ok()
            .and_then(|element| element.to_str().ok());
        if japanese {
            let decoded = value.map(|value| decode(value.as_bytes()).text.into_owned());
            return preview(decoded.iter());
        }
        preview(value.iter())
    };
    let first = |tags: [Tag; 3]| {
        let texts = tags.map(text).into_iter();
        texts
            .clone()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let described = [
        tags::SERIES_DESCRIPTION,
        tags::BODY_PART_EXAMINED,
        tags::INSTITUTION_NAME,
    ];
    Document {
        title: first([
            tags::STUDY_DESCRIPTION,
            tags::SERIES_DESCRIPTION,
            tags::PROTOCOL_NAME,
        ]),
        code: text(tags::MODALITY),
        date: first([tags::STUDY_DATE, tags::ACQUISITION_DATE, tags::STUDY_TIME]),
        patient: text(tags::PATIENT_ID),
        patient_name: text(tags::PATIENT_NAME),
        preview: preview(described.map(text).iter()),
        ..document
    }
}

type Broken = (DocumentRule, usize);

/// What group 2 says.
struct Meta {
    /// The transfer syntax.
    syntax: String,
    /// Where the group ends.
    body: usize,
    /// Where its own length stands, when that is another one.
    false_length: Option<usize>,
}

/// Reads group 2, explicit and little endian always.
fn meta(bytes: &[u8]) -> Result<Meta, Broken> {
    let mut walk = Walk {
        bytes,
        at: 132,
        explicit: true,
        japanese: false,
    };
    let mut syntax = String::new();
    let mut told = None;
    while walk.group() == Some(2) {
        let at = walk.at;
        let element = walk.header()?;
        let value = walk.value(element.length, at)?;
        if element.tag == tags::TRANSFER_SYNTAX_UID {
            let text = core::str::from_utf8(value).unwrap_or_default();
            text.trim_end_matches(['\0', ' ']).clone_into(&mut syntax);
        } else if element.tag == tags::FILE_META_INFORMATION_GROUP_LENGTH {
            let length = value.try_into().map_or(0, u32::from_le_bytes);
            told = Some((at, walk.at as u64 + u64::from(length)));
        }
    }
    if syntax.is_empty() {
        // Group 2 must name it: a file cut behind `DICM` does not.
        return Err((DocumentRule::DicomSyntax, walk.at));
    }
    let body = walk.at;
    let other = told.filter(|(_, end)| *end != body as u64);
    Ok(Meta {
        syntax,
        body,
        false_length: other.map(|(at, _)| at),
    })
}

struct Element {
    tag: Tag,
    length: u32,
    is_sequence: bool,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    explicit: bool,
    /// Several character sets are named, JIS X 0208 or 0212 among them.
    japanese: bool,
}

impl<'a> Walk<'a> {
    /// Copies the wanted elements, up to the pixels.
    fn pick(&mut self, picked: &mut Vec<u8>) -> Result<(), Broken> {
        let mut depth = 0_usize;
        for _ in 0..ELEMENTS_MAX {
            if self.at >= self.bytes.len() {
                return Ok(());
            }
            let start = self.at;
            let element = self.header()?;
            if depth == 0 && element.tag >= tags::PIXEL_DATA {
                return Ok(());
            }
            match element.tag {
                ITEM if element.length == UNDEFINED => depth += 1,
                END_OF_ITEM | END_OF_SEQUENCE => {
                    depth = depth
                        .checked_sub(1)
                        .ok_or((DocumentRule::DicomNesting, start))?;
                }
                _ if element.length == UNDEFINED => depth += 1,
                tag => {
                    let value = self.value(element.length, start)?;
                    if depth == 0 && tag == tags::SPECIFIC_CHARACTER_SET {
                        let names = |set: &[u8]| memmem::find(value, set).is_some();
                        self.japanese =
                            value.contains(&b'\\') && (names(b"IR 87") || names(b"IR 159"));
                        if self.japanese {
                            continue;
                        }
                    }
                    let wanted = depth == 0 && WANTED.contains(&tag) && !element.is_sequence;
                    if wanted && value.len() <= VALUE_BYTES_MAX {
                        picked.extend_from_slice(&self.bytes[start..self.at]);
                    }
                }
            }
            if depth > DEPTH_MAX {
                return Err((DocumentRule::DicomNesting, start));
            }
        }
        Err((DocumentRule::DicomNesting, self.at))
    }

    fn group(&self) -> Option<u16> {
        let bytes = self.bytes.get(self.at..self.at + 2)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Tag, value representation and length.
    fn header(&mut self) -> Result<Element, Broken> {
        let start = self.at;
        let broken = (DocumentRule::DicomLength, start);
        let rest = &self.bytes[start.min(self.bytes.len())..];
        let (head, rest) = rest.split_first_chunk::<8>().ok_or(broken)?;
        let tag = Tag(
            u16::from_le_bytes([head[0], head[1]]),
            u16::from_le_bytes([head[2], head[3]]),
        );
        // Items and their delimiters have no value representation.
        let is_item = tag.0 == 0xFFFE;
        let long = self.explicit
            && !is_item
            && matches!(
                &head[4..6],
                b"OB"
                    | b"OD"
                    | b"OF"
                    | b"OL"
                    | b"OV"
                    | b"OW"
                    | b"SQ"
                    | b"SV"
                    | b"UC"
                    | b"UN"
                    | b"UR"
                    | b"UT"
                    | b"UV"
            );
        let length = if !self.explicit || is_item {
            self.at += 8;
            u32::from_le_bytes([head[4], head[5], head[6], head[7]])
        } else if long {
            self.at += 12;
            let length = rest.first_chunk::<4>().ok_or(broken)?;
            u32::from_le_bytes(*length)
        } else {
            self.at += 8;
            u32::from(u16::from_le_bytes([head[6], head[7]]))
        };
        let is_sequence = self.explicit && &head[4..6] == b"SQ";
        Ok(Element {
            tag,
            length,
            is_sequence,
        })
    }

    /// Steps over a value that is wholly there.
    fn value(&mut self, length: u32, start: usize) -> Result<&'a [u8], Broken> {
        let broken = (DocumentRule::DicomLength, start);
        let length = usize::try_from(length).map_err(|_| broken)?;
        let end = self.at.checked_add(length).ok_or(broken)?;
        let value = self.bytes.get(self.at..end).ok_or(broken)?;
        self.at = end;
        Ok(value)
    }
}

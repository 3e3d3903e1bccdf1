//! Documents of the extended storage: what they are, whose, of when, and how they begin.
//!
//! CDA and DICOM are read as far as a list of documents needs; PDF and images are recognised and
//! passed through untouched. Nothing is refused: what cannot be read is told.
//!
//! Source: HL7 CDA R2, DICOM PS3.5 and PS3.10; `spec/ssmix-documents.md`.

mod cda;
mod data_type;
mod dicom;

use serde::Serialize;

use crate::hl7::Value;
use crate::views::{Obr, Obx, Pid};

pub use data_type::DataType;

/// Characters of text shown of a document.
pub const PREVIEW_CHARACTERS_MAX: usize = 600;
/// Bytes read of an XML document.
pub const XML_BYTES_MAX: usize = 16 << 20;

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// An HL7 v2 message.
    Hl7,
    /// An XML document whose root is `ClinicalDocument`.
    Cda,
    /// Another XML document.
    Xml,
    /// A DICOM file.
    Dicom,
    /// PDF.
    Pdf,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// Anything else.
    Other,
}

/// What is known of a document. Fields that it does not tell are empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// Its title.
    pub title: String,
    /// Its code, such as LOINC 18842-5; a DICOM file's modality.
    pub code: String,
    /// When it was made or taken, as written.
    pub date: String,
    /// The patient's identifier in it.
    pub patient: String,
    /// The patient's name in it.
    pub patient_name: String,
    /// How its text begins, up to [`PREVIEW_CHARACTERS_MAX`] characters.
    pub preview: String,
    /// What could not be read.
    pub defects: Vec<DocumentDefect>,
}

/// What is wrong with a document, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DocumentDefect {
    /// What.
    pub rule: DocumentRule,
    /// In bytes from its beginning.
    pub offset: usize,
}

/// What can be wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentRule {
    /// The XML is not well-formed.
    XmlForm,
    /// The XML has a document type declaration, by which bombs are built.
    XmlDeclaration,
    /// The XML is too long, too deep, or has too many elements, attributes or name spaces.
    XmlTooMuch,
    /// The text is not in the encoding that it declares.
    XmlEncoding,
    /// A DICOM element's length goes beyond the file.
    DicomLength,
    /// The length that group 2 tells of itself is not its length.
    DicomGroupLength,
    /// DICOM sequences nest too deep, or their items are broken.
    DicomNesting,
    /// The transfer syntax is not read here; the image is kept as it is.
    DicomSyntax,
    /// Elements of the DICOM header cannot be read.
    DicomValue,
}

impl DocumentRule {
    /// A stable word for lists.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::XmlForm => "document-xml-form",
            Self::XmlDeclaration => "document-xml-declaration",
            Self::XmlTooMuch => "document-xml-too-much",
            Self::XmlEncoding => "document-xml-encoding",
            Self::DicomLength => "document-dicom-length",
            Self::DicomGroupLength => "document-dicom-group-length",
            Self::DicomNesting => "document-dicom-nesting",
            Self::DicomSyntax => "document-dicom-syntax",
            Self::DicomValue => "document-dicom-value",
        }
    }

    /// What is wrong, in one line.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::XmlForm => "the XML is not well-formed",
            Self::XmlDeclaration => "the XML has a document type declaration; it is not expanded",
            Self::XmlTooMuch => "the XML is too long, too deep or has too many parts",
            Self::XmlEncoding => "the text is not in the encoding that it declares",
            Self::DicomLength => "a DICOM element's length goes beyond the file",
            Self::DicomGroupLength => "the DICOM file's group 2 is not as long as it says",
            Self::DicomNesting => "DICOM sequences nest too deep, or their items are broken",
            Self::DicomSyntax => "the DICOM transfer syntax is not read",
            Self::DicomValue => "elements of the DICOM header cannot be read",
        }
    }
}

impl Document {
    fn new(kind: DocumentKind) -> Self {
        Self {
            kind,
            title: String::new(),
            code: String::new(),
            date: String::new(),
            patient: String::new(),
            patient_name: String::new(),
            preview: String::new(),
            defects: Vec::new(),
        }
    }

    fn with_defect(mut self, rule: DocumentRule, offset: usize) -> Self {
        self.defects.push(DocumentDefect { rule, offset });
        self
    }
}

/// What a file is, by its first bytes; its name is not asked.
#[must_use]
pub fn kind_of(bytes: &[u8]) -> DocumentKind {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match text {
        [b'M', b'S', b'H', ..] => DocumentKind::Hl7,
        [b'%', b'P', b'D', b'F', ..] => DocumentKind::Pdf,
        [0xFF, 0xD8, 0xFF, ..] => DocumentKind::Jpeg,
        [0x89, b'P', b'N', b'G', ..] => DocumentKind::Png,
        _ if bytes.get(128..132) == Some(b"DICM") => DocumentKind::Dicom,
        _ if text.trim_ascii_start().starts_with(b"<") => DocumentKind::Xml,
        _ => DocumentKind::Other,
    }
}

/// Reads a document.
///
/// Time: linear. Memory: for XML a small multiple of [`XML_BYTES_MAX`]; for DICOM a few kilobytes,
/// whatever lengths the file tells.
#[must_use]
pub fn read(bytes: &[u8]) -> Document {
    match kind_of(bytes) {
        DocumentKind::Hl7 => message(bytes),
        DocumentKind::Cda | DocumentKind::Xml => cda::read(bytes),
        DocumentKind::Dicom => dicom::read(bytes),
        other => Document::new(other),
    }
}

/// An HL7 message such as ORU^R30: the service is its title, the results are its text.
fn message(bytes: &[u8]) -> Document {
    let message = crate::defect::read(bytes).message;
    let (pid, obr) = (Pid::first(&message), Obr::first(&message));
    let lines = Obx::all(&message).map(|obx| {
        let value = if obx.value_type().raw() == "CWE" {
            crate::views::Coded(obx.result()).shown().into_owned()
        } else {
            obx.result().text()
        };
        let unit = obx.unit().shown();
        let line = format!("{} {value} {unit}", obx.test().shown());
        line.trim_end().to_owned()
    });
    Document {
        title: obr.service().shown().into_owned(),
        code: obr.service().code().text(),
        date: first_of([obr.0.field(7), message.first("MSH").field(7)]),
        patient: pid.patient().text(),
        patient_name: pid.name().kanji(),
        preview: preview(lines),
        ..Document::new(DocumentKind::Hl7)
    }
}

fn first_of(values: [Value<'_>; 2]) -> String {
    let first = values.into_iter().find(Value::has_value);
    first.map(|value| value.text()).unwrap_or_default()
}

/// Pieces of text joined by spaces, without double spaces and control characters, cut to length.
fn preview(pieces: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    let mut left = PREVIEW_CHARACTERS_MAX;
    for piece in pieces {
        for word in piece.as_ref().split_whitespace() {
            if left == 0 {
                return text;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            let shown = word.chars().filter(|c| !c.is_control()).take(left);
            let before = text.len();
            text.extend(shown);
            left -= text[before..].chars().count().min(left);
        }
    }
    text
}

#[cfg(test)]
mod tests;

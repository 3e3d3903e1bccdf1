//! `hlincos ssmix show FILE`.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::Context;
use hlincos_ssmix::defect::{self, Reading};
use hlincos_ssmix::document::{self, Document, DocumentKind};
use hlincos_ssmix::outline::{SegmentOutline, outline};
use serde::Serialize;

use super::walk::{read_up_to, whole};
use crate::output::{Outcome, print};

/// Bytes read of a message: more than any that a person reads.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Bytes read of a document.
const DOCUMENT_BYTES_MAX: u64 = 128 << 20;
/// Characters printed of one value.
const VALUE_CHARACTERS_MAX: usize = 4_000;
/// Segments printed.
const SEGMENTS_MAX: usize = 5_000;

/// Print a message or document with the Japanese names of its fields.
///
/// Of a message every field that was sent, of prescriptions also the dosage in plain words with the
/// viewer's warning where it is in doubt, and what is wrong with it; of CDA and DICOM title, date, patient and how the text begins. Of a
/// message longer than 4 MiB only these are read; of more than 5,000 segments the first are printed,
/// and of a long value its beginning; all are told. With --json all that was read is printed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file of either storage.
    file: PathBuf,
}

#[derive(Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    segments: Vec<SegmentOutline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    defects: Vec<Told>,
    /// The file is longer than what was read of it.
    cut: bool,
}

#[derive(Serialize)]
struct Told {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    says: &'static str,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let (bytes, len) = read_up_to(&args.file, DOCUMENT_BYTES_MAX)
        .with_context(|| format!("{} cannot be read", args.file.display()))?;
    let kind = document::kind_of(&bytes);
    let is_message = matches!(kind, DocumentKind::Hl7 | DocumentKind::Other);
    let read_of = if is_message {
        bytes.len().min(MESSAGE_BYTES_MAX)
    } else {
        bytes.len()
    };
    let bytes = &bytes[..read_of];
    let mut read = match kind {
        // Whatever is no document is shown as a message: its defects say why it is none.
        DocumentKind::Hl7 | DocumentKind::Other => message(&whole(&args.file), bytes),
        _ => of_document(document::read(bytes)),
    };
    read.cut = (read_of as u64) < len;
    print(json, &read, text);
    Ok(Outcome::Done)
}

fn message(path: &[u8], bytes: &[u8]) -> Shown {
    let linted = defect::lint(path, bytes);
    let Reading { message, defects } = if linted.message.text().is_empty() {
        // Not in the standard storage: read for itself.
        defect::read(bytes)
    } else {
        linted
    };
    let told = defects.iter().map(|defect| Told {
        code: defect.rule.code(),
        field: defect.field.map(|field| field.to_string()),
        offset: defect.offset,
        says: defect.rule.says(),
    });
    Shown {
        segments: outline(&message),
        document: None,
        defects: told.collect(),
        cut: false,
    }
}

fn of_document(document: Document) -> Shown {
    let told = document.defects.iter().map(|defect| Told {
        code: defect.rule.code(),
        field: None,
        offset: Some(defect.offset),
        says: defect.rule.says(),
    });
    Shown {
        segments: Vec::new(),
        defects: told.collect(),
        document: Some(document),
        cut: false,
    }
}

/// A value's beginning, and how much more there is.
fn beginning(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(VALUE_CHARACTERS_MAX) {
        None => value.into(),
        Some((at, _)) => {
            let (begin, rest) = value.split_at(at);
            format!("{begin}… ({} characters more)", rest.chars().count()).into()
        }
    }
}

fn text(shown: &Shown) -> String {
    let mut text = String::new();
    for segment in shown.segments.iter().take(SEGMENTS_MAX) {
        text.push_str(&format!("{}\n", beginning(&segment.segment)));
        for field in &segment.fields {
            let name = if field.ja.is_empty() { "" } else { field.ja };
            let value = if field.null {
                "（値なし \"\"）".into()
            } else {
                beginning(&field.value)
            };
            text.push_str(&format!("  {:>2} {name}: {value}\n", field.number));
        }
        if let Some(dosage) = &segment.dosage {
            text.push_str(&format!(
                "   → {}\n   → {}\n",
                beginning(&dosage.text.ja),
                beginning(&dosage.text.en)
            ));
            if let Some(warning) = dosage.warning() {
                text.push_str(&format!("   ! {}\n   ! {}\n", warning.ja, warning.en));
            }
        }
    }
    if let Some(more) = shown
        .segments
        .len()
        .checked_sub(SEGMENTS_MAX)
        .filter(|more| *more > 0)
    {
        text.push_str(&format!("… ({more} segments more)\n"));
    }
    if let Some(document) = &shown.document {
        for (name, value) in [
            ("種類 kind", format!("{:?}", document.kind)),
            ("表題 title", document.title.clone()),
            ("コード code", document.code.clone()),
            ("日時 date", document.date.clone()),
            ("患者ID patient", document.patient.clone()),
            ("氏名 name", document.patient_name.clone()),
            ("本文 text", document.preview.clone()),
        ] {
            if !value.is_empty() {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
    }
    for told in &shown.defects {
        let field = told.field.as_deref().map(|field| format!(" {field}"));
        let offset = told.offset.map(|at| format!(" at byte {at}"));
        text.push_str(&format!(
            "! {}{}{}: {}\n",
            told.code,
            field.unwrap_or_default(),
            offset.unwrap_or_default(),
            told.says
        ));
    }
    if shown.cut {
        text.push_str("! the file is longer than what is shown of it\n");
    }
    text
}

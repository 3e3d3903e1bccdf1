//! `hlincos ssmix show FILE`.

use std::path::PathBuf;

use anyhow::Context;
use hlincos_ssmix::defect::{self, Reading};
use hlincos_ssmix::document::{self, Document, DocumentKind};
use hlincos_ssmix::outline::{SegmentOutline, outline};
use serde::Serialize;

use super::walk::whole;
use crate::output::{Outcome, print};

/// Print a message or document with the Japanese names of its fields.
///
/// Of a message every field that was sent, of prescriptions also the dosage in plain words, and
/// what is wrong with it; of CDA and DICOM title, date, patient and how the text begins.
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
    let bytes = std::fs::read(&args.file)
        .with_context(|| format!("{} cannot be read", args.file.display()))?;
    let kind = document::kind_of(&bytes);
    let read = match kind {
        // Whatever is no document is shown as a message: its defects say why it is none.
        DocumentKind::Hl7 | DocumentKind::Other => message(&whole(&args.file), &bytes),
        _ => of_document(document::read(&bytes)),
    };
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
    }
}

fn text(shown: &Shown) -> String {
    let mut text = String::new();
    for segment in &shown.segments {
        text.push_str(&format!("{}\n", segment.segment));
        for field in &segment.fields {
            let name = if field.ja.is_empty() { "" } else { field.ja };
            let value = if field.null {
                "（値なし \"\"）"
            } else {
                &field.value
            };
            text.push_str(&format!("  {:>2} {name}: {value}\n", field.number));
        }
        if let Some(dosage) = &segment.dosage {
            text.push_str(&format!(
                "   → {}\n   → {}\n",
                dosage.text.ja, dosage.text.en
            ));
        }
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
    text
}

//! CDA R2: title, code, time, patient and text of a clinical document.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use memchr::memmem;
use roxmltree::{Document as Xml, Node, ParsingOptions};

use super::{Document, DocumentKind, DocumentRule, XML_BYTES_MAX, preview};

/// Nodes of a document.
const NODES_MAX: u32 = 200_000;
/// Elements within elements.
const DEPTH_MAX: usize = 200;
/// Attributes of one element: telling doubles apart costs their square.
const ATTRIBUTES_MAX: usize = 200;
/// Declarations of name spaces in a document: each element that has one copies those above it.
const NAME_SPACES_MAX: usize = 500;

pub(super) fn read(bytes: &[u8]) -> Document {
    let document = Document::new(DocumentKind::Xml);
    if bytes.len() > XML_BYTES_MAX {
        return document.with_defect(DocumentRule::XmlTooMuch, XML_BYTES_MAX);
    }
    let (text, encoding_holds) = text_of(bytes);
    let mut document = document;
    if !encoding_holds {
        document = document.with_defect(DocumentRule::XmlEncoding, 0);
    }
    if let Err(at) = shape(text.as_bytes()) {
        return document.with_defect(DocumentRule::XmlTooMuch, at);
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    match Xml::parse_with_options(&text, options) {
        Ok(xml) => tell(&xml, document),
        Err(roxmltree::Error::DtdDetected) => {
            let at = memmem::find(text.as_bytes(), b"<!DOCTYPE").unwrap_or(0);
            document.with_defect(DocumentRule::XmlDeclaration, at)
        }
        Err(roxmltree::Error::NodesLimitReached) => {
            document.with_defect(DocumentRule::XmlTooMuch, text.len())
        }
        Err(error) => {
            let at = offset(&text, error.pos());
            document.with_defect(DocumentRule::XmlForm, at)
        }
    }
}

/// The text in the encoding that the XML declares, and whether it holds.
fn text_of(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let head = &bytes[..bytes.len().min(200)];
    let declared = memmem::find(head, b"encoding=").and_then(|at| {
        let label = head.get(at + b"encoding=".len() + 1..)?;
        let end = label.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
        Encoding::for_label(&label[..end])
    });
    let (text, _, failed) = declared.unwrap_or(UTF_8).decode(bytes);
    (text, !failed)
}

/// Checks depth, attributes and name spaces before anything is built from the text.
///
/// # Errors
/// Where there is too much.
fn shape(text: &[u8]) -> Result<(), usize> {
    if let Some(at) = memmem::find_iter(text, b"xmlns").nth(NAME_SPACES_MAX) {
        return Err(at);
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(open) = memchr::memchr(b'<', &text[at..]) {
        let start = at + open + 1;
        // Comments and the like end by their own rules; the parser sees to them.
        for (from, to) in [
            (&b"!--"[..], &b"-->"[..]),
            (b"![CDATA[", b"]]>"),
            (b"?", b"?>"),
        ] {
            if text[start..].starts_with(from) {
                let Some(end) = memmem::find(&text[start..], to) else {
                    return Ok(());
                };
                at = start + end + to.len();
            }
        }
        if at > start {
            continue;
        }
        let (mut quote, mut attributes, mut end) = (None, 0, start);
        loop {
            match (text.get(end), quote) {
                (None, _) => return Ok(()),
                (Some(byte), Some(open)) if *byte == open => quote = None,
                (Some(_), Some(_)) => {}
                (Some(b'>'), None) => break,
                (Some(byte @ (b'"' | b'\'')), None) => quote = Some(*byte),
                (Some(b'='), None) => attributes += 1,
                (Some(_), None) => {}
            }
            if attributes > ATTRIBUTES_MAX {
                return Err(end);
            }
            end += 1;
        }
        match (text.get(start), text.get(end - 1)) {
            (Some(b'/'), _) => depth = depth.saturating_sub(1),
            (Some(b'!'), _) | (_, Some(b'/')) => {}
            _ => depth += 1,
        }
        if depth > DEPTH_MAX {
            return Err(start);
        }
        at = end + 1;
    }
    Ok(())
}

fn offset(text: &str, at: roxmltree::TextPos) -> usize {
    let row = (at.row as usize).saturating_sub(1);
    let line = text
        .split_inclusive('\n')
        .take(row)
        .map(str::len)
        .sum::<usize>();
    (line + (at.col as usize).saturating_sub(1)).min(text.len())
}

fn tell(xml: &Xml<'_>, document: Document) -> Document {
    let root = xml.root_element();
    if root.tag_name().name() != "ClinicalDocument" {
        let title = child(root, "title").map(text).unwrap_or_default();
        return Document { title, ..document };
    }
    let code = child(root, "code");
    let attribute = |node: Option<Node<'_, '_>>, name: &str| {
        let value = node.and_then(|node| node.attribute(name));
        value.unwrap_or_default().to_owned()
    };
    let title = child(root, "title").map(text).unwrap_or_default();
    let role = child(root, "recordTarget").and_then(|target| child(target, "patientRole"));
    let patient = role.and_then(|role| child(role, "patient"));
    let name = patient.and_then(|patient| child(patient, "name"));
    let body = child(root, "component");
    let read = body.into_iter().flat_map(|body| {
        let told = body.descendants().filter(|node| {
            let parts = node.ancestors().map(|above| above.tag_name().name());
            node.is_text()
                && parts
                    .into_iter()
                    .any(|part| matches!(part, "title" | "text"))
        });
        told.filter_map(|node| node.text())
    });
    Document {
        kind: DocumentKind::Cda,
        title: if title.is_empty() {
            attribute(code, "displayName")
        } else {
            title
        },
        code: attribute(code, "code"),
        date: attribute(child(root, "effectiveTime"), "value"),
        patient: attribute(role.and_then(|role| child(role, "id")), "extension"),
        patient_name: name.map(text).unwrap_or_default(),
        preview: preview(read),
        ..document
    }
}

fn child<'a, 'x>(node: Node<'a, 'x>, name: &str) -> Option<Node<'a, 'x>> {
    node.children()
        .find(|child| child.tag_name().name() == name)
}

fn text(node: Node<'_, '_>) -> String {
    let pieces = node.descendants().filter(Node::is_text);
    preview(pieces.filter_map(|piece| piece.text()))
}

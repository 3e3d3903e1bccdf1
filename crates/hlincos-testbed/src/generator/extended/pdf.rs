//! Small valid PDF files of a given size: a page of text, and an attachment of noise.

use std::io::Write;

use crate::generator::draw::Draw;

/// Writes a PDF of exactly `size` bytes, or a little more if `size` is too small for one.
///
/// Source: ISO 32000-1, sections 7.5 (file structure) and 7.11.4 (embedded files).
pub(super) fn document(lines: &[String], size: usize, draw: &mut Draw) -> Vec<u8> {
    let mut pdf = Vec::with_capacity(size.max(1_500));
    pdf.extend_from_slice(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
    let mut offsets = [0; OBJECTS];
    let page = content(lines);
    let bodies = [
        "<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(body.bin)6 0 R]>>>>>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>"
            .to_owned(),
        format!("<</Length {}>>\nstream\n{page}\nendstream", page.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
        "<</Type/Filespec/F(body.bin)/UF(body.bin)/EF<</F 7 0 R>>>>".to_owned(),
    ];
    for (index, body) in bodies.iter().enumerate() {
        offsets[index] = pdf.len();
        put(&mut pdf, &format!("{} 0 obj\n{body}\nendobj\n", index + 1));
    }
    offsets[OBJECTS - 1] = pdf.len();
    // Numbers of fixed width, so that the rest of the file is as long whatever stands in it.
    let around = tail(&offsets, 0).len() + opening(0).len();
    let attached = size.saturating_sub(pdf.len() + around);
    put(&mut pdf, &opening(attached));
    let start = pdf.len();
    pdf.resize(start + attached, 0);
    draw.fill(&mut pdf[start..]);
    let table = pdf.len() + END_OF_STREAM.len();
    put(&mut pdf, &tail(&offsets, table));
    pdf
}

/// Draws the lines of the page, top down.
fn content(lines: &[String]) -> String {
    let mut page = String::from("BT /F1 14 Tf 60 780 Td 20 TL\n");
    for line in lines {
        page.push('(');
        page.push_str(line);
        page.push_str(") Tj T*\n");
    }
    page.push_str("ET");
    page
}

fn opening(length: usize) -> String {
    format!("{OBJECTS} 0 obj\n<</Type/EmbeddedFile/Length {length:010}>>\nstream\n")
}

/// Ends the last stream and writes the cross-reference table.
fn tail(offsets: &[usize; OBJECTS], table: usize) -> String {
    let mut text = format!(
        "{END_OF_STREAM}xref\n0 {}\n0000000000 65535 f \n",
        OBJECTS + 1
    );
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!(
        "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{table:010}\n%%EOF\n",
        OBJECTS + 1
    ));
    text
}

fn put(pdf: &mut Vec<u8>, text: &str) {
    pdf.write_all(text.as_bytes())
        .expect("writing to a Vec cannot fail");
}

const OBJECTS: usize = 7;
const END_OF_STREAM: &str = "\nendstream\nendobj\n";

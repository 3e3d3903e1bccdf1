//! Extended storage: content folders with documents and images.

mod cda;
mod dicom;
mod image;
mod jpeg;
mod pdf;

use jiff::civil::DateTime;

use super::calendar::{Day, Second, Stamp};
use super::clinic::Chart;
use super::draw::Draw;
use super::message::Sender;

pub(crate) use dicom::Slices;

/// A kind of content: the data type folder's name, `code^name^system` local, then standard.
pub(crate) const PROGRESS: &str = "^経過記録^^11506-3^経過記録^LN";
/// The summary written at discharge.
pub(crate) const SUMMARY: &str = "^退院時サマリー^^18842-5^退院時サマリー^LN";
/// Paper that was scanned.
pub(crate) const SCAN: &str = "L-SCAN^スキャン文書^99ZL01";
/// Photographs and the like.
pub(crate) const PICTURE: &str = "L-IMAGE^静止画像^99ZL01";
/// Studies in slices.
pub(crate) const STUDY: &str = "L-DICOM^ＣＴ画像^99ZL01";

/// Files of one content folder.
pub(crate) type Content = Vec<(String, Vec<u8>)>;

/// Names the content folder and the folders above it.
pub(crate) fn folder(
    sender: &Sender<'_>,
    kind: &str,
    at: DateTime,
    key: u32,
    sent: DateTime,
    flag: u8,
) -> String {
    let (id, day) = (&sender.person.id, Day(at.date()));
    let department = sender.department.code;
    format!(
        "{day}/{kind}/{id}_{day}_{kind}_D{key:09}_{}_{department}_{flag}",
        Stamp(sent)
    )
}

/// What a file is counted as.
pub(crate) fn label(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("xml") => "CDA",
        Some("pdf") => "PDF",
        Some("jpg") => "JPEG",
        Some("png") => "PNG",
        _ => "DICOM",
    }
}

/// Writes a short note or summary: CDA, and often a picture or a page beside it.
pub(crate) fn note(
    sender: &Sender<'_>,
    chart: &Chart,
    at: DateTime,
    summary: bool,
    draw: &mut Draw,
) -> Content {
    let mut content = vec![(
        "main_document.xml".to_owned(),
        cda::document(sender, chart, at, summary, None),
    )];
    if draw.percent(60) {
        let picture = image::picture(24 + draw.below(16), draw);
        content.push(("image1.png".to_owned(), picture));
    }
    if summary || draw.percent(40) {
        let size = 1_400 + draw.below(1_200) as usize;
        content.push(("report.pdf".to_owned(), page(sender, at, size, draw)));
    }
    content
}

/// Writes a note or summary of at least `size` bytes, a little more at most.
pub(crate) fn long_note(
    sender: &Sender<'_>,
    chart: &Chart,
    at: DateTime,
    summary: bool,
    size: u32,
    draw: &mut Draw,
) -> Content {
    let text = cda::document(sender, chart, at, summary, Some((size as usize, draw)));
    vec![("main_document.xml".to_owned(), text)]
}

/// Writes a scanned document of exactly `size` bytes, or of the smallest that is a PDF.
pub(crate) fn page(sender: &Sender<'_>, at: DateTime, size: usize, draw: &mut Draw) -> Vec<u8> {
    let lines = [
        "H-LINCOS synthetic document".to_owned(),
        format!("Patient {}", sender.person.id),
        format!("Date {}", Second(at)),
    ];
    pdf::document(&lines, size, draw)
}

/// Writes a picture of noise of about `size` bytes.
pub(crate) fn noise(size: u32, draw: &mut Draw) -> Vec<u8> {
    image::noise(size, draw)
}

/// Writes a photograph of about `size` bytes.
pub(crate) fn photograph(size: u32, draw: &mut Draw) -> Vec<u8> {
    jpeg::photograph(size, draw)
}

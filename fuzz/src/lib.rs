//! Fuzz targets: each reads bytes of anybody and must neither panic, nor run away, nor eat memory.
//!
//! A target is a plain function, so that any fuzzer can drive it: `cargo run -p hlincos-fuzz` does
//! on stable Rust, and `fuzz_target!(|bytes: &[u8]| hlincos_fuzz::message(bytes))` does with
//! libFuzzer on nightly. Each also checks what must hold of its result.

use hlincos_ssmix::{characters, defect, document, hl7, outline, path, summary, transaction};

pub mod isogeny;
pub mod sharing;

/// A target's name and function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("decoder", decoder),
    ("message", message),
    ("path", path),
    ("cda", cda),
    ("dicom", dicom),
    ("transactions", transactions),
    ("shares", sharing::shares),
    ("liars", sharing::liars),
    ("isogeny", isogeny::public_key),
];

/// Bytes to text: at most three bytes each, places within, whole again after encoding.
pub fn decoder(bytes: &[u8]) {
    let decoded = characters::decode(bytes);
    assert!(decoded.text.len() <= bytes.len() * 3);
    assert!(decoded.defects.iter().all(|d| d.offset <= bytes.len()));
    let marks: Vec<usize> = decoded.text.char_indices().map(|(at, _)| at).collect();
    let places = characters::places_in_bytes(bytes, &marks);
    assert!(places.len() == marks.len() && places.is_sorted());
    assert!(places.iter().all(|at| *at <= bytes.len()));
    if let Ok(again) = hlincos_ssmix::encode::encode(&decoded.text) {
        let twice = characters::decode(&again);
        assert_eq!(twice.text.chars().count(), decoded.text.chars().count());
    }
}

/// Whole messages: index, defects, every field in words, the summary of a screen.
pub fn message(bytes: &[u8]) {
    const KINDS: [&str; 8] = [
        "ADT-00", "ADT-61", "PPR-01", "OMP-01", "OMP-02", "OML-11", "OMP-11", "OMG-12",
    ];
    let kind = KINDS[bytes.len() % KINDS.len()];
    let name = format!(
        "1318814790/000/078/0000781125/20190901/{kind}/0000781125_20190901_{kind}_1_20190901101531000_01_1"
    );
    let reading = defect::lint(name.as_bytes(), bytes);
    assert!(reading.defects.len() <= defect::DEFECTS_MAX);
    let within = |at: Option<usize>| at.is_none_or(|at| at <= bytes.len());
    assert!(reading.defects.iter().all(|defect| within(defect.offset)));
    let told = outline::outline(&reading.message);
    assert!(told.len() <= hl7::SEGMENTS_MAX);
    let rules = defect::inspect(name.as_bytes(), bytes);
    assert!(rules.is_sorted());
    let _ = summary::summarise(&[(name.as_bytes(), bytes)]);
}

/// Paths: what is placed lies in a patient's folder.
pub fn path(bytes: &[u8]) {
    let (placed, defects) = path::place(bytes);
    match placed {
        path::Placed::Standard(name) => {
            assert!(path::patient_of(bytes).is_some() && name.timestamp.len() == 17);
        }
        path::Placed::Extended(name) => assert!(name.data_type.contains(&b'^')),
        path::Placed::Other => assert!(!defects.is_empty()),
    }
    let _ = document::DataType::read(bytes).shown().len();
}

/// XML, whatever the bytes begin with.
pub fn cda(bytes: &[u8]) {
    let whole = if document::kind_of(bytes) == document::DocumentKind::Xml {
        bytes.to_vec()
    } else {
        [b"<ClinicalDocument>", bytes].concat()
    };
    bounded(&document::read(&whole), whole.len());
}

/// DICOM, with a preamble in front of what has none.
pub fn dicom(bytes: &[u8]) {
    let whole = if document::kind_of(bytes) == document::DocumentKind::Dicom {
        bytes.to_vec()
    } else {
        [&[0; 128], &b"DICM"[..], bytes].concat()
    };
    bounded(&document::read(&whole), whole.len());
}

fn bounded(document: &document::Document, len: usize) {
    assert!(document.preview.chars().count() <= document::PREVIEW_CHARACTERS_MAX * 2);
    // A declared encoding may make text longer than its bytes.
    let within = |defect: &document::DocumentDefect| defect.offset <= len * 3 + 3;
    assert!(document.defects.iter().all(within));
}

/// Files of the transaction storage: what they name stays inside of a store.
pub fn transactions(bytes: &[u8]) {
    for record in transaction::transactions(bytes).flatten() {
        let folder = record.folder();
        assert!(
            !folder
                .split('/')
                .any(|part| part == ".." || part.is_empty())
        );
        assert!(!record.file_name().contains('/'));
        assert!(record.message.len() <= bytes.len());
    }
}

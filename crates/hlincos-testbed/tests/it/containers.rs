//! Documents and pictures of extended storage open in what opens their kind.

use std::io::Cursor;
use std::process::Command;

use hlincos_testbed::{Profile, Shape};

use crate::store::{Entry, Store};

fn store(mb_per_patient: f64) -> Store {
    Store::of(&Profile {
        patients: 12,
        mb_per_patient,
        ..Profile::default()
    })
}

fn named<'a>(store: &'a Store, ending: &'a str) -> impl Iterator<Item = &'a Entry> {
    store
        .documents()
        .filter(move |file| file.path.ends_with(ending))
}

#[test]
fn content_folders_repeat_patient_date_and_kind() {
    let store = store(1.0);
    let mut beside = false;
    for file in store.documents() {
        let parts: Vec<&str> = file.path.split('/').collect();
        let (patient, date, kind, content) = (parts[3], parts[4], parts[5], parts[6]);
        assert!(kind.contains('^') && !kind.is_ascii(), "{kind}");
        assert!(
            content.starts_with(&format!("{patient}_{date}_{kind}_D")),
            "{content}"
        );
        assert!(
            content.len() <= 255,
            "names longer than 255 bytes cannot be stored"
        );
        beside |= parts[7] == "image1.png" && kind.ends_with("^LN");
    }
    assert!(beside, "some content folders hold several files");
}

#[test]
fn pdf_objects_are_where_the_table_says() {
    let store = store(1.5);
    let mut count = 0;
    for file in named(&store, ".pdf") {
        count += 1;
        let bytes = &file.bytes;
        assert!(
            bytes.starts_with(b"%PDF-1.7\n") && bytes.ends_with(b"%%EOF\n"),
            "{}",
            file.path
        );
        let end = String::from_utf8_lossy(&bytes[bytes.len() - 300..]).into_owned();
        let number = |text: &str| text.trim().parse::<usize>().unwrap();
        let (before, after) = end.split_once("startxref\n").unwrap();
        let table = number(after.lines().next().unwrap());
        assert!(bytes[table..].starts_with(b"xref\n0 8\n"), "{}", file.path);
        assert!(before.contains("/Root 1 0 R"));
        let table = std::str::from_utf8(&bytes[table..]).unwrap();
        for (index, line) in table.lines().skip(3).take(7).enumerate() {
            let object = format!("{} 0 obj\n", index + 1);
            assert!(
                bytes[number(&line[..10])..].starts_with(object.as_bytes()),
                "{}",
                file.path
            );
        }
    }
    assert!(count > 12, "{count} documents");
}

#[test]
fn pictures_decode() {
    let store = store(3.0);
    let mut pixels = 0;
    for file in named(&store, ".png") {
        let mut reader = png::Decoder::new(Cursor::new(&file.bytes))
            .read_info()
            .unwrap();
        let mut image = vec![0; reader.output_buffer_size().unwrap()];
        pixels += reader.next_frame(&mut image).unwrap().buffer_size();
    }
    assert!(pixels > 1_000_000);
}

#[test]
fn cda_is_utf_8_with_balanced_elements() {
    let store = store(0.0);
    let mut count = 0;
    for file in named(&store, ".xml") {
        count += 1;
        let text = std::str::from_utf8(&file.bytes).unwrap();
        let mut open: Vec<&str> = Vec::new();
        for tag in text.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap();
            let name = tag
                .trim_start_matches('/')
                .split([' ', '/'])
                .next()
                .unwrap();
            match (
                tag.starts_with('/'),
                tag.ends_with('/') || tag.starts_with('?'),
            ) {
                (true, _) => assert_eq!(open.pop(), Some(name), "{}", file.path),
                (false, true) => {}
                (false, false) => open.push(name),
            }
        }
        assert!(open.is_empty(), "{}", file.path);
        assert!(!text.contains("& "), "{}", file.path);
    }
    assert!(count > 5);
}

fn sampler() -> Store {
    Store::of(&Profile {
        patients: 8,
        ..Profile::of(Shape::Full)
    })
}

#[test]
fn photographs_are_baseline_jpeg_of_the_size_they_say() {
    let store = sampler();
    let mut count = 0;
    for file in named(&store, ".jpg") {
        count += 1;
        let bytes = &file.bytes;
        assert!(bytes.starts_with(&[0xFF, 0xD8]) && bytes.ends_with(&[0xFF, 0xD9]));
        let mut at = 2;
        let mut seen = Vec::new();
        let (mut height, mut width) = (0, 0);
        while seen.last() != Some(&0xDA) {
            assert_eq!(bytes[at], 0xFF, "{}", file.path);
            let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
            if bytes[at + 1] == 0xC0 {
                height = u16::from_be_bytes([bytes[at + 5], bytes[at + 6]]);
                width = u16::from_be_bytes([bytes[at + 7], bytes[at + 8]]);
            }
            seen.push(bytes[at + 1]);
            at += 2 + length;
        }
        assert!(height >= 16 && width >= height, "{width} x {height}");
        assert!(
            seen.contains(&0xDB) && seen.contains(&0xC4),
            "tables: {seen:x?}"
        );
    }
    assert!(count > 8, "{count} photographs");
}

#[test]
fn slices_are_dicom_whose_elements_ascend_and_end_with_the_file() {
    let store = sampler();
    let mut count = 0;
    for file in named(&store, ".dcm") {
        count += 1;
        let bytes = &file.bytes;
        assert_eq!(&bytes[128..132], b"DICM");
        let short = |at: usize| u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8;
        let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        let mut at = 132;
        let mut last = (0, 0);
        let mut patient = None;
        let mut pixels = 0;
        let (mut rows, mut columns) = (0, 0);
        while at < bytes.len() {
            let tag = (short(at), short(at + 2));
            assert!(tag > last, "{tag:04x?} in {}", file.path);
            last = tag;
            let long_form = matches!(&bytes[at + 4..at + 6], b"OB" | b"OW");
            let (start, length) = if long_form {
                (at + 12, long(at + 8) as usize)
            } else {
                (at + 8, usize::from(short(at + 6)))
            };
            assert_eq!(length % 2, 0, "{tag:04x?}");
            match tag {
                (0x0010, 0x0020) => {
                    patient =
                        Some(String::from_utf8_lossy(&bytes[start..start + length]).into_owned())
                }
                (0x0028, 0x0010) => rows = usize::from(short(start)),
                (0x0028, 0x0011) => columns = usize::from(short(start)),
                (0x7FE0, 0x0010) => pixels = length,
                _ => {}
            }
            at = start + length;
        }
        assert_eq!(at, bytes.len());
        assert_eq!(patient.as_deref(), file.path.split('/').nth(3));
        assert_eq!(pixels, rows * columns * 2);
    }
    assert_eq!(count, 8 * 3);
}

#[test]
fn documents_open_in_the_tools_that_are_installed() {
    let store = sampler();
    let folder = tempfile::TempDir::new().unwrap();
    let mut opened = 0;
    for (ending, program, arguments) in [
        (".pdf", "pdfinfo", &[][..]),
        (".pdf", "pdftotext", &[]),
        (".xml", "xmllint", &["--noout"]),
        (".jpg", "djpeg", &["-outfile", "/dev/null"]),
        (".dcm", "dcmdump", &["-q"]),
    ] {
        for (index, file) in named(&store, ending).take(5).enumerate() {
            let path = folder.path().join(format!("{index}{ending}"));
            std::fs::write(&path, &file.bytes).unwrap();
            let Ok(ran) = Command::new(program).args(arguments).arg(&path).output() else {
                eprintln!("{program} is not installed: nothing opened");
                break;
            };
            opened += 1;
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success() && said.is_empty(), "{program}: {said}");
        }
    }
    eprintln!("{opened} files opened");
}

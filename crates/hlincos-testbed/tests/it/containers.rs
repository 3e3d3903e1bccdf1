//! Documents and pictures of extended storage open in what opens their kind.

use std::io::Cursor;

use hlincos_testbed::Profile;

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

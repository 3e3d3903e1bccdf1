use super::*;
use crate::identifier::{BundleId, Generation, Sequence, Subject};
use crate::limits::{CONTENTS_BYTES_MAX, ENTRIES_MAX};

fn patient() -> Subject {
    Subject::patient("1318814790", "0000781125").unwrap()
}

fn content(path: &[u8], bytes: &[u8]) -> Entry {
    Entry::Content {
        path: path.to_vec(),
        size: bytes.len() as u64,
        modified: Modified {
            seconds: 1_567_300_000,
            nanos: 5,
        },
        digest: [3; 32],
        part: Part::WHOLE,
        len: u32::try_from(bytes.len()).unwrap(),
    }
}

fn finish(builder: BundleBuilder) -> Vec<u8> {
    builder
        .finish(
            BundleId([1; 16]),
            Generation(7),
            Sequence::new(2, 9),
            1_700_000_000_000,
        )
        .unwrap()
        .to_vec()
}

fn sample() -> Vec<u8> {
    let mut builder = BundleBuilder::new(Class::Messages, patient(), "kochi").unwrap();
    builder.push(&content(b"a/b", b"hello"), b"hello").unwrap();
    builder
        .push(
            &Entry::Folder {
                path: b"a/\x83\x65".to_vec(),
            },
            b"",
        )
        .unwrap();
    builder
        .push(
            &Entry::Removed {
                path: b"x".to_vec(),
            },
            b"",
        )
        .unwrap();
    builder.push(&content(b"c", b"world!"), b"world!").unwrap();
    finish(builder)
}

#[test]
fn a_bundle_gives_back_what_was_put_in() {
    let bytes = sample();
    assert_eq!(bytes.len(), 4096, "short bundles are padded to 4 KiB");
    let bundle = Bundle::open(&bytes).unwrap();
    assert_eq!(bundle.header.subject, patient());
    assert_eq!(bundle.header.label, "kochi");
    assert_eq!(bundle.header.generation, Generation(7));
    assert_eq!(bundle.header.sequence.attempt(), 2);
    let entries: Vec<_> = bundle.entries().collect();
    assert_eq!(entries.len(), 4);
    assert_eq!(entries[0], (&content(b"a/b", b"hello"), &b"hello"[..]));
    assert_eq!(entries[1].1, b"");
    assert_eq!(entries[3].1, b"world!");
}

#[test]
fn a_flipped_byte_outside_the_body_is_refused_or_seen_in_the_header() {
    let bytes = sample();
    let original = BundleHeader::from_bytes(&bytes).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let names = "1318814790".len() + "0000781125".len() + "kochi".len();
    for at in (0..HEADER_BYTES + names).chain(used..bytes.len()) {
        for bit in [1_u8, 0x80] {
            let mut wrong = bytes.clone();
            wrong[at] ^= bit;
            if let Ok(header) = BundleHeader::from_bytes(&wrong) {
                assert_ne!(header, original, "byte {at}");
            }
        }
    }
}

#[test]
fn a_flipped_byte_in_the_body_never_panics() {
    let bytes = sample();
    for at in 0..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        let _ = Bundle::open(&wrong).map(|bundle| bundle.entries().count());
    }
}

#[test]
fn every_truncation_is_refused_until_only_padding_is_cut() {
    let bytes = sample();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for len in 0..used {
        assert!(Bundle::open(&bytes[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn paths_that_lead_out_of_the_folder_are_refused() {
    let mut builder = BundleBuilder::new(Class::Documents, patient(), "kochi").unwrap();
    for path in [
        "",
        "/etc",
        "a//b",
        "../x",
        "a/../../b",
        ".",
        "a/.",
        "a\0b",
        "a/",
    ] {
        let entry = Entry::Removed {
            path: path.as_bytes().to_vec(),
        };
        assert_eq!(builder.push(&entry, b""), Err(BuildError::Path), "{path:?}");
    }
}

#[test]
fn a_full_bundle_says_so_and_keeps_what_it_had() {
    let mut builder = BundleBuilder::new(Class::Documents, patient(), "kochi").unwrap();
    let big = vec![1_u8; CONTENTS_BYTES_MAX];
    builder.push(&content(b"big", &big), &big).unwrap();
    assert_eq!(
        builder.push(&content(b"one", b"1"), b"1"),
        Err(BuildError::Full)
    );
    builder
        .push(
            &Entry::Removed {
                path: b"gone".to_vec(),
            },
            b"",
        )
        .unwrap();
    let bytes = finish(builder);
    assert_eq!(Bundle::open(&bytes).unwrap().entries().count(), 2);
}

#[test]
fn a_table_of_contents_has_a_limit_of_entries() {
    let mut builder = BundleBuilder::new(Class::Messages, patient(), "kochi").unwrap();
    for _ in 0..ENTRIES_MAX {
        builder
            .push(
                &Entry::Removed {
                    path: b"x".to_vec(),
                },
                b"",
            )
            .unwrap();
    }
    let one_more = Entry::Removed {
        path: b"x".to_vec(),
    };
    assert_eq!(builder.push(&one_more, b""), Err(BuildError::Full));
}

#[test]
fn parts_cover_a_record_exactly() {
    let mib4 = CONTENTS_BYTES_MAX as u64;
    for size in [0, 1, mib4 - 1, mib4, mib4 + 1, 3 * mib4] {
        let count = Part::count_for(size);
        let total: u64 = (0..count)
            .map(|index| u64::from(Part { index, count }.len_in(size).unwrap()))
            .sum();
        assert_eq!(total, size);
        assert_eq!(
            Part {
                index: count,
                count
            }
            .len_in(size),
            None
        );
        assert_eq!(
            Part {
                index: 0,
                count: count + 1
            }
            .len_in(size),
            None
        );
    }
}

#[test]
fn a_member_does_not_belong_in_a_patients_bundle() {
    let mut builder = BundleBuilder::new(Class::Messages, patient(), "kochi").unwrap();
    builder
        .push(
            &Entry::Member {
                name: b"x".to_vec(),
            },
            b"",
        )
        .unwrap();
    assert_eq!(
        Bundle::open(&finish(builder)).unwrap_err(),
        BundleError::Entry
    );
}

#[test]
fn a_run_record_survives_the_round_trip_in_its_bundle() {
    let record = RunRecord {
        files: 5,
        pages: 1,
        bundles: vec![BundleId([8; 16]), BundleId([9; 16])],
        ..RunRecord::default()
    };
    let subject = Subject::store("kochi").unwrap();
    let mut builder = BundleBuilder::new(Class::Run, subject, "kochi").unwrap();
    builder.set_contents(&record.to_bytes()).unwrap();
    let bytes = finish(builder);
    let bundle = Bundle::open(&bytes).unwrap();
    assert_eq!(RunRecord::from_bytes(bundle.contents()).unwrap(), record);
    assert!(RunRecord::from_bytes(&record.to_bytes()[1..]).is_err());
}

proptest::proptest! {
    #[test]
    fn bytes_from_outside_never_panic(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), real in proptest::bool::ANY) {
        if real && bytes.len() > 8 {
            bytes[..4].copy_from_slice(&MAGIC);
            bytes[4..8].copy_from_slice(&[VERSION, 1, COMPRESSION_ZSTD, 0]);
        }
        let _ = Bundle::open(&bytes);
        let _ = RunRecord::from_bytes(&bytes);
    }
}

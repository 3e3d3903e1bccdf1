//! The composed patient field by field, and the samples of others where they lie.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hlincos_ssmix::characters::decode;
use hlincos_ssmix::defect::{inspect, lint};
use hlincos_ssmix::hl7::Message;
use hlincos_ssmix::path::{Placed, place};
use hlincos_ssmix::summary::{Allergies, ProblemStatus, summarise};

type Files = Vec<(Vec<u8>, Vec<u8>)>;

fn read(root: &Path) -> Files {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                files.push((name.as_bytes().to_vec(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn composed() -> Files {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed"))
}

/// The samples of the National Hospital Organization, if this machine has them.
fn outside() -> Option<Files> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let root = std::env::var_os("HLINCOS_SAMPLES").map_or(beside, PathBuf::from);
    let folder = root.join("nho-sample/sampleData");
    if !folder.is_dir() {
        eprintln!(
            "nho-sample is absent; set HLINCOS_SAMPLES to the samples' folder to test with it"
        );
        return None;
    }
    Some(read(&folder))
}

#[test]
fn the_composed_patient_reads_as_it_was_composed() {
    let summary = summarise(&composed());
    assert_eq!(summary.messages, 5);
    assert!(summary.warnings.is_empty(), "{:?}", summary.warnings);
    let patient = &summary.patient;
    assert_eq!(
        (patient.id.as_str(), patient.sex.as_str()),
        ("0000781125", "F")
    );
    assert_eq!(
        (patient.name.as_str(), patient.kana.as_str()),
        ("土佐 花子", "トサ ハナコ")
    );
    assert_eq!(
        (patient.born.as_str(), patient.phone.as_str()),
        ("1951-03-11", "088-000-0000")
    );
    assert_eq!(patient.address, "781-8125 高知県高知市池２１２５番地１");
    assert_eq!(
        (patient.blood_abo.as_str(), patient.blood_rh.as_str()),
        ("A", "Rh+")
    );
    assert_eq!(patient.weight.as_ref().unwrap().value, "48.5");

    let Allergies::Recorded(allergies) = &summary.allergies else {
        panic!()
    };
    let told: Vec<_> = allergies
        .iter()
        .map(|a| {
            (
                a.substance.as_str(),
                a.severity_code.as_str(),
                a.reaction.as_str(),
                a.since.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ペニシリン", "SV", "アナフィラキシー", "1998-11-04"),
            ("小麦粉", "MO", "じん麻疹", "成人後"),
            ("ヨード造影剤", "MI", "発疹", "2015-04-10"),
        ]
    );
    assert!(
        allergies
            .iter()
            .all(|a| a.source.path.contains("ADT-61") && a.source.sent == "2019-09-01")
    );

    let drugs: Vec<_> = summary
        .prescriptions
        .iter()
        .map(|p| p.drug.as_str())
        .collect();
    assert_eq!(drugs.len(), 4);
    let of = |name: &str| {
        summary
            .prescriptions
            .iter()
            .find(|p| p.drug.starts_with(name))
            .unwrap()
    };
    let prednisolone = of("プレドニン");
    assert_eq!(
        prednisolone.dosage.text.ja,
        "１回3錠、内服・経口・１日１回朝食後、１日おき、14日分、2019-09-01から"
    );
    assert!(prednisolone.dosage.warning().is_none());
    assert_eq!(of("ワーファリン").code, "3332001F1016");
    assert_eq!(of("ヒューマリン").kind, "自己注射");
    let ointment = of("ジフラール");
    assert!(
        !ointment.dosage.text.ja.contains("１回"),
        "a null dose is no dose"
    );
    assert_eq!(
        (ointment.route.as_str(), ointment.site.as_str()),
        ("外用", "左手")
    );

    let problems: Vec<_> = summary
        .problems
        .iter()
        .map(|p| (p.name.as_str(), p.status, p.icd10.as_str()))
        .collect();
    assert_eq!(
        problems,
        [
            ("心房細動", ProblemStatus::Active, "I489"),
            ("急性肺炎の疑い", ProblemStatus::Suspected, "J189"),
            ("十二指腸潰瘍", ProblemStatus::Resolved, "K269"),
        ]
    );
    let lab = |name: &str| {
        &summary
            .laboratory
            .iter()
            .find(|test| test.name == name)
            .unwrap()
            .values[0]
    };
    assert_eq!(
        (lab("Ｃｒｅ").value.as_str(), lab("Ｃｒｅ").flag.as_str()),
        ("1.82", "H")
    );
    assert_eq!(
        (lab("Ｋ").unit.as_str(), lab("Ｋ").range.as_str()),
        ("mEq/L", "3.6-5.0")
    );
    assert_eq!(lab("HBs抗原").value, "  -", "spaces are kept");
}

#[test]
fn the_composed_store_has_no_defect_but_its_two_text_files() {
    for (path, content) in composed() {
        let expected = usize::from(!path.starts_with(b"1318814790"));
        assert_eq!(
            inspect(&path, &content).len(),
            expected,
            "{}",
            String::from_utf8_lossy(&path)
        );
    }
}

#[test]
fn the_samples_of_the_national_hospital_organization_read_with_their_traps() {
    let Some(files) = outside() else { return };
    assert_eq!(files.len(), 22);
    let mut messages = 0;
    let mut differ = 0;
    for (path, content) in &files {
        let codes: Vec<_> = inspect(path, content)
            .into_iter()
            .map(hlincos_ssmix::rule::Rule::code)
            .collect();
        let (placed, _) = place(path);
        assert!(matches!(placed, Placed::Standard(_)), "all 22 names match");
        let decoded = decode(content);
        if Message::parse(&decoded.text).is_some() {
            messages += 1;
            assert!(decoded.defects.is_empty());
            differ += usize::from(codes.contains(&"hl7-patient-differs"));
        } else {
            assert_eq!(content.as_slice(), b"\xFB\xFC");
            for code in [
                "path-patient-differs",
                "path-kind-differs",
                "hl7-no-message",
            ] {
                assert!(codes.contains(&code), "{codes:?}");
            }
        }
    }
    assert_eq!((messages, differ), (21, 12));
    let of = |patient: &str| -> Files {
        let inside = format!("/{patient}/");
        let is_in = |path: &[u8]| String::from_utf8_lossy(path).contains(&inside);
        files
            .iter()
            .filter(|(path, _)| is_in(path))
            .cloned()
            .collect()
    };
    let summary = summarise(&of("9999013"));
    assert!(!summary.prescriptions.is_empty() && !summary.problems.is_empty());
    assert!(!summary.laboratory.is_empty() && summary.patient.source.is_some());
}

/// What `lint` must say of every sample: the end of its path, and its errors and notes in order.
/// Every trap that the samples' README tells is here.
#[rustfmt::skip]
const EXPECTED: [(&str, &[&str]); 20] = [
    ("ADT-31/9999013_20110630_OMP-11", &[
        "path-patient-differs", "path-care-date-differs", "path-kind-differs", "text-not-iso-2022-jp@0",
        "hl7-no-message@0", "text-not-iso-2022-jp@1",
    ]),
    ("9999013_-_ADT-00", &["hl7-end-byte@1213"]),
    ("9999013_-_ADT-61", &["hl7-character-handling MSH-20@97", "hl7-patient-differs PID-3@196", "hl7-end-byte@887"]),
    ("9999013_-_PPR-01", &[
        "path-department", "hl7-character-handling MSH-20@98", "hl7-patient-differs PID-3@177", "hl7-end-byte@960",
    ]),
    ("OMP-11/9999013_20110630_OMP-11", &[
        "hl7-character-set MSH-18@93", "hl7-care-date-differs RXA-3@648", "hl7-end-byte@1026",
    ]),
    ("9999013_20110701_OMP-01", &["hl7-character-handling MSH-20@101", "hl7-end-byte@2319"]),
    ("9999013_20110701_OMP-02", &["hl7-character-handling MSH-20@101", "hl7-end-byte@2932"]),
    ("9999013_20110701_OMP-12", &["hl7-character-handling MSH-20@101", "hl7-end-byte@1160"]),
    ("9999013_20111013_OMD", &[
        "hl7-character-handling MSH-20@97", "hl7-patient-differs PID-3@176", "hl7-end-byte@615",
    ]),
    ("9999013_20111120_ADT-22", &["hl7-end-byte@450"]),
    ("9999013_20111220_ADT-42", &["hl7-end-byte@429"]),
    ("9999013_20111220_ADT-52", &["hl7-character-handling MSH-20@102", "hl7-end-byte@470"]),
    ("9999013_20111220_OMG-01", &[
        "path-department", "hl7-character-handling MSH-20@102", "hl7-patient-differs PID-3@181", "hl7-end-byte@2205",
    ]),
    ("9999013_20111220_OMG-02", &[
        "hl7-character-set MSH-18@95", "hl7-patient-differs PID-3@185", "hl7-care-date-differs ORC-9@454", "hl7-end-byte@1789",
    ]),
    ("9999013_20111220_OMG-03", &[
        "hl7-character-handling MSH-20@102", "hl7-patient-differs PID-3@181", "hl7-end-byte@797",
    ]),
    ("9999013_20111220_OMG-11", &[
        "path-order-number", "hl7-character-handling MSH-20@94", "hl7-patient-differs PID-3@173", "hl7-end-byte@1875",
    ]),
    ("9999013_20111220_OMG-12", &[
        "hl7-character-handling MSH-20@102", "hl7-patient-differs PID-3@181", "hl7-end-byte@4812",
    ]),
    ("9999013_20111220_OMG-13", &[
        "hl7-character-handling MSH-20@102", "hl7-patient-differs PID-3@181", "hl7-required-field PID-7@258", "hl7-end-byte@1138",
    ]),
    ("9999013_20111220_OML-01", &["hl7-character-handling MSH-20@102", "hl7-end-byte@1837"]),
    ("9999013_20111220_OML-11", &[
        "hl7-character-handling MSH-20@102", "hl7-patient-differs PID-3@181", "hl7-care-date-differs SPM-17@406", "hl7-end-byte@1024",
    ]),
];

fn told(path: &[u8], content: &[u8]) -> Vec<String> {
    let defects = lint(path, content).defects.into_iter();
    defects
        .map(|defect| {
            let field = defect
                .field
                .map_or(String::new(), |field| format!(" {field}"));
            let offset = defect.offset.map_or(String::new(), |at| format!("@{at}"));
            format!("{}{field}{offset}", defect.rule.code())
        })
        .collect()
}

#[test]
fn lint_says_of_every_sample_what_its_readme_says() {
    let Some(files) = outside() else { return };
    let mut junk = 0;
    for (path, content) in files {
        let name = String::from_utf8(path.clone()).unwrap();
        let told = told(&path, &content);
        let Some((_, expected)) = EXPECTED.iter().find(|(part, _)| name.contains(part)) else {
            // Both OMP-11 of 0000001 go on with bare names of segments after a good message.
            assert!(name.contains("0000001_20000401_OMP-11"), "{name}");
            assert_eq!(
                told[..4],
                [
                    "hl7-character-set MSH-18@103",
                    "hl7-patient-differs PID-3@193",
                    "hl7-care-date-differs RXA-3@658",
                    "hl7-segment-order TQ1@1073",
                ]
            );
            let drug = lint(&path, &content)
                .message
                .first("RXA")
                .field(5)
                .component(2)
                .text();
            assert!(!drug.is_empty(), "the medication is read all the same");
            junk += 1;
            continue;
        };
        assert_eq!(&told, expected, "{name}");
    }
    assert_eq!(junk, 2);
}

#[test]
fn lint_finds_the_one_field_too_many_of_the_composed_laboratory_result() {
    for (path, content) in composed() {
        let name = String::from_utf8(path.clone()).unwrap();
        let expected: &[&str] = if name.contains("_OML-11_") {
            // Its fourth OBX has the F of OBX-11 in OBX-12, as it was composed.
            &["hl7-required-field OBX-11@1244", "hl7-time OBX-12@1245"]
        } else if name.starts_with("1318814790") {
            &[]
        } else {
            &["path-no-patient"]
        };
        assert_eq!(told(&path, &content), expected, "{name}");
    }
}

/// Every field of a message as it reads, one line each.
fn read_out(content: &[u8]) -> String {
    let message = lint(b"", content).message;
    assert!(
        message.segments().next().is_none(),
        "only the standard storage is read by lint"
    );
    let message = hlincos_ssmix::defect::read(content).message;
    let mut text = String::new();
    for segment in hlincos_ssmix::outline::outline(&message) {
        for field in &segment.fields {
            text.push_str(&format!(
                "{}-{} {}: {}\n",
                segment.segment, field.number, field.ja, field.value
            ));
        }
        if let Some(dosage) = segment.dosage {
            text.push_str(&format!("  {}\n  {}\n", dosage.text.ja, dosage.text.en));
        }
    }
    text
}

#[test]
fn every_composed_message_reads_as_its_golden_file_says() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut read = 0;
    for (path, content) in composed() {
        let (Placed::Standard(name), _) = place(&path) else {
            continue;
        };
        let file = golden.join(format!("composed-{}.txt", name.kind));
        let text = read_out(&content);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, &text).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            text,
            "{}",
            file.display()
        );
        read += 1;
    }
    assert_eq!(read, 5);
}

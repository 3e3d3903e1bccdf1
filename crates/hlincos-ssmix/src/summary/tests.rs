use super::*;

/// A file of the patient, with a message in UTF-8 turned into ISO-2022-JP.
fn file(kind: &str, order: &str, time: &str, flag: u8, body: &str) -> (Vec<u8>, Vec<u8>) {
    let date = if matches!(kind, "ADT-00" | "ADT-61" | "PPR-01") {
        "-"
    } else {
        "20190901"
    };
    let path = format!(
        "1318814790/000/078/0000781125/{date}/{kind}/0000781125_{date}_{kind}_{order}_{time}_01_{flag}"
    );
    let text = format!("MSH|^~\\&|H|S|G|R|2019||x|1|P|2.5\rPID|1||0000781125^^^^PI\r{body}\r");
    (path.into_bytes(), crate::encode::encode(&text).unwrap())
}

const T1: &str = "20190901000000000";
const T2: &str = "20190902000000000";

#[test]
fn not_recorded_none_and_some_allergies_are_three_things() {
    let of = |body: &str| summarise(&[file("ADT-61", "1", T1, 1, body)]).allergies;
    assert_eq!(of(""), Allergies::NotRecorded);
    assert!(matches!(
        of("IAM|1|MA|0000^アレルギーなし^99XYZ"),
        Allergies::NoneRecorded(_)
    ));
    assert!(matches!(
        of("IAM|1|DA|1^薬剤アレルギーなし^99XYZ"),
        Allergies::Recorded(_)
    ));
    let both = of("IAM|1|MA|0^アレルギーなし^99\rIAM|2|DA|1^ペニシリン^99");
    assert!(matches!(both, Allergies::Recorded(list) if list.len() == 1));
    assert_eq!(of("IAM|1|DA|1^ペニシリン^99|||D"), Allergies::NotRecorded);
}

#[test]
fn the_fuller_record_of_an_allergy_wins_whichever_comes_first() {
    let al1 = file("ADT-00", "1", T1, 1, "AL1|1|DA|1^ペニシリン^99");
    let iam = file(
        "ADT-61",
        "1",
        T1,
        1,
        "IAM|1|DA|1^ペニシリン^99|SV^重度|アナフィラキシー",
    );
    for files in [[al1.clone(), iam.clone()], [iam, al1]] {
        let Allergies::Recorded(list) = summarise(&files).allergies else {
            panic!()
        };
        assert_eq!(
            (list.len(), list[0].reaction.as_str()),
            (1, "アナフィラキシー")
        );
    }
}

#[test]
fn past_versions_and_deletions_are_not_shown() {
    let rp = |drug: &str| format!("ORC|NW\rRXE||1^{drug}^HOT9|1\rTQ1|1\rRXR|PO");
    let drugs = |files: &[(Vec<u8>, Vec<u8>)]| {
        let summary = summarise(files);
        let drugs: Vec<_> = summary.prescriptions.into_iter().map(|p| p.drug).collect();
        (drugs, summary.warnings.len())
    };
    let old = file("OMP-01", "7", T1, 2, &rp("旧"));
    let new = file("OMP-01", "7", T2, 1, &rp("新"));
    assert_eq!(
        drugs(&[old.clone(), new.clone()]),
        (vec!["新".to_owned()], 0)
    );
    assert_eq!(
        drugs(std::slice::from_ref(&old)),
        (vec![], 1),
        "in the middle of an update"
    );
    let gone = file("OMP-01", "7", T2, 0, &rp("新"));
    assert_eq!(drugs(&[old, gone]), (vec![], 0), "deleted");
    let still = file("OMP-01", "7", T1, 1, &rp("旧"));
    let gone = file("OMP-01", "7", T2, 0, &rp("旧"));
    assert_eq!(
        drugs(&[still, gone]),
        (vec!["旧".to_owned()], 1),
        "current beside a newer deletion"
    );
    let twice = file("OMP-01", "7", T1, 1, &rp("旧"));
    assert_eq!(
        drugs(&[twice, new]),
        (vec!["新".to_owned()], 1),
        "two current versions"
    );
    let cancelled = file("OMP-01", "8", T1, 1, "ORC|CA\rRXE||1^x^HOT9|1");
    assert_eq!(drugs(&[cancelled]), (vec![], 0));
}

#[test]
fn values_of_one_test_come_newest_first() {
    let result = |order: &str, day: &str, value: &str| {
        let body = format!(
            "SPM|1\rOBR|1\rOBX|1|NM|3C015^Cre^JC10||{value}|mg/dL|0.4-0.8|H|||F|||{day}0930"
        );
        file("OML-11", order, T1, 1, &body)
    };
    let days = ["20190101", "20190301", "20190201", "20180101", "20170101"];
    let files: Vec<_> = days
        .iter()
        .enumerate()
        .map(|(at, day)| result(&format!("{at}"), day, &format!("{at}")))
        .collect();
    let summary = summarise(&files);
    assert_eq!(summary.laboratory.len(), 1);
    let values: Vec<_> = summary.laboratory[0]
        .values
        .iter()
        .map(|v| v.value.as_str())
        .collect();
    assert_eq!(values, ["1", "2", "0", "3"]);
    assert_eq!(summary.laboratory[0].values[0].time, "2019-03-01 09:30");
}

#[test]
fn a_record_of_another_patient_or_without_sense_is_shown_with_a_warning_or_not_at_all() {
    let (path, _) = file("ADT-61", "1", T1, 1, "");
    let other = b"MSH|^~\\&|\rPID|1||42\rIAM|1|DA|1^x^99".to_vec();
    assert_eq!(summarise(&[(path.clone(), other)]).warnings.len(), 1);
    let summary = summarise(&[(path, b"\xFB\xFC".to_vec())]);
    assert_eq!((summary.warnings.len(), summary.messages), (2, 0));
}

#[test]
fn an_explicit_null_is_no_date() {
    let summary = summarise(&[
        file(
            "PPR-01",
            "1",
            T1,
            1,
            r#"PRB|AD||1^喘息^M|||""|20180101||""|||||||""|喘息"#,
        ),
        file(
            "ADT-61",
            "1",
            T1,
            1,
            r#"IAM|1|DA|1^ペニシリン^99||||||||""|成人後"#,
        ),
        file(
            "OML-11",
            "1",
            T1,
            1,
            r#"SPM|1||||||||||||||||201909010945
OBX|1|NM|1^Cre^JC10||1|||||||||""
OBX|2|NM|2^K^JC10||"""#,
        ),
    ]);
    let asthma = &summary.problems[0];
    assert_eq!(asthma.status, ProblemStatus::Active);
    assert_eq!(
        (asthma.until.as_str(), asthma.since.as_str()),
        ("", "2018-01-01")
    );
    let Allergies::Recorded(list) = &summary.allergies else {
        panic!()
    };
    assert_eq!(list[0].since, "成人後");
    assert_eq!(summary.laboratory.len(), 1, "a null is no result");
    assert_eq!(summary.laboratory[0].values[0].time, "2019-09-01 09:45");
}

/// Many different tests and allergens: what looks each up among all before would take minutes.
#[test]
fn a_large_record_is_read_in_linear_time() {
    const MANY: usize = 100_000;
    let lines = |one: &dyn Fn(usize) -> String| (0..MANY).map(one).collect::<String>();
    let tests = lines(&|n| format!("OBX|1|NM|{n}^T{n}^JC10||1\r"));
    let allergens = lines(&|n| format!("IAM|1|DA|{n}^A{n}^99\r"));
    let summary = summarise(&[
        file("OML-11", "1", T1, 1, &tests),
        file("ADT-61", "1", T1, 1, &allergens),
    ]);
    assert_eq!(summary.laboratory.len(), MANY);
    assert!(matches!(summary.allergies, Allergies::Recorded(list) if list.len() == MANY));
}

#[test]
fn an_allergen_is_one_by_its_code_or_by_its_name() {
    let of = |body: &str| match summarise(&[file("ADT-61", "1", T1, 1, body)]).allergies {
        Allergies::Recorded(list) => list.len(),
        _ => 0,
    };
    assert_eq!(of("IAM|1|DA|1^a^99\rIAM|2|DA|1^b^99"), 1);
    assert_eq!(of("IAM|1|DA|1^a^99\rIAM|2|DA|2^a^99"), 1);
    assert_eq!(of("IAM|1|DA|1^a^99\rIAM|2|DA|1^b^98"), 2);
    assert_eq!(of("IAM|1|DA|^a\rIAM|2|DA|^b"), 2);
}

#[test]
fn a_message_that_was_read_only_in_part_is_told() {
    let of = |body: &str| summarise(&[file("OML-11", "1", T1, 1, body)]);
    let most = crate::hl7::SEGMENTS_MAX - 2;
    assert!(of(&"ZZ1\r".repeat(most - 1)).warnings.is_empty());
    let many = of(&"ZZ1\r".repeat(most + 1));
    let fields = of(&"|".repeat(crate::hl7::FIELDS_MAX));
    let long = of(&format!("ZZ1|{}", "x".repeat(MESSAGE_BYTES_MAX)));
    for summary in [many, fields, long] {
        assert_eq!((summary.messages, summary.warnings.len()), (1, 1));
        assert!(summary.warnings[0].text.en.contains("only in part"));
    }
}

proptest::proptest! {
    #[test]
    fn bodies_from_outside_never_panic(kind in 0_usize..8, body in "[A-Z0-9|^~&\\\\\\r\"土]{0,200}") {
        let kind = ["ADT-00", "ADT-61", "PPR-01", "OMP-01", "OMP-02", "OML-11", "ADT-12", "OMD"][kind];
        for segment in ["PID", "IAM", "AL1", "PRB", "RXE", "TQ1", "RXR", "RXC", "OBX", "SPM"] {
            let _ = summarise(&[file(kind, "1", T1, 1, &format!("ORC|NW\r{segment}|{body}"))]);
        }
    }
}

#[test]
fn patients_of_two_facilities_with_one_id_are_never_shown_as_one() {
    let (path, bytes) = file("ADT-61", "1", T1, 1, "IAM|1|DA|1^ペニシリン^99");
    let other = [b"9999999999", &path[10..]].concat();
    let summary = summarise(&[(path, bytes.clone()), (other, bytes)]);
    assert_eq!(summary.allergies, Allergies::NotRecorded);
    assert_eq!((summary.messages, summary.warnings.len()), (0, 1));
    assert!(summary.warnings[0].source.path.starts_with("9999999999"));
}

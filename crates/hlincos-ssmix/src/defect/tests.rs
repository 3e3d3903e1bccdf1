use super::*;

const PATH: &[u8] =
    b"000/078/0000781125/-/ADT-61/0000781125_-_ADT-61_999999999999999_20190901101531000_-_1";

fn codes(path: &[u8], content: &[u8]) -> Vec<&'static str> {
    let rules = inspect(path, content).into_iter();
    rules.map(Rule::code).collect()
}

/// The defects of an ADT-61 with these segments after MSH, as `code field@offset`.
fn told(msh: &str, body: &str) -> Vec<String> {
    let text = format!("{msh}\r{body}");
    let bytes = crate::encode::encode(&text).unwrap();
    let defects = lint(PATH, &bytes).defects.into_iter();
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

const MSH: &str = "MSH|^~\\&|H|S|G|R|20190901101531||ADT^A60^ADT_A60|1|P|2.5||||||~ISO IR87";
const BODY: &str = "EVN||20190901101531\rPID|1||0000781125^^^^PI||土佐^花子||19510311|F\r";

#[test]
fn a_good_message_has_no_defect() {
    assert!(told(MSH, BODY).is_empty(), "{:?}", told(MSH, BODY));
    let text = format!("{MSH}\r{BODY}");
    assert!(codes(PATH, &crate::encode::encode(&text).unwrap()).is_empty());
}

#[test]
fn every_trap_has_its_word() {
    let message =
        |msh9: &str, id: &str| format!("MSH|^~\\&|H|S|G|R|2019||{msh9}|1|P|2.5\rPID|1||{id}\r");
    let of = |msh9: &str, id: &str| codes(PATH, message(msh9, id).as_bytes());
    assert_eq!(of("ADT^A60", "42"), ["hl7-patient-differs"]);
    assert_eq!(of("ADT^A08", "0000781125"), ["hl7-message-type"]);
    assert_eq!(
        codes(PATH, b"\xFB\xFC"),
        ["text-not-iso-2022-jp", "hl7-no-message"]
    );
    assert_eq!(codes(b"stray", b"\xFB\xFC"), ["path-no-patient"]);
}

#[test]
fn a_defect_tells_the_byte_where_its_field_begins_behind_kanji_too() {
    let body = BODY.replace("19510311", "20191345");
    let bytes = crate::encode::encode(&format!("{MSH}\r{body}")).unwrap();
    let at = bytes
        .windows(8)
        .position(|eight| eight == b"20191345")
        .unwrap();
    assert_eq!(told(MSH, &body), [format!("hl7-time PID-7@{at}")]);
}

#[test]
fn every_rule_of_content_is_told_where_it_is_broken() {
    let at = |text: &str| format!("{MSH}\r{text}").len();
    let ascii = BODY.replace("土佐^花子", "A^B");
    let no_sex = ascii.replace("|F\r", "\r");
    assert_eq!(
        told(MSH, &no_sex),
        [format!("hl7-required-field PID-8@{}", at(&no_sex) - 1)]
    );
    let order = format!("{ascii}IAM|1||1^x^y|||A\rPV1||O\r");
    let wrong = at(&format!("{ascii}IAM|1||1^x^y|||A\r"));
    assert_eq!(
        told(MSH, &order),
        [format!("hl7-segment-order PV1@{wrong}")]
    );
    assert_eq!(
        told(MSH, "EVN||2019\r"),
        [
            "hl7-patient-differs PID-3@0".to_owned(),
            format!("hl7-incomplete@{}", at("EVN||2019\r")),
        ]
    );
    let named = format!("{ascii}Iam|1\r");
    assert!(told(MSH, &named).contains(&format!("hl7-segment-name Iam@{}", at(&ascii))));
    let charset = MSH.replace("ISO IR87", "ISOIR87");
    assert_eq!(
        told(&charset, &ascii),
        [format!(
            "hl7-character-set MSH-18@{}",
            charset.find("~ISO").unwrap()
        )]
    );
    let version = MSH.replace("|2.5|", "|2.4|");
    assert_eq!(
        told(&version, &ascii),
        [format!(
            "hl7-version MSH-12@{}",
            version.find("2.4").unwrap()
        )]
    );
    assert_eq!(
        told(MSH, ascii.trim_end()),
        [format!("hl7-no-last-end@{}", at(&ascii) - 1)]
    );
    assert_eq!(
        told(MSH, &ascii.replacen('\r', "\n", 1)),
        [format!("hl7-line-feed@{}", at("EVN||20190901101531"))]
    );
    let same = MSH.replacen("^~\\&", "^^\\&", 1);
    assert!(told(&same, &ascii).contains(&"hl7-separators MSH-1@3".to_owned()));
}

#[test]
fn deviations_that_are_read_without_loss_are_notes() {
    let rules = |from: &[u8], to: &[u8]| -> Vec<&'static str> {
        let text = format!("{MSH}||ISO 2022-1994\r{BODY}PV1|1|O\rOBX|1|NM|x||1\r");
        let mut bytes = crate::encode::encode(&text).unwrap();
        let at = memchr::memmem::find(&bytes, from).unwrap();
        bytes.splice(at..at + from.len(), to.iter().copied());
        let notes = lint(PATH, &bytes)
            .defects
            .into_iter()
            .map(|defect| defect.rule);
        { notes }
            .filter(|rule| rule.severity() == crate::rule::Severity::Note)
            .map(Rule::code)
            .collect()
    };
    assert!(rules(b"", b"").is_empty());
    for (from, to, rule) in [
        (&b"\x1B(B"[..], &b"\x1B(J"[..], "text-other-set"),
        (b"^^^^PI", b"\x1B(I\x54\x4F\x1B(B", "text-other-set"),
        (b"^^^^PI", b"\x1B$(D\x30\x21\x1B(B", "text-other-set"),
        (b"\x1B(B", b"\x1B(B\x1B$B\x1B(B", "text-escape-twice"),
        (b"ISO 2022", b"ISO2022", "hl7-character-handling"),
        (
            b"|20190901101531|",
            b"|20190901101531000|",
            "hl7-time-run-on",
        ),
        (b"PV1|1|O", b"PV1|1|0", "hl7-patient-class"),
        (b"|NM|", b"|SN|", "hl7-value-type"),
        (b"^^^^PI", b"\x1B$B\x2D\x21\x1B(B", "text-vendor-character"),
        (b"||195", b"^^^^L^I||195", "hl7-name-components"),
    ] {
        assert_eq!(rules(from, to), [rule]);
    }
}

#[test]
fn a_backup_does_not_list_notes_of_names() {
    let short = String::from_utf8_lossy(PATH).replace("999999999999999", "1");
    let good = crate::encode::encode(&format!("{MSH}\r{BODY}")).unwrap();
    assert!(codes(short.as_bytes(), &good).is_empty());
    let told = lint(short.as_bytes(), &good).defects;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].rule.code(), "path-order-number");
}

#[test]
fn every_vendor_character_is_told_at_its_pair_and_those_of_the_standard_are_not() {
    let text = b"MSH|^~\\&|\x1B$B\x30\x21\x2D\x21\x74\x26\x7C\x21\x1B(B\r";
    let told: Vec<_> = read(text)
        .defects
        .into_iter()
        .filter(|defect| defect.rule == Rule::VendorCharacter)
        .filter_map(|defect| defect.offset)
        .collect();
    assert_eq!(told, [14, 18]);
}

#[test]
fn mllps_end_byte_is_a_note_and_no_segment() {
    let mut bytes = crate::encode::encode(&format!("{MSH}\r{BODY}")).unwrap();
    bytes.push(0x1C);
    let reading = lint(PATH, &bytes);
    assert_eq!(reading.message.segments().len(), 3);
    let rules: Vec<_> = reading.defects.iter().map(|defect| defect.rule).collect();
    assert_eq!(rules, [Rule::EndByte]);
    assert_eq!(reading.defects[0].offset, Some(bytes.len() - 1));
    assert_eq!(Rule::EndByte.severity(), crate::rule::Severity::Note);
}

#[test]
fn the_care_date_is_that_of_its_field() {
    let path = |date: &str| {
        format!(
            "000/078/0000781125/{date}/OMP-11/0000781125_{date}_OMP-11_000000000000001_20190901101531000_01_1"
        )
    };
    let message = "MSH|^~\\&|||||20190901||RAS^O17|1|P|2.5||||||~ISO IR87\rPID|||0000781125||a||1951|F\rORC|OK|1||1\rRXA|0|1|20190902|20190902|1^x^y|1\rRXR|PO\r";
    let rules = |date: &str| -> Vec<_> {
        let reading = lint(path(date).as_bytes(), message.as_bytes());
        reading
            .defects
            .iter()
            .map(|d| (d.rule, d.field.unwrap().to_string()))
            .collect()
    };
    assert_eq!(rules("20190902"), []);
    assert_eq!(
        rules("20190901"),
        [(Rule::CareDateDiffers, "RXA-3".to_owned())]
    );
    let undated = message.replace("RXA|0|1|20190902|", "RXA|0|1||");
    let missing = lint(path("20190901").as_bytes(), undated.as_bytes()).defects;
    let at = undated.find("RXA|0|1|").map(|at| at + 8);
    let told = missing.iter().find(|d| d.rule == Rule::CareDateMissing);
    assert_eq!(told.unwrap().offset, at);
}

#[test]
fn bytes_that_are_no_message_are_read_all_the_same() {
    let reading = read(b"\xFB\xFC");
    assert!(
        reading
            .defects
            .iter()
            .any(|defect| defect.rule == Rule::NotHl7)
    );
    let reading = read(b"PID|1||42\rPV1||O");
    assert_eq!(reading.message.first("PID").field(3).raw(), "42");
    assert_eq!(reading.defects[0].rule, Rule::NotHl7);
    assert!(read(b"").message.segments().next().is_none());
}

#[test]
fn a_million_segments_and_a_hundred_megabytes_end_in_a_defect() {
    let many = format!("MSH|^~\\&|\r{}", "ZZZ\r".repeat(1_000_000)).into_bytes();
    let reading = read(&many);
    assert_eq!(reading.message.segments().len(), crate::hl7::SEGMENTS_MAX);
    let too_many = reading
        .defects
        .iter()
        .find(|defect| defect.rule == Rule::TooMany);
    assert!(too_many.is_some_and(|defect| defect.offset.is_some_and(|at| at < many.len())));
    let mut long = b"MSH|^~\\&|".to_vec();
    long.resize(100 << 20, b'x');
    let reading = read(&long);
    assert!(
        reading
            .defects
            .iter()
            .any(|d| d.rule == Rule::TooLong && d.offset == Some(MESSAGE_BYTES_MAX))
    );
    let fields = [b"MSH|^~\\&|".to_vec(), vec![b'|'; 10 << 20]].concat();
    let reading = read(&fields);
    assert_eq!(reading.message.segments().len(), 1);
    // The first separator stands at byte 3, the second at 8, all others behind it.
    let ends = 7 + crate::hl7::FIELDS_MAX;
    let told = reading.defects.iter().filter(|d| d.rule == Rule::TooMany);
    assert_eq!(told.map(|d| d.offset).collect::<Vec<_>>(), [Some(ends)]);
    let garbage = vec![0xFF; 10 << 20];
    assert!(read(&garbage).defects.len() <= DEFECTS_MAX);
}

proptest::proptest! {
    #[test]
    fn bytes_from_outside_never_panic(bytes in proptest::collection::vec(
        proptest::prop_oneof![proptest::num::u8::ANY, proptest::sample::select(&b"\x1B$B(IMSHPID|^~\\&\r\n\x1C"[..])], 0..120)
    ) {
        let all = [&b"MSH|^~\\&|a|b\r"[..], &bytes].concat();
        for bytes in [&bytes, &all] {
            let reading = lint(PATH, bytes);
            proptest::prop_assert!(reading.defects.iter().all(|d| d.offset.is_none_or(|at| at <= bytes.len())));
            let offsets: Vec<_> = reading.defects.iter().map(|defect| defect.offset).collect();
            proptest::prop_assert!(offsets.is_sorted());
        }
    }
}

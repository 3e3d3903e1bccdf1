#![expect(
    clippy::little_endian_bytes,
    reason = "DICOM's usual transfer syntaxes are little endian"
)]

use super::*;

const CDA: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><code code="18842-5" displayName="退院時サマリー"/><title>退院時要約</title>
<effectiveTime value="20190910"/><recordTarget><patientRole><id extension="0000781125" root="1.2"/><patient><name><family>土佐</family> <given>花子</given></name></patient></patientRole></recordTarget>
<component><structuredBody><component><section><title>経過</title><text>心房細動の  加療。<br/>軽快し退院。</text></section></component></structuredBody></component></ClinicalDocument>"#;

fn rules(bytes: &[u8]) -> Vec<DocumentRule> {
    read(bytes)
        .defects
        .iter()
        .map(|defect| defect.rule)
        .collect()
}

#[test]
fn a_clinical_document_tells_its_title_date_patient_and_text() {
    for bytes in [
        CDA.as_bytes().to_vec(),
        encoding_rs::SHIFT_JIS
            .encode(&CDA.replace("UTF-8", "Shift_JIS"))
            .0
            .into_owned(),
    ] {
        let document = read(&bytes);
        assert_eq!(document.kind, DocumentKind::Cda);
        assert_eq!(
            (
                document.title.as_str(),
                document.code.as_str(),
                document.date.as_str()
            ),
            ("退院時要約", "18842-5", "20190910")
        );
        assert_eq!(
            (document.patient.as_str(), document.patient_name.as_str()),
            ("0000781125", "土佐 花子")
        );
        assert_eq!(document.preview, "経過 心房細動の 加療。 軽快し退院。");
        assert!(document.defects.is_empty());
    }
}

#[test]
fn xml_bombs_are_not_expanded() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><ClinicalDocument><title>&b;</title></ClinicalDocument>";
    assert_eq!(rules(laughs.as_bytes()), [DocumentRule::XmlDeclaration]);
    let deep = "<a>".repeat(1_000_000);
    assert_eq!(rules(deep.as_bytes()), [DocumentRule::XmlTooMuch]);
    let wide = format!("<a>{}</a>", "<b/>".repeat(1_000_000));
    assert_eq!(rules(wide.as_bytes()), [DocumentRule::XmlTooMuch]);
    let attributes: String = (0..500_000).map(|n| format!(" a{n}='>'")).collect();
    assert_eq!(
        rules(format!("<a{attributes}/>").as_bytes()),
        [DocumentRule::XmlTooMuch]
    );
    let spaces: String = (0..100_000)
        .map(|n| format!("<b xmlns:a{n}='u{n}'/>"))
        .collect();
    assert_eq!(
        rules(format!("<a>{spaces}</a>").as_bytes()),
        [DocumentRule::XmlTooMuch]
    );
    let long = format!("<a>{}</a>", "x".repeat(XML_BYTES_MAX));
    assert_eq!(rules(long.as_bytes()), [DocumentRule::XmlTooMuch]);
}

#[test]
fn broken_xml_is_told_with_its_place() {
    let document = read("<a>\n<b></a>".as_bytes());
    assert_eq!(
        document.defects,
        [DocumentDefect {
            rule: DocumentRule::XmlForm,
            offset: 7
        }]
    );
    assert_eq!(
        rules(b"<?xml version='1.0' encoding='UTF-8'?><a>\xFB</a>"),
        [DocumentRule::XmlEncoding]
    );
    for text in ["<", "<!--", "<![CDATA[", "<?x", "<a b=\"", "</a>"] {
        assert!(!rules(text.as_bytes()).is_empty(), "{text}");
    }
}

fn element(tag: (u16, u16), vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend_from_slice(vr);
    let len = u16::try_from(value.len()).unwrap();
    if matches!(vr, b"SQ" | b"OB" | b"OW" | b"UN") {
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&u32::from(len).to_le_bytes());
    } else {
        bytes.extend_from_slice(&len.to_le_bytes());
    }
    bytes.extend_from_slice(value);
    bytes
}

fn file(body: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend_from_slice(b"DICM");
    bytes.extend(element((2, 0x10), b"UI", b"1.2.840.10008.1.2.1\0"));
    bytes.extend(body.concat());
    bytes
}

fn study() -> Vec<Vec<u8>> {
    vec![
        element((8, 5), b"CS", b"\\ISO 2022 IR 87 "),
        element((8, 0x20), b"DA", b"20190901"),
        element((8, 0x60), b"CS", b"CT"),
        element((8, 0x1030), b"LO", b"CHEST "),
        element(
            (0x10, 0x10),
            b"PN",
            b"Tosa^Hanako=\x1B$BEZ:4\x1B(B^\x1B$B2V;R\x1B(B ",
        ),
        element((0x10, 0x20), b"LO", b"0000781125"),
    ]
}

#[test]
fn a_dicom_header_tells_modality_date_and_patient_in_japanese() {
    let document = read(&file(&study()));
    assert_eq!(
        (
            document.kind,
            document.code.as_str(),
            document.date.as_str()
        ),
        (DocumentKind::Dicom, "CT", "20190901")
    );
    assert_eq!(
        (document.title.as_str(), document.patient.as_str()),
        ("CHEST", "0000781125")
    );
    assert!(
        document.patient_name.contains("土佐^花子"),
        "{}",
        document.patient_name
    );
    assert!(document.defects.is_empty());
}

#[test]
fn broken_lengths_of_dicom_end_in_a_defect_and_what_came_before_is_read() {
    let mut body = study();
    let mut long = element((0x18, 0x15), b"UN", b"");
    let at = long.len() - 4;
    long[at..].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
    body.push(long);
    let whole = file(&body);
    let document = read(&whole);
    assert_eq!(
        document.defects,
        [DocumentDefect {
            rule: DocumentRule::DicomLength,
            offset: whole.len() - 12
        }]
    );
    assert_eq!(document.patient, "0000781125");
    let undefined: Vec<u8> = element((0x18, 0x15), b"SQ", b"")
        .into_iter()
        .rev()
        .skip(4)
        .rev()
        .chain([0xFF; 4])
        .collect();
    let deep = vec![undefined; 40];
    assert!(
        read(&file(&deep))
            .defects
            .iter()
            .any(|defect| defect.rule == DocumentRule::DicomNesting)
    );
    for cut in 0..whole.len() {
        let _ = read(&whole[..cut]);
    }
}

#[test]
fn sequences_are_stepped_over() {
    let inner = element((0x10, 0x20), b"LO", b"OTHER ");
    let mut item = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF].to_vec();
    item.extend(inner);
    item.extend([0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0]);
    let mut sequence = [8, 0, 0x40, 0x11].to_vec();
    sequence.extend(b"SQ\0\0\xFF\xFF\xFF\xFF");
    sequence.extend(item);
    sequence.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    let mut body = study();
    body.insert(4, sequence);
    let document = read(&file(&body));
    assert!(document.defects.is_empty(), "{:?}", document.defects);
    assert_eq!(document.patient, "0000781125");
}

#[test]
fn other_files_are_recognised_and_passed_through() {
    for (bytes, kind) in [
        (&b"%PDF-1.7"[..], DocumentKind::Pdf),
        (b"\xFF\xD8\xFF\xE0", DocumentKind::Jpeg),
        (b"\x89PNG\r\n", DocumentKind::Png),
        (b"hello", DocumentKind::Other),
        (b"", DocumentKind::Other),
    ] {
        let document = read(bytes);
        assert_eq!((document.kind, document.defects.len()), (kind, 0));
    }
    let message = read(b"MSH|^~\\&|||||20190901\rPID|||42||A^B\rOBR|1|||VS^Vitals^99ZL01|||201909010945\rOBX|1|NM|T^Temp^L||36.5|Cel\r");
    assert_eq!(
        (
            message.title.as_str(),
            message.date.as_str(),
            message.preview.as_str()
        ),
        ("Vitals", "201909010945", "Temp 36.5 Cel")
    );
}

proptest::proptest! {
    #[test]
    fn bytes_from_outside_never_panic(start in 0_usize..4, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), at in 0_usize..300, byte: u8) {
        let whole = match start {
            0 => bytes,
            1 => [b"<a".to_vec(), bytes].concat(),
            2 => [file(&study()), bytes].concat(),
            _ => CDA.as_bytes().to_vec(),
        };
        let _ = read(&whole);
        let mut flipped = whole;
        if let Some(to) = flipped.get_mut(at) {
            *to = byte;
        }
        let _ = read(&flipped);
    }
}

#[test]
fn a_dicom_file_cut_behind_its_mark_is_told() {
    let bytes = [vec![0; 128], b"DICM".to_vec()].concat();
    let defects = read(&bytes).defects;
    assert_eq!(defects.len(), 1);
    assert_eq!(
        (defects[0].rule, defects[0].offset),
        (DocumentRule::DicomSyntax, 132)
    );
}

#[test]
fn a_false_length_of_group_2_is_told_where_it_stands_and_the_rest_is_read() {
    let with_length = |length: u32| {
        let body = file(&study());
        let told = element((2, 0), b"UL", &length.to_le_bytes());
        [&body[..132], &told, &body[132..]].concat()
    };
    // The transfer syntax is all that the group holds.
    assert!(read(&with_length(28)).defects.is_empty());
    for length in [0, 27, 29, u32::MAX] {
        let document = read(&with_length(length));
        let rule = DocumentRule::DicomGroupLength;
        assert_eq!(document.defects, [DocumentDefect { rule, offset: 132 }]);
        assert_eq!(document.patient, "0000781125");
    }
}

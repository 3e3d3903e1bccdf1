use proptest::prelude::*;

use super::{Header, Message, Replacement, Segment, SegmentName, WarningKind, Written, fold, name};
use crate::characters::decode;
use crate::hl7;

fn folded(text: &str) -> String {
    let folded = fold(text, Replacement::Geta);
    assert_eq!(folded.lost, [], "{text}");
    folded.text
}

fn one_field(text: &str) -> Written {
    let mut message = Message::begin(&Header::default());
    message.segment(name("NTE")).text(3, text);
    message.finish()
}

#[test]
fn characters_that_unicode_has_twice_become_those_that_readers_give_back() {
    assert_eq!(folded("３\u{301C}５\u{2212}１¥"), "３～５－１￥");
    assert_eq!(folded("\u{B5}g\u{A0}\u{C5}"), "\u{3BC}g \u{212B}");
}

#[test]
fn half_width_kana_are_joined_with_their_marks() {
    assert_eq!(folded("ﾄｻ ﾊﾅｺ｡ｰ"), "トサ ハナコ。ー");
    assert_eq!(folded("ﾊﾞﾊﾟｶﾞｳﾞﾜﾞﾞ"), "バパガヴワ゛゛");
    assert_eq!(folded("か\u{3099}ハ\u{309A}"), "がパ");
    assert_eq!(folded("ﾟ"), "゜");
}

#[test]
fn vendor_characters_follow_the_table() {
    assert_eq!(folded("①⑳㉑㊿"), "(1)(20)(21)(50)");
    assert_eq!(folded("Ⅳ期 ５㎎ ㈱ №１ ㍻"), "IV期 ５mg (株) No.１ 平成");
}

#[test]
fn what_has_no_substitute_is_marked_and_told() {
    let geta = fold("髙橋\u{1B}😀\0", Replacement::Geta);
    assert_eq!(geta.text, "〓橋〓〓〓");
    use WarningKind::{Control, Unmappable};
    assert_eq!(geta.lost, [Unmappable, Control, Unmappable, Control]);
    assert_eq!(fold("髙", Replacement::Square).text, "■");
}

#[test]
fn a_text_of_two_quotes_is_no_null() {
    let written = one_field("\"\"");
    assert_eq!(written.warnings[0].kind, WarningKind::LooksLikeNull);
    assert_eq!(
        (written.warnings[0].segment, written.warnings[0].field),
        (1, 3)
    );
    let text = decode(&written.bytes).text;
    let message = hl7::Message::parse(&text).unwrap();
    let field = message.first("NTE").field(3);
    assert_eq!((field.is_null(), field.text().as_str()), (false, "””"));
}

#[test]
fn delimiters_in_a_text_stay_text() {
    let written = one_field("a|b^c&d~e\\F\\\r\nPID|1||evil");
    assert_eq!(
        String::from_utf8(written.bytes)
            .unwrap()
            .split('\r')
            .nth(1)
            .unwrap(),
        "NTE|||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\F\\E\\\\.br\\PID\\F\\1\\F\\\\F\\evil"
    );
}

#[test]
fn the_header_says_what_the_bytes_are() {
    let written = one_field("x");
    let text = decode(&written.bytes).text;
    let message = hl7::Message::parse(&text).unwrap();
    let msh = message.first("MSH");
    assert_eq!((msh.field(2).raw(), msh.field(12).raw()), ("^~\\&", "2.5"));
    assert_eq!(
        (msh.field(18).raw(), msh.field(20).raw()),
        ("~ISO IR87", "ISO 2022-1994")
    );
}

#[test]
fn names_of_segments_are_names() {
    assert_eq!(
        SegmentName::parse("ZE1").map(|name| name.as_str().to_owned()),
        Some("ZE1".into())
    );
    for bad in ["MSH", "", "PI", "PIDX", "pid", "1ID", "P|D", "P\rD", "あ"] {
        assert_eq!(SegmentName::parse(bad), None, "{bad:?}");
    }
}

#[test]
#[should_panic(expected = "ascending")]
fn a_field_written_twice_is_a_mistake_of_the_program() {
    let mut message = Message::begin(&Header::default());
    message.segment(name("PID")).text(3, "a").text(3, "b");
}

#[test]
#[should_panic(expected = "ascending")]
fn a_field_beyond_all_is_a_mistake_of_the_program() {
    let mut message = Message::begin(&Header::default());
    message
        .segment(name("PID"))
        .text(Segment::FIELDS_MAX + 1, "a");
}

/// Any text, dense in what could break a message.
fn text() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        proptest::sample::select(
            "|^~\\&\"\r\n\t\u{1B}\u{1C}\u{0B}$B(土佐ｶﾞﾊﾟ①㎎髙〜−¥😀\u{FEFF}\u{3099}FSTRE."
                .chars()
                .collect::<Vec<_>>()
        ),
        any::<char>(),
    ];
    proptest::collection::vec(nasty, 0..12).prop_map(|letters| letters.into_iter().collect())
}

/// Fields of repetitions of components of subcomponents.
type Tree = Vec<Vec<Vec<Vec<String>>>>;

fn tree() -> impl Strategy<Value = Vec<Tree>> {
    use proptest::collection::vec;
    vec(vec(vec(vec(vec(text(), 1..3), 1..4), 1..3), 0..5), 0..4)
}

fn write(segments: &[Tree]) -> Written {
    let mut message = Message::begin(&Header::default());
    for fields in segments {
        let mut segment = message.segment(name("ZZZ"));
        for (index, repetitions) in fields.iter().enumerate() {
            let parts: Vec<Vec<Vec<&str>>> = repetitions
                .iter()
                .map(|components| {
                    let parts = components.iter();
                    parts
                        .map(|parts| parts.iter().map(String::as_str).collect())
                        .collect()
                })
                .collect();
            let parts: Vec<Vec<&[&str]>> = parts
                .iter()
                .map(|components| components.iter().map(Vec::as_slice).collect())
                .collect();
            let parts: Vec<&[&[&str]]> = parts.iter().map(Vec::as_slice).collect();
            segment = segment.subcomponents(index + 1, &parts);
        }
    }
    message.finish()
}

proptest! {
    #[test]
    fn whatever_goes_in_the_reader_gives_back_the_folded_text_in_its_place(segments in tree()) {
        let written = write(&segments);
        let decoded = decode(&written.bytes);
        prop_assert!(decoded.defects.is_empty());
        let message = hl7::Message::parse(&decoded.text).unwrap();
        prop_assert_eq!(message.segments().len(), segments.len() + 1);
        for (fields, segment) in segments.iter().zip(message.segments().skip(1)) {
            prop_assert!(segment.field(fields.len() + 1).is_empty());
            for (index, repetitions) in fields.iter().enumerate() {
                let field = segment.field(index + 1);
                let raw: Vec<&str> = field.raw().split('~').collect();
                prop_assert_eq!(raw.len(), repetitions.len());
                // The reader leaves out repetitions that are empty.
                let full = repetitions.iter().zip(&raw).filter(|(_, raw)| !raw.is_empty());
                for ((components, _), read) in full.zip(field.repetitions()) {
                    prop_assert_eq!(read.raw().split('^').count(), components.len());
                    for (at, parts) in components.iter().enumerate() {
                        let component = read.component(at + 1);
                        prop_assert_eq!(component.raw().split('&').count(), parts.len());
                        for (place, text) in parts.iter().enumerate() {
                            let expected = fold(text, Replacement::Geta).text;
                            prop_assert_eq!(component.subcomponent(place + 1).text(), expected);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_are_ascii_cr_and_the_two_escapes_balanced(segments in tree()) {
        let bytes = write(&segments).bytes;
        prop_assert_eq!(bytes.last(), Some(&b'\r'));
        let mut rest = &bytes[..];
        let mut wide = false;
        while let Some((&byte, later)) = rest.split_first() {
            if let Some(later) = rest.strip_prefix(b"\x1B$B") {
                prop_assert!(!wide);
                (wide, rest) = (true, later);
            } else if let Some(later) = rest.strip_prefix(b"\x1B(B") {
                prop_assert!(wide);
                (wide, rest) = (false, later);
            } else {
                let legal = matches!(byte, b' '..=b'~') || (byte == b'\r' && !wide);
                prop_assert!(legal, "{byte:#x}");
                rest = later;
            }
        }
        prop_assert!(!wide);
    }

    #[test]
    fn folding_twice_changes_nothing_more(text in text()) {
        let once = fold(&text, Replacement::Geta);
        let twice = fold(&once.text, Replacement::Geta);
        prop_assert_eq!(&twice.text, &once.text);
        prop_assert!(twice.lost.is_empty());
    }
}

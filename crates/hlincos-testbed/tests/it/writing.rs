//! The generator composes its messages by itself; the strict writer would write the same bytes.

use hlincos_ssmix::characters::decode;
use hlincos_ssmix::hl7::{Message, Segment, Value};
use hlincos_ssmix::write::{Header, Message as Written, SegmentName};
use hlincos_testbed::{Profile, Shape};

use crate::store::Store;

/// Writes a message again, value by value.
fn rewritten(message: &Message<'_>) -> Vec<u8> {
    let msh = message.first("MSH");
    let text = |number: usize| msh.field(number).raw();
    let parts = |number: usize, of: usize| msh.field(number).component(of).raw();
    let mut written = Written::begin(&Header {
        route: [3, 4, 5, 6].map(text),
        sent: text(7),
        kind: [1, 2, 3].map(|of| parts(9, of)),
        control: text(10),
        profile: [1, 2, 3, 4].map(|of| parts(21, of)),
        ..Header::default()
    });
    for segment in message.segments().skip(1) {
        write_segment(segment, &mut written);
    }
    let written = written.finish();
    assert!(written.warnings.is_empty(), "{:?}", written.warnings);
    written.bytes
}

fn write_segment(segment: Segment<'_>, written: &mut Written) {
    let name = SegmentName::parse(segment.name()).unwrap();
    let mut to = written.segment(name);
    for number in 1..=segment.field_count() {
        let field = segment.field(number);
        if field.is_null() {
            to = to.null(number);
        } else if !field.is_empty() {
            to = write_field(field, number, to);
        }
    }
}

fn write_field<'w>(
    field: Value<'_>,
    number: usize,
    to: hlincos_ssmix::write::Segment<'w>,
) -> hlincos_ssmix::write::Segment<'w> {
    let texts = |component: Value<'_>| -> Vec<String> {
        component.subcomponents().map(|part| part.text()).collect()
    };
    let components = |repetition: Value<'_>| -> Vec<Vec<String>> {
        repetition.components().map(texts).collect()
    };
    let tree: Vec<Vec<Vec<String>>> = field.every_repetition().map(components).collect();
    let tree: Vec<Vec<Vec<&str>>> = tree
        .iter()
        .map(|parts| {
            { parts.iter() }
                .map(|p| p.iter().map(String::as_str).collect())
                .collect()
        })
        .collect();
    let tree: Vec<Vec<&[&str]>> = tree
        .iter()
        .map(|parts| parts.iter().map(Vec::as_slice).collect())
        .collect();
    let tree: Vec<&[&[&str]]> = tree.iter().map(Vec::as_slice).collect();
    to.subcomponents(number, &tree)
}

#[test]
fn the_strict_writer_writes_every_generated_message_to_the_same_bytes() {
    let store = Store::of(&Profile {
        patients: 20,
        ..Profile::of(Shape::Full)
    });
    let mut messages = 0;
    for file in store.messages() {
        let message = Message::of(decode(&file.bytes).text);
        assert_eq!(rewritten(&message), file.bytes, "{}", file.path);
        messages += 1;
    }
    assert!(messages > 2_000, "{messages}");
}

//! Conditional fields: those whose condition the message itself tells.
//!
//! The field table only says "conditional"; the conditions are those of HL7 v2.5 (chapters 4 and
//! 7), as far as the guideline's samples follow them. `spec/ssmix-message.md`, section 4, lists
//! the conditional fields that are not checked, and why.

use std::collections::HashSet;

use crate::hl7::{Message, Segment};
use crate::kinds::Kind;
use crate::rule::Rule;

use super::Findings;

/// Kinds whose OBX may or must have a value, by its status.
const WITH_VALUES: [&str; 6] = ["OML-01", "OML-11", "OMP-02", "OMP-12", "OMG-03", "OMG-13"];
/// Kinds that tell how several TQ1 of one order follow each other.
const WITH_CONJUNCTION: [&str; 6] = ["OMD", "OMP-01", "OMP-11", "OML-01", "OMG-01", "OMG-11"];
/// Kinds with parent and child orders.
const WITH_CHILDREN: [&str; 6] = ["OMG-01", "OMG-11", "OMG-02", "OMG-12", "OMG-03", "OMG-13"];
/// Results that say when they were observed.
const RESULTS: [&str; 2] = ["OML-11", "OMG-13"];
/// OBX-11 of a test that has no value (yet): deleted, in work, not asked for, ordered, impossible.
const WITHOUT_VALUE: [&str; 5] = ["D", "I", "N", "O", "X"];

/// What a segment's conditions ask of those around it.
#[derive(Default)]
struct Around<'m> {
    /// The last ORC is that of a child order.
    child: bool,
    /// OBX-3 of the results since the last OBR that have no OBX-4.
    tests: HashSet<&'m str>,
}

pub(super) fn check(message: &Message<'_>, kind: &Kind, found: &mut Findings) {
    let mut around = Around::default();
    let mut segments = message.segments().peekable();
    while let Some(segment) = segments.next() {
        let next = segments.peek().map_or("", |next| next.name());
        for number in missing(segment, next, kind.code, &mut around) {
            found.at_field(Rule::Conditional, segment, number);
        }
    }
}

/// The fields that a segment should fill here and does not.
fn missing<'m>(
    segment: Segment<'m>,
    next: &str,
    kind: &str,
    around: &mut Around<'m>,
) -> Vec<usize> {
    let lacks = |number: usize| segment.field(number).is_empty();
    let of = |kinds: &[&str]| kinds.contains(&kind);
    let asked: &[(usize, bool)] = match segment.name() {
        "ORC" => {
            around.child = of(&WITH_CHILDREN) && segment.field(1).raw() == "CH";
            &[(8, around.child)]
        }
        "OBR" => {
            around.tests.clear();
            let result = of(&RESULTS);
            &[(7, result), (25, kind == "OMG-13"), (29, around.child)]
        }
        "TQ1" => &[(12, of(&WITH_CONJUNCTION) && next == "TQ1")],
        "OBX" => {
            let status = segment.field(11).raw();
            let told = !status.is_empty() && !WITHOUT_VALUE.contains(&status);
            // The same test twice: the sub-ID tells one from the other.
            let test = segment.field(3).raw();
            let again = kind == "OMG-13" && lacks(4) && !around.tests.insert(test);
            &[
                (2, of(&WITH_VALUES) && !lacks(5)),
                (4, again),
                (5, of(&WITH_VALUES) && told),
            ]
        }
        _ => &[],
    };
    let fields = asked
        .iter()
        .filter(|(number, is_asked)| *is_asked && lacks(*number));
    fields.map(|(number, _)| *number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, body: &str) -> Vec<String> {
        let message = Message::of(format!("MSH|^~\\&|\r{body}").into());
        let mut found = Findings::default();
        check(&message, Kind::of(kind).unwrap(), &mut found);
        let fields = found.0.iter().filter_map(|found| found.field);
        fields.map(|field| field.to_string()).collect()
    }

    #[test]
    fn a_value_has_a_type_and_a_reported_result_a_value() {
        let obx = |fields: &str| told("OML-11", &format!("OBX|1|{fields}"));
        assert_eq!(obx("NM|x||1||||||F"), [""; 0]);
        assert_eq!(obx("|x||1||||||F"), ["OBX-2"]);
        assert_eq!(obx("NM|x||||||||F"), ["OBX-5"]);
        assert_eq!(
            obx("|x||||||||O"),
            [""; 0],
            "as the guideline's order has it"
        );
        assert_eq!(obx("NM|x||\"\"||||||F"), [""; 0], "null is told");
        assert_eq!(told("OMG-11", "OBX|1||x||1||||||F"), [""; 0]);
    }

    #[test]
    fn a_child_names_its_parent_in_order_and_request() {
        let parent = "|".repeat(29);
        let body = format!("ORC|PA|1\rOBR|1\rORC|CH|2\rOBR|1\rORC|CH|3||||||1\rOBR{parent}1\r");
        assert_eq!(told("OMG-01", &body), ["ORC-8", "OBR-29"]);
        assert_eq!(told("OML-01", &body), [""; 0]);
    }

    #[test]
    fn a_result_says_when_and_how_final_it_is() {
        assert_eq!(told("OML-11", "OBR|1|2"), ["OBR-7"]);
        assert_eq!(told("OMG-13", "OBR|1|2|||||20190901"), ["OBR-25"]);
        assert_eq!(told("OML-01", "OBR|1|2"), [""; 0]);
    }

    #[test]
    fn a_timing_before_another_one_says_how_they_follow() {
        let twice = "TQ1|1\rTQ1|2\rRXR|PO\r";
        assert_eq!(told("OMP-01", twice), ["TQ1-12"]);
        assert_eq!(told("OMP-02", twice), [""; 0]);
        assert_eq!(told("OMP-01", "TQ1|1|||||||||||S\rTQ1|2\r"), [""; 0]);
    }

    #[test]
    fn the_same_finding_twice_in_a_report_has_a_sub_id() {
        let twice = "OBX|1|NM|x||1||||||F\rOBX|2|NM|x||2||||||F\r";
        let two = format!("OBR|1||||||20190901{}F\r{twice}", "|".repeat(18));
        assert_eq!(told("OMG-13", &two), ["OBX-4"]);
        assert_eq!(told("OML-11", &two), [""; 0]);
        let apart = two.replace("OBX|2", "OBR|2||||||20190901||||||||||||||||||F\rOBX|2");
        assert_eq!(told("OMG-13", &apart), [""; 0]);
    }
}

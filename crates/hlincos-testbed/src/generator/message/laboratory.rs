//! OML-01 and OML-11: tests ordered and values found.

use jiff::civil::DateTime;

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::Second;
use crate::generator::clinic::laboratory::{Finding, Specimen};

/// Writes OML^O33; ORC-9 gives the care date.
pub(crate) fn requested(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    findings: &[Finding],
) {
    sender.start(text, "OML^O33^OML_O33", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    for (set, specimen, tests) in by_specimen(findings) {
        specimen_segment(text, set, specimen, order, order.entered);
        sender.order(text, order, "", envelope);
        let (code, name) = specimen.group();
        Segment::open(text, "OBR")
            .field(1, set)
            .field(2, format_args!("{:015}", order.number))
            .field(4, format_args!("{code}^{name}^99O03"))
            .field(16, sender.doctor())
            .close();
        for (index, finding) in tests.iter().enumerate() {
            let test = finding.test;
            Segment::open(text, "OBX")
                .field(1, index + 1)
                .field(
                    3,
                    format_args!(
                        "{0}^{1}^JC10^{2}^{1}^99LAB",
                        test.code, test.name, test.local
                    ),
                )
                .field(11, "O")
                .close();
        }
    }
}

/// Writes OUL^R22; SPM-17 gives the care date.
pub(crate) fn found(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    findings: &[Finding],
    taken: DateTime,
) {
    sender.start(text, "OUL^R22^OUL_R22", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    for (set, specimen, tests) in by_specimen(findings) {
        let tube = specimen_segment(text, set, specimen, order, taken);
        let (code, name) = specimen.group();
        Segment::open(text, "OBR")
            .field(1, set)
            .field(2, format_args!("{:015}", order.number))
            .field(3, &tube)
            .field(4, format_args!("{code}^{name}^99O03"))
            .field(7, Second(taken))
            .field(8, Second(taken))
            .field(16, sender.doctor())
            .field(22, Second(envelope.sent))
            .close();
        Segment::open(text, "ORC")
            .field(1, "SC")
            .field(2, format_args!("{:015}", order.number))
            .field(3, &tube)
            .field(5, "CM")
            .field(9, Second(order.entered))
            .field(12, sender.doctor())
            .field(17, sender.department())
            .field(29, class(envelope))
            .close();
        for (index, finding) in tests.iter().enumerate() {
            value(text, sender, index + 1, finding, taken);
        }
    }
}

/// Splits the findings by specimen, in the order of a report.
fn by_specimen(findings: &[Finding]) -> impl Iterator<Item = (usize, Specimen, Vec<&Finding>)> {
    let groups = Specimen::ALL.into_iter().map(|specimen| {
        let tests: Vec<_> = findings
            .iter()
            .filter(|f| f.test.specimen == specimen)
            .collect();
        (specimen, tests)
    });
    let present = groups.filter(|(_, tests)| !tests.is_empty());
    present
        .enumerate()
        .map(|(index, (specimen, tests))| (index + 1, specimen, tests))
}

/// Writes SPM and returns the number of the tube.
fn specimen_segment(
    text: &mut String,
    set: usize,
    specimen: Specimen,
    order: &Order,
    taken: DateTime,
) -> String {
    let (code, name) = specimen.material();
    let tube = format!("{:015}", order.number * 10 + set as u64);
    Segment::open(text, "SPM")
        .field(1, set)
        .field(2, &tube)
        .field(4, format_args!("{code}^{name}^JC10"))
        .field(17, Second(taken))
        .close();
    tube
}

fn value(text: &mut String, sender: &Sender<'_>, set: usize, finding: &Finding, taken: DateTime) {
    let Finding { test, value } = finding;
    let (low, high) = test.range(sender.person.sex);
    let mut segment = Segment::open(text, "OBX")
        .field(1, set)
        .field(2, "NM")
        .field(
            3,
            format_args!(
                "{0}^{1}^JC10^{2}^{1}^99LAB",
                test.code, test.name, test.local
            ),
        )
        .field(5, test.decimal(*value));
    if !test.unit.is_empty() {
        segment = segment.field(6, format_args!("{0}^{0}^ISO+", test.unit));
    }
    segment = segment.field(
        7,
        format_args!("{}-{}", test.decimal(low), test.decimal(high)),
    );
    if *value < low {
        segment = segment.field(8, "L");
    } else if *value > high {
        segment = segment.field(8, "H");
    }
    segment.field(11, "F").field(14, Second(taken)).close();
}

fn class(envelope: &Envelope) -> &'static str {
    if envelope.bed.is_some() {
        "I^入院患者オーダ^HL70482"
    } else {
        "O^外来患者オーダ^HL70482"
    }
}

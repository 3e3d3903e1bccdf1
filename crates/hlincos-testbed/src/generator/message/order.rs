//! OMG-01 and OMD: imaging and meals ordered.

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::Second;
use crate::generator::clinic::staff::Study;

/// Writes OMG^O19: the order, then one exposure as its child. ORC-9 gives the care date.
pub(crate) fn imaging(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    study: &Study,
) {
    sender.start(text, "OMG^O19^OMG_O19", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    sender.order(text, order, "", envelope);
    let parent = format!("{:015}", order.number);
    timing(text);
    Segment::open(text, "OBR")
        .field(2, &parent)
        .field(4, study.class)
        .field(16, sender.doctor())
        .close();
    Segment::open(text, "ORC")
        .field(1, "CH")
        .field(2, format_args!("{:015}", order.number + EXPOSURE))
        .field(8, &parent)
        .field(9, Second(order.entered))
        .field(12, sender.doctor())
        .close();
    timing(text);
    Segment::open(text, "OBR")
        .field(2, format_args!("{:015}", order.number + EXPOSURE))
        .field(4, study.exposure)
        .field(16, sender.doctor())
        .field(29, &parent)
        .close();
}

/// Writes OMD^O03. ORC-9 gives the care date.
pub(crate) fn meal(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    (code, words): (&str, &str),
) {
    sender.start(text, "OMD^O03^OMD_O03", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    sender.order(text, order, "", envelope);
    Segment::open(text, "TQ1")
        .field(1, 1)
        .field(3, "TID&１日３回&HL70335")
        .field(7, Second(order.entered))
        .field(9, "R^ルーチン^HL70485")
        .close();
    Segment::open(text, "ODS")
        .field(1, "D")
        .field(3, format_args!("{code}^^99XY3"))
        .field(4, words)
        .close();
}

fn timing(text: &mut String) {
    Segment::open(text, "TQ1")
        .field(1, 1)
        .field(9, "R^^HL70485")
        .close();
}

/// Distance from an order's number to that of its exposure, above all numbers in use.
const EXPOSURE: u64 = 500_000_000_000_000;

//! OMG and OMD: examinations and meals ordered, examinations done.

use jiff::civil::DateTime;

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::{Day, Second};
use crate::generator::clinic::staff::{Modality, Study};

/// Writes OMG^O19: the order, then one examination as its child. ORC-9 gives the care date.
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
    let obr = Segment::open(text, "OBR");
    let obr = if study.modality == Modality::Physiology {
        obr.field(1, 1)
    } else {
        obr
    };
    obr.field(2, &parent)
        .field(4, study.class)
        .field(16, sender.doctor())
        .close();
    if study.modality == Modality::Physiology {
        return;
    }
    child(text, sender, order);
    timing(text);
    Segment::open(text, "OBR")
        .field(2, format_args!("{:015}", order.number + EXPOSURE))
        .field(4, study.exposure)
        .field(16, sender.doctor())
        .field(29, &parent)
        .close();
}

/// Writes OMI^Z23 of a radiological or endoscopic examination; OBR-7 gives the care date.
pub(crate) fn imaged(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    study: &Study,
    at: DateTime,
) {
    sender.start(text, "OMI^Z23^OMI_Z23", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    sender.order(text, order, "", envelope);
    timing(text);
    let parent = format!("{:015}", order.number);
    Segment::open(text, "OBR")
        .field(2, &parent)
        .field(4, study.class)
        .field(7, Day(at.date()))
        .field(16, sender.doctor())
        .field(22, Second(envelope.sent))
        .field(25, "F")
        .close();
    accession(text, sender, order, study);
    child(text, sender, order);
    timing(text);
    Segment::open(text, "OBR")
        .field(2, format_args!("{:015}", order.number + EXPOSURE))
        .field(4, study.exposure)
        .field(7, Day(at.date()))
        .field(16, sender.doctor())
        .field(22, Second(envelope.sent))
        .field(25, "F")
        .field(29, &parent)
        .close();
    Segment::open(text, "ZE1")
        .field(1, 1)
        .field(2, "RS")
        .field(3, study.exposure)
        .close();
    accession(text, sender, order, study);
}

/// Writes ORU^R01, what an electrocardiogram shows; OBR-7 gives the care date.
pub(crate) fn measured(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    study: &Study,
    reading: &Reading,
    at: DateTime,
) {
    sender.start(text, "ORU^R01^ORU_R01", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    sender.order(text, order, "", envelope);
    Segment::open(text, "OBR")
        .field(1, 1)
        .field(2, format_args!("{:015}", order.number))
        .field(4, study.class)
        .field(7, Day(at.date()))
        .field(16, sender.doctor())
        .field(22, Second(envelope.sent))
        .field(25, "F")
        .close();
    timing(text);
    Segment::open(text, "OBX")
        .field(1, 1)
        .field(2, "TX")
        .field(3, "9A100&IMP^心電図所見^JC10")
        .field(4, 1)
        .field(5, reading.words)
        .field(11, "F")
        .close();
    let rows = [
        ("32769^心拍数^99MFR", reading.rate, "bpm"),
        ("32770^ＰＱ時間^99MFR", reading.pq, "msec"),
        ("58240^ＱＲＳ幅^99MFR", reading.qrs, "msec"),
        ("56008^ＱＴ時間^99MFR", reading.qt, "msec"),
        ("32774^ＱＲＳ軸^99MFR", reading.axis, "degree"),
    ];
    for (index, (item, value, unit)) in rows.into_iter().enumerate() {
        Segment::open(text, "OBX")
            .field(1, index + 2)
            .field(2, "NM")
            .field(3, item)
            .field(4, 2)
            .field(5, value)
            .field(6, unit)
            .field(11, "F")
            .close();
    }
}

/// What an electrocardiogram shows.
pub(crate) struct Reading {
    pub(crate) words: &'static str,
    pub(crate) rate: i32,
    pub(crate) pq: i32,
    pub(crate) qrs: i32,
    pub(crate) qt: i32,
    pub(crate) axis: i32,
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
    Segment::open(text, "ORC")
        .field(1, order.control)
        .field(2, format_args!("{:015}", order.number))
        .field(9, Second(order.entered))
        .field(10, "058^入力者^花子^^^^^^^L^^^^^I")
        .field(12, sender.doctor())
        .field(17, sender.department())
        .close();
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

fn child(text: &mut String, sender: &Sender<'_>, order: &Order) {
    Segment::open(text, "ORC")
        .field(1, "CH")
        .field(2, format_args!("{:015}", order.number + EXPOSURE))
        .field(8, format_args!("{:015}", order.number))
        .field(9, Second(order.entered))
        .field(12, sender.doctor())
        .close();
}

fn accession(text: &mut String, sender: &Sender<'_>, order: &Order, study: &Study) {
    Segment::open(text, "IPC")
        .field(1, format_args!("A{:015}", order.number))
        .field(2, format_args!("P{}", sender.person.id))
        .field(3, study_uid(sender, order.number, 0))
        .field(5, study.modality.dicom())
        .close();
}

fn timing(text: &mut String) {
    Segment::open(text, "TQ1")
        .field(1, 1)
        .field(9, "R^^HL70485")
        .close();
}

/// Names a study (part 0), its series (1) or its images: one number under 2.25, as of a UUID.
pub(crate) fn study_uid(sender: &Sender<'_>, order: u64, part: u32) -> String {
    format!("2.25.8{}{order:015}{part:05}", sender.facility)
}

/// Distance from an order's number to that of its exposure, above all numbers in use.
const EXPOSURE: u64 = 500_000_000_000_000;

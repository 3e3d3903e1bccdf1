//! OMP-02, OMP-11 and OMP-12: injections ordered, medicines and injections given.

use jiff::civil::DateTime;

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::{Day, Second, minutes_after};
use crate::generator::clinic::injection::Injection;
use crate::generator::clinic::regimen::Medicine;

/// Writes RDE^O11 with RXC; ORC-9 gives the care date.
pub(crate) fn injection(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    injection: &Injection,
    starts: DateTime,
) {
    sender.start(text, "RDE^O11^RDE_O11", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    let ends = minutes_after(starts, injection.minutes);
    sender.order(text, order, &rp(order), envelope);
    let (millilitres, rate) = (injection.millilitres, injection.rate());
    Segment::open(text, "RXE")
        .field(2, injection.kind)
        .field(3, millilitres)
        .field(5, "ML^ミリリットル^MR9P")
        .field(6, "INJ^注射剤^MR9P")
        .field(7, format_args!("^{}^99IC6", injection.words))
        .field(
            15,
            format_args!("{}-{:03}", Day(order.entered.date()), order.number % 1_000),
        )
        .field(21, "IHP^入院処方^MR9P~FTP^定時処方^99I01")
        .field(22, "H1")
        .field(23, rate)
        .field(24, "ml/hr^ミリリッター／時間^ISO+")
        .field(42, "09A^^^^^N")
        .close();
    Segment::open(text, "TQ1")
        .field(1, 1)
        .field(7, Second(starts))
        .field(8, Second(ends))
        .close();
    route(text, injection);
    for (index, part) in injection.parts.iter().enumerate() {
        Segment::open(text, "RXC")
            .field(1, if index == 0 { "B" } else { "A" })
            .field(
                2,
                format_args!("{}^{}^{}", part.code, part.name, part.system),
            )
            .field(3, part.amount)
            .field(4, format_args!("{}^{}^MR9P", part.unit.0, part.unit.1))
            .close();
    }
}

/// Writes RAS^O17 of an injection; RXA-3 gives the care date.
pub(crate) fn injected(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    injection: &Injection,
    started: DateTime,
) {
    sender.start(text, "RAS^O17^RAS_O17", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    sender.order(text, order, &rp(order), envelope);
    let ended = minutes_after(started, injection.minutes);
    for part in injection.parts {
        Segment::open(text, "RXA")
            .field(1, 0)
            .field(2, 1)
            .field(3, Second(started))
            .field(4, Second(ended))
            .field(
                5,
                format_args!("{}^{}^{}", part.code, part.name, part.system),
            )
            .field(6, part.amount)
            .field(7, format_args!("{}^{}^MR9P", part.unit.0, part.unit.1))
            .field(9, "^左手に実施^99IC2")
            .field(10, NURSE)
            .field(11, "09A^021^4^^^N")
            .field(12, format_args!("{}ml/hr", injection.rate()))
            .field(20, "CP")
            .field(22, Second(minutes_after(ended, 1)))
            .close();
    }
    route(text, injection);
}

/// Writes RAS^O17 of oral medicines; RXA-3 gives the care date.
pub(crate) fn taken(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    medicines: &[Medicine],
    at: DateTime,
) {
    sender.start(text, "RAS^O17^RAS_O17", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    for (index, medicine) in medicines.iter().enumerate() {
        let drug = medicine.drug;
        let (unit, unit_name) = drug.form.unit();
        sender.order(text, order, &(index + 1).to_string(), envelope);
        Segment::open(text, "RXA")
            .field(1, 0)
            .field(2, 1)
            .field(3, Second(at))
            .field(4, Second(at))
            .field(
                5,
                format_args!("{}^{}^{}", drug.code, drug.name, drug.system),
            )
            .field(6, medicine.dose)
            .field(7, format_args!("{unit}^{unit_name}^MR9P"))
            .field(10, NURSE)
            .field(11, "09A^021^4^^^N")
            .field(20, "CP")
            .field(22, Second(minutes_after(at, 6)))
            .close();
        Segment::open(text, "RXR")
            .field(1, drug.form.route())
            .close();
    }
}

fn rp(order: &Order) -> String {
    format!("{:015}_01_001", order.number)
}

fn route(text: &mut String, injection: &Injection) {
    Segment::open(text, "RXR")
        .field(1, injection.route)
        .field(3, "IVP^点滴ポンプ^HL70164")
        .close();
}

const NURSE: &str = "200^看護^花子^^^^^^^L^^^^^I";

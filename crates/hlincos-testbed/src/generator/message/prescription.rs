//! OMP-01: what is prescribed, grouped by the way it is taken (Rp).

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::Day;
use crate::generator::clinic::allergy::Allergies;
use crate::generator::clinic::regimen::Medicine;

/// Writes RDE^O11; ORC-9 gives the care date.
pub(crate) fn prescription(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    order: &Order,
    allergies: &Allergies,
    medicines: &[Medicine],
    days: u32,
) {
    sender.start(text, "RDE^O11^RDE_O11", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
    for (index, allergy) in allergies.list().iter().enumerate() {
        let allergen = allergy.allergen;
        Segment::open(text, "AL1")
            .field(1, index + 1)
            .field(
                2,
                format_args!("{}^{}^HL70127", allergen.class.0, allergen.class.1),
            )
            .field(
                3,
                format_args!("{}^{}^{}", allergen.code, allergen.name, allergen.system),
            )
            .close();
    }
    let mut group = 0;
    let mut last = None;
    for medicine in medicines {
        let alike = Some((medicine.usage.code, medicine.days));
        if alike != last {
            group += 1;
            last = alike;
        }
        sender.order(text, order, &group.to_string(), envelope);
        line(
            text,
            envelope,
            order,
            medicine,
            medicine.days.unwrap_or(days),
        );
    }
}

/// Writes RXE, TQ1 and RXR of one medicine.
fn line(text: &mut String, envelope: &Envelope, order: &Order, medicine: &Medicine, days: u32) {
    let Medicine {
        drug, usage, dose, ..
    } = medicine;
    let (unit, unit_name) = drug.form.unit();
    let (form, form_name) = drug.form.name();
    let counted = drug.form.is_counted();
    let daily = dose * usage.times_a_day;
    let total = if counted { daily * days } else { *dose };
    let mut segment = Segment::open(text, "RXE").field(
        2,
        format_args!("{}^{}^{}", drug.code, drug.name, drug.system),
    );
    // An ointment has no dose to count: an explicit null says so.
    segment = if counted {
        segment
            .field(3, dose)
            .field(5, format_args!("{unit}^{unit_name}^MR9P"))
    } else {
        segment.field(3, "\"\"").field(5, "\"\"")
    };
    segment = segment
        .field(6, format_args!("{form}^{form_name}^MR9P"))
        .field(10, total)
        .field(11, format_args!("{unit}^{unit_name}^MR9P"))
        .field(
            15,
            format_args!("{}{:05}", Day(order.entered.date()), order.number % 100_000),
        );
    if counted {
        segment = segment.field(19, format_args!("{daily}^{unit}&{unit_name}&MR9P"));
    }
    let place = if envelope.bed.is_some() {
        "IHP^入院処方^MR9P"
    } else {
        "OHP^外来処方^MR9P~OHO^院外処方^MR9P"
    };
    segment.field(21, place).field(27, drug.form.kind()).close();
    let pattern = format!("{}&{}&{}", usage.code, usage.text, usage.system);
    let timing = Segment::open(text, "TQ1").field(1, 1).field(3, pattern);
    let timing = if counted {
        timing.field(6, format_args!("{days}^D&日&ISO+"))
    } else {
        timing
    };
    timing.field(7, Day(order.entered.date())).close();
    Segment::open(text, "RXR")
        .field(1, drug.form.route())
        .close();
}

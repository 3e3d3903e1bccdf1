//! OMP-01: what is prescribed, grouped by the way it is taken (Rp).

use super::{Envelope, Order, Segment, Sender};
use crate::generator::calendar::{Day, days_after};
use crate::generator::clinic::allergy::Allergies;
use crate::generator::clinic::drug::Supplement;
use crate::generator::clinic::regimen::Medicine;
use crate::generator::population::full_width;

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
        let alike = Some(medicine.group());
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
    give(text, envelope, order, medicine, days);
    timing(text, order, medicine, days);
    Segment::open(text, "RXR")
        .field(1, medicine.drug.form.route())
        .close();
}

fn give(text: &mut String, envelope: &Envelope, order: &Order, medicine: &Medicine, days: u32) {
    let Medicine {
        drug, usage, dose, ..
    } = medicine;
    let (unit, unit_name) = drug.form.unit();
    let (form, form_name) = drug.form.name();
    let (least, most, daily) = match medicine.supplement {
        Supplement::Uneven(doses) => (
            *doses.iter().min().unwrap_or(dose),
            doses.iter().max().copied(),
            doses.iter().sum(),
        ),
        _ => (*dose, None, dose * usage.times_a_day),
    };
    let as_needed = match medicine.supplement {
        Supplement::AsNeeded(_, times) => Some(times),
        _ => None,
    };
    let counted = drug.form.is_counted();
    let total = match as_needed {
        Some(times) => dose * times,
        None if counted => daily * medicine.supplement.days_of(days),
        None => *dose,
    };
    let mut segment = Segment::open(text, "RXE").field(
        2,
        format_args!("{}^{}^{}", drug.code, drug.name, drug.system),
    );
    // An ointment has no dose to count: an explicit null says so.
    segment = if counted {
        let segment = segment.field(3, least);
        let segment = match most {
            Some(most) => segment.field(4, most),
            None => segment,
        };
        segment.field(5, format_args!("{unit}^{unit_name}^MR9P"))
    } else {
        segment.field(3, "\"\"").field(5, "\"\"")
    };
    segment = segment.field(6, format_args!("{form}^{form_name}^MR9P"));
    if let Supplement::Uneven(doses) = medicine.supplement {
        segment = segment.field(7, uneven(doses, unit_name));
    }
    segment = segment
        .field(10, total)
        .field(11, format_args!("{unit}^{unit_name}^MR9P"))
        .field(
            15,
            format_args!("{}{:05}", Day(order.entered.date()), order.number % 100_000),
        );
    if counted && as_needed.is_none() {
        segment = segment.field(19, format_args!("{daily}^{unit}&{unit_name}&MR9P"));
    }
    let place = if envelope.bed.is_some() {
        "IHP^入院処方^MR9P"
    } else {
        "OHP^外来処方^MR9P~OHO^院外処方^MR9P"
    };
    let kind = if as_needed.is_some() {
        "22^頓用^JHSP0003"
    } else {
        drug.form.kind()
    };
    segment.field(21, place).field(27, kind).close();
}

/// Writes the doses of one day: `V14NNNNN` is four at the first time.
fn uneven(doses: &[u32], unit: &str) -> String {
    let parts = doses.iter().enumerate().map(|(index, dose)| {
        let wide = full_width(i32::try_from(*dose).expect("a few"));
        format!("V{}{dose}NNNNN^{wide}{unit}^JAMISDP01", index + 1)
    });
    parts.collect::<Vec<_>>().join("~")
}

fn timing(text: &mut String, order: &Order, medicine: &Medicine, days: u32) {
    let usage = medicine.usage;
    let mut pattern = format!("{}&{}&{}", usage.code, usage.text, usage.system);
    match medicine.supplement {
        Supplement::EveryOtherDay => pattern.push_str("~I1100000&１日おき&JAMISDP01"),
        Supplement::Weekdays(code, words, _) => {
            pattern.push_str(&format!("~{code}&{words}&JAMISDP01"));
        }
        Supplement::None | Supplement::Uneven(_) | Supplement::AsNeeded(..) => {}
    }
    let begins = i32::try_from(medicine.begins).expect("a few weeks");
    let start = days_after(order.entered.date(), begins);
    let timing = Segment::open(text, "TQ1").field(1, 1).field(3, pattern);
    if let Supplement::AsNeeded(a_day, times) = medicine.supplement {
        let a_day = full_width(i32::try_from(a_day).expect("a few"));
        timing
            .field(7, Day(start))
            .field(11, format_args!("１日{a_day}回まで"))
            .field(14, times)
            .close();
        return;
    }
    let timing = if medicine.drug.form.is_counted() {
        timing.field(6, format_args!("{days}^D&日&ISO+"))
    } else {
        timing
    };
    let timing = timing.field(7, Day(start));
    if medicine.days == Some(7) {
        // A step of a taper says its last day as well.
        timing.field(8, Day(days_after(start, 6))).close();
    } else {
        timing.close();
    }
}

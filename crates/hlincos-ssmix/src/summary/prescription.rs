//! Prescriptions and injections, from RDE^O11: ORC, RXE, TQ1, RXR, RXC.

use serde::Serialize;

use super::current::Record;
use super::{Source, coded, date};
use crate::hl7::{Message, Segment};

/// One drug of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Prescription {
    /// The drug.
    pub drug: String,
    /// Its code.
    pub code: String,
    /// The code's system, such as HOT9 or YJ.
    pub system: String,
    /// How much, when and for how long, step by step, in both languages; with what is in doubt.
    pub dosage: crate::dosage::Dosage,
    /// By which way.
    pub route: String,
    /// Where on the body.
    pub site: String,
    /// Oral, as needed, external, self-injection, ... as sent.
    pub kind: String,
    /// Whether it is an injection order (OMP-02).
    pub injection: bool,
    /// What it is mixed of.
    pub components: Vec<String>,
    /// The day of the order.
    pub ordered: String,
    /// Where it was read.
    pub source: Source,
}

pub(crate) fn read(
    message: &Message<'_>,
    record: &Record<'_>,
    source: &Source,
    prescriptions: &mut Vec<Prescription>,
) {
    let mut open: Option<Prescription> = None;
    let mut cancelled = false;
    let all: Vec<Segment<'_>> = message.segments().collect();
    for (at, segment) in all.iter().copied().enumerate() {
        match segment.name() {
            "ORC" => {
                prescriptions.extend(open.take());
                // CA, DC, OC: the order was taken back.
                cancelled = matches!(segment.field(1).raw(), "CA" | "DC" | "OC" | "CR");
            }
            "RXE" if !cancelled => {
                prescriptions.extend(open.take());
                open = Some(Prescription {
                    dosage: crate::dosage::of_order(segment, &all[at + 1..]),
                    ..drug(segment, record, source)
                });
            }
            "RXR" => {
                if let Some(open) = &mut open {
                    open.route = coded(segment.field(1));
                    open.site = coded(segment.field(2));
                }
            }
            "RXC" => {
                if let Some(open) = &mut open {
                    let parts = [
                        coded(segment.field(2)),
                        segment.field(3).text(),
                        coded(segment.field(4)),
                    ];
                    open.components.push(parts.join(" ").trim().to_owned());
                }
            }
            _ => {}
        }
    }
    prescriptions.extend(open);
}

fn drug(rxe: Segment<'_>, record: &Record<'_>, source: &Source) -> Prescription {
    let code = rxe.field(2);
    Prescription {
        drug: coded(code),
        code: code.component(1).text(),
        system: code.component(3).text(),
        kind: coded(rxe.field(27)),
        injection: record.name.kind == "OMP-02",
        ordered: record.name.care_date.map(date).unwrap_or_default(),
        source: source.clone(),
        ..Prescription::default()
    }
}

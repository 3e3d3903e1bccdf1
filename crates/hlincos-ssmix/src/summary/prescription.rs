//! Prescriptions and injections, from RDE^O11: ORC, RXE, TQ1, RXR, RXC.

use serde::Serialize;

use super::current::Record;
use super::{Bilingual, Source, coded, date};
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
    /// How much at a time or a day; empty where none was given (ointments).
    pub dose: Bilingual,
    /// How and when, in the hospital's own words.
    pub usage: String,
    /// Every other day, weekdays, uneven doses, and the like, in the hospital's own words.
    pub supplements: Vec<String>,
    /// The whole in one sentence of plain words, in both languages.
    pub dosage: crate::dosage::Dosage,
    /// For how long.
    pub duration: Bilingual,
    /// From when.
    pub start: String,
    /// Until when.
    pub end: String,
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
            "TQ1" => {
                if let Some(open) = &mut open {
                    timing(segment, open);
                }
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
    let unit = coded(rxe.field(5));
    let english = english_unit(rxe.field(5).component(1).raw(), &unit);
    let (least, most) = (rxe.field(3).text(), rxe.field(4).text());
    let amount = match (least.as_str(), most.as_str()) {
        ("", most) => most.to_owned(),
        (least, "") => least.to_owned(),
        (least, most) if least == most => least.to_owned(),
        (least, most) => format!("{least}–{most}"),
    };
    let daily = rxe.field(19).component(1).text();
    let daily_unit = {
        let name = rxe.field(19).component(2).subcomponent(2).text();
        if name.is_empty() { unit.clone() } else { name }
    };
    let mut dose = Bilingual::default();
    if !amount.is_empty() {
        dose.ja = format!("1回 {amount}{unit}");
        dose.en = format!("{amount} {english} per dose");
    }
    if !daily.is_empty() {
        let comma = if dose.ja.is_empty() { "" } else { "、" };
        dose.ja
            .push_str(&format!("{comma}1日量 {daily}{daily_unit}"));
        let comma = if dose.en.is_empty() { "" } else { ", " };
        let code = rxe.field(19).component(2).subcomponent(1);
        let english = english_unit(code.raw(), &daily_unit);
        dose.en
            .push_str(&format!("{comma}{daily} {english} per day"));
    }
    // RXE-7 repeats: first doses, uneven doses, comments.
    let supplements = rxe
        .field(7)
        .repetitions()
        .map(coded)
        .filter(|text| !text.is_empty());
    Prescription {
        drug: coded(code),
        code: code.component(1).text(),
        system: code.component(3).text(),
        dose,
        supplements: supplements.collect(),
        kind: coded(rxe.field(27)),
        injection: record.name.kind == "OMP-02",
        ordered: record.name.care_date.map(date).unwrap_or_default(),
        source: source.clone(),
        ..Prescription::default()
    }
}

/// A MERIT-9 unit in English; the hospital's own word where there is none here.
fn english_unit<'a>(code: &'a str, own: &'a str) -> &'a str {
    match code {
        "TAB" => "tablets",
        "CAP" => "capsules",
        "PCK" => "packets",
        "MG" => "mg",
        "G" => "g",
        "ML" => "mL",
        "UNT" => "units",
        "AMP" => "ampoules",
        "VIL" => "vials",
        "SHT" | "SHEET" => "sheets",
        _ => own,
    }
}

fn timing(tq1: Segment<'_>, prescription: &mut Prescription) {
    for (at, repeat) in tq1.field(3).repetitions().enumerate() {
        let pattern = repeat.component(1);
        let words = [
            pattern.subcomponent(2).text(),
            pattern.subcomponent(1).text(),
        ];
        let words = words
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        if words.is_empty() {
            continue;
        }
        if at == 0 && prescription.usage.is_empty() {
            prescription.usage = words;
        } else {
            prescription.supplements.push(words);
        }
    }
    let length = tq1.field(6);
    let days = length.component(1).text();
    if !days.is_empty() {
        let unit = length.component(2).subcomponent(2).text();
        let unit = if unit.is_empty() {
            "日".to_owned()
        } else {
            unit
        };
        let english = match unit.as_str() {
            "日" => "days",
            "週" => "weeks",
            other => other,
        };
        prescription.duration = Bilingual {
            ja: format!("{days}{unit}分"),
            en: format!("{days} {english}"),
        };
    }
    let times = tq1.field(14).text();
    if prescription.duration.ja.is_empty() && !times.is_empty() {
        prescription.duration = Bilingual {
            ja: format!("{times}回分"),
            en: format!("{times} doses"),
        };
    }
    prescription.start = date(&tq1.field(7).plain());
    prescription.end = date(&tq1.field(8).plain());
    let words = tq1.field(11).text();
    if !words.is_empty() {
        prescription.supplements.push(words);
    }
}

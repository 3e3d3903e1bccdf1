//! ADT-00, who the patient is, and ADT-61, what the patient must not get.

use super::{Envelope, Segment, Sender, xad, xpn, xtn};
use crate::generator::calendar::Day;
use crate::generator::clinic::allergy::{Allergies, Allergy};
use crate::generator::population::Person;

/// Writes ADT^A08.
pub(crate) fn patient(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    allergies: &Allergies,
) {
    let person = sender.person;
    sender.start(text, "ADT^A08^ADT_A01", envelope);
    sender.pid(text, envelope);
    let (home, _) = person.home(envelope.sent.date());
    Segment::open(text, "NK1")
        .field(1, 1)
        .field(2, xpn(person.family, person.kin.given))
        .field(
            3,
            format_args!(
                "{}^{}^HL70063",
                person.kin.relation.0, person.kin.relation.1
            ),
        )
        .field(4, xad(home))
        .field(5, xtn(&person.phone))
        .close();
    sender.visit(text, envelope).close();
    Segment::open(text, "DB1")
        .field(1, 1)
        .field(2, "PT")
        .field(4, "N")
        .close();
    body(text, person);
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
    super::insurance(text, person, true);
}

/// Writes ADT^A23, which deletes what ADT-00 said of the patient.
pub(crate) fn deleted(text: &mut String, sender: &Sender<'_>, envelope: &Envelope) {
    sender.start(text, "ADT^A23^ADT_A21", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
}

/// Writes height, weight and blood group as OBX.
fn body(text: &mut String, person: &Person) {
    let rows = [
        (
            "NM",
            "9N001000000000001^身長^JC10",
            tenths(person.height_mm),
            "cm^cm^ISO+",
        ),
        (
            "NM",
            "9N006000000000001^体重^JC10",
            tenths(person.weight_hg),
            "kg^kg^ISO+",
        ),
        (
            "CWE",
            "5H010000001999911^血液型-ABO式^JC10",
            format!("{0}^{0}^JSHR002", person.abo),
            "",
        ),
        (
            "CWE",
            "5H020000001999911^血液型-Rh式^JC10",
            if person.rh_negative {
                "-^Rh-^JSHR002"
            } else {
                "+^Rh+^JSHR002"
            }
            .to_owned(),
            "",
        ),
    ];
    for (index, (kind, item, value, unit)) in rows.into_iter().enumerate() {
        Segment::open(text, "OBX")
            .field(1, index + 1)
            .field(2, kind)
            .field(3, item)
            .field(5, value)
            .field(6, unit)
            .field(11, "F")
            .close();
    }
}

fn tenths(value: i32) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// Writes ADT^A60 with the given allergies, or the words that there are none.
pub(crate) fn allergies(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    list: &[Allergy],
) {
    sender.start(text, "ADT^A60^ADT_A60", envelope);
    sender.pid(text, envelope);
    if list.is_empty() {
        Segment::open(text, "IAM")
            .field(1, 1)
            .field(2, "MA^その他のアレルギー^HL70127")
            .field(3, "0000^アレルギーなし^99XYZ")
            .field(6, "A^追加^HL70323")
            .close();
    }
    for (index, allergy) in list.iter().enumerate() {
        let allergen = allergy.allergen;
        let segment = Segment::open(text, "IAM")
            .field(1, index + 1)
            .field(
                2,
                format_args!("{}^{}^HL70127", allergen.class.0, allergen.class.1),
            )
            .field(
                3,
                format_args!("{}^{}^{}", allergen.code, allergen.name, allergen.system),
            )
            .field(
                4,
                format_args!("{}^{}^HL70128", allergy.severity.0, allergy.severity.1),
            )
            .field(5, allergy.reaction)
            .field(6, "A^追加^HL70323");
        match allergy.onset {
            Ok(day) => segment.field(11, Day(day)).close(),
            Err(words) => segment.field(12, words).close(),
        }
    }
}

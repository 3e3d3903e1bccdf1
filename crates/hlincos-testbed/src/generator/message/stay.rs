//! ADT-12, ADT-22, ADT-52: reception, admission, discharge.

use jiff::civil::DateTime;

use super::{Envelope, Sender, insurance};
use crate::generator::calendar::Second;

/// Writes ADT^A04; PV1-44 gives the care date.
pub(crate) fn reception(text: &mut String, sender: &Sender<'_>, envelope: &Envelope, at: DateTime) {
    sender.start(text, "ADT^A04^ADT_A01", envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).field(44, Second(at)).close();
    insurance(text, sender.person, false);
}

/// Writes ADT^A01; PV1-44 gives the care date.
pub(crate) fn admission(text: &mut String, sender: &Sender<'_>, envelope: &Envelope, at: DateTime) {
    sender.start(text, "ADT^A01^ADT_A01", envelope);
    sender.pid(text, envelope);
    sender
        .visit(text, envelope)
        .field(17, sender.doctor())
        .field(44, Second(at))
        .close();
    insurance(text, sender.person, false);
}

/// Writes ADT^A03; PV1-45 gives the care date.
pub(crate) fn discharge(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    admitted: DateTime,
    at: DateTime,
) {
    sender.start(text, "ADT^A03^ADT_A03", envelope);
    sender.pid(text, envelope);
    sender
        .visit(text, envelope)
        .field(17, sender.doctor())
        .field(36, "01")
        .field(44, Second(admitted))
        .field(45, Second(at))
        .close();
}

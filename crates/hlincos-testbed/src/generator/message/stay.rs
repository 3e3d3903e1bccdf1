//! Visits and stays: what an ADT message tells of one movement, and of its cancelling.

use jiff::civil::DateTime;

use super::{Envelope, Segment, Sender, insurance};
use crate::generator::calendar::Second;

/// A movement of a patient; each kind has a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Movement {
    Reception,
    AdmissionPlanned,
    Admission,
    LeaveOut,
    LeaveBack,
    TransferPlanned,
    Transfer,
    DischargePlanned,
    Discharge,
}

/// Where the day of a movement stands, which is its care date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Pv1(usize),
    Pv2(usize),
    Evn6,
}

/// A movement with its circumstances.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) movement: Movement,
    /// When it happens, or is to happen.
    pub(crate) at: DateTime,
    /// PV1-44 of a discharge.
    pub(crate) admitted: Option<DateTime>,
    /// The bed before, of a transfer.
    pub(crate) from: Option<&'static str>,
}

impl Movement {
    /// The folder.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Reception => "ADT-12",
            Self::AdmissionPlanned => "ADT-21",
            Self::Admission => "ADT-22",
            Self::LeaveOut => "ADT-31",
            Self::LeaveBack => "ADT-32",
            Self::TransferPlanned => "ADT-41",
            Self::Transfer => "ADT-42",
            Self::DischargePlanned => "ADT-51",
            Self::Discharge => "ADT-52",
        }
    }

    /// MSH-9 and the place of the care date; a reception cannot be cancelled.
    fn message(self, cancelled: bool) -> (&'static str, Place) {
        use Place::{Evn6, Pv1, Pv2};
        match (self, cancelled) {
            (Self::Reception, _) => ("ADT^A04^ADT_A01", Pv1(44)),
            (Self::AdmissionPlanned, false) => ("ADT^A14^ADT_A05", Pv2(8)),
            (Self::AdmissionPlanned, true) => ("ADT^A27^ADT_A21", Pv2(8)),
            (Self::Admission, false) => ("ADT^A01^ADT_A01", Pv1(44)),
            (Self::Admission, true) => ("ADT^A11^ADT_A09", Pv1(44)),
            (Self::LeaveOut, false) => ("ADT^A21^ADT_A21", Evn6),
            (Self::LeaveOut, true) => ("ADT^A52^ADT_A52", Evn6),
            (Self::LeaveBack, false) => ("ADT^A22^ADT_A21", Evn6),
            (Self::LeaveBack, true) => ("ADT^A53^ADT_A52", Pv2(47)),
            (Self::TransferPlanned, false) => ("ADT^A15^ADT_A15", Pv2(8)),
            (Self::TransferPlanned, true) => ("ADT^A26^ADT_A21", Pv2(8)),
            (Self::Transfer, false) => ("ADT^A02^ADT_A02", Evn6),
            (Self::Transfer, true) => ("ADT^A12^ADT_A09", Evn6),
            (Self::DischargePlanned, false) => ("ADT^A16^ADT_A16", Pv2(9)),
            (Self::DischargePlanned, true) => ("ADT^A25^ADT_A21", Pv2(9)),
            (Self::Discharge, false) => ("ADT^A03^ADT_A03", Pv1(45)),
            (Self::Discharge, true) => ("ADT^A13^ADT_A01", Pv1(45)),
        }
    }
}

/// Writes the message of a movement, or the one that cancels it.
pub(crate) fn movement(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    act: &Move,
    cancelled: bool,
) {
    let (message, place) = act.movement.message(cancelled);
    let happened = (place == Place::Evn6).then_some(act.at);
    sender.start_event(text, message, envelope, happened);
    sender.pid(text, envelope);
    let stays = envelope.bed.is_some();
    let mut visit = match act.from {
        Some(from) => sender.transferred(text, envelope, from),
        None => sender.visit(text, envelope),
    };
    if stays {
        visit = visit.field(17, sender.doctor());
    }
    if act.movement == Movement::Discharge {
        visit = visit.field(36, "01");
    }
    if let Some(admitted) = act.admitted {
        visit = visit.field(44, Second(admitted));
    }
    if let Place::Pv1(field) = place {
        visit = visit.field(field, Second(act.at));
    }
    visit.close();
    if let Place::Pv2(field) = place {
        Segment::open(text, "PV2")
            .field(field, Second(act.at))
            .close();
    }
    if matches!(act.movement, Movement::Reception | Movement::Admission) && !cancelled {
        insurance(text, sender.person, false);
    }
}

/// Writes ADT^A54, who attends the patient, or ADT^A55, which cancels it.
pub(crate) fn attending(
    text: &mut String,
    sender: &Sender<'_>,
    envelope: &Envelope,
    cancelled: bool,
) {
    let message = if cancelled {
        "ADT^A55^ADT_A52"
    } else {
        "ADT^A54^ADT_A54"
    };
    sender.start(text, message, envelope);
    sender.pid(text, envelope);
    sender.visit(text, envelope).close();
}

//! What prescriptions read as: words for what is known, quotes for what is not.

mod belief;
mod words;

use super::*;
use crate::hl7::Message;

fn of(body: &str) -> Dosage {
    let message = Message::of(format!("MSH|^~\\&|\r{body}").into());
    let timings: Vec<_> = message.all("TQ1").collect();
    let rxr = message.first("RXR");
    dosage(message.first("RXE"), &timings, rxr.exists().then_some(rxr))
}

/// The English of a usage code sent with a text.
fn usage_of(code: &str, text: &str) -> Dosage {
    of(&format!(
        "RXE||1^x^HOT9|2||TAB^錠^MR9P\rTQ1|1||{code}&{text}&JAMISDP01|||14^D&日&ISO+"
    ))
}

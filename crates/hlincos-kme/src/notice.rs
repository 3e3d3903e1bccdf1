//! The words by which the simulation tells that it is one.

use serde_json::{Value, json};

use crate::fault::Faults;

/// Member of every answer; a vendor's extension begins with the vendor's prefix.
pub(crate) const MEMBER: &str = "hlincos_simulation";
/// What it says first.
pub const NOTICE: &str =
    "SIMULATION: these keys come from a pseudorandom generator, no quantum link is behind them";
/// What it says of keys that can be made again.
pub(crate) const SEEDED: &str = "SEEDED: whoever knows the seed knows every key; for tests only";

/// The object under [`MEMBER`].
pub(crate) fn notice(seeded: bool, faults: &Faults) -> Value {
    let mut object = json!({ "notice": NOTICE });
    if seeded {
        object["seeded"] = SEEDED.into();
    }
    if !faults.is_empty() {
        object["faults"] = json!(faults);
    }
    object
}

//! What key managers in the field do wrong, each to be done on demand.
//!
//! Off unless somebody asks for it, by `[danger_fault_injection]` in the configuration or over the
//! control address; what is on stands in every answer and on the page.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One wrong behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// `dec_keys` leaves the keys where they are: they can be collected again.
    DoubleDelivery,
    /// `size` is ignored: keys are of the default size.
    SizeIgnored,
    /// Keys are a byte shorter than asked for.
    ShortKeys,
    /// Keys are a byte longer.
    LongKeys,
    /// One key fewer than asked for.
    FewerKeys,
    /// One key more.
    MoreKeys,
    /// All keys of an answer have the id of its first.
    RepeatedIds,
    /// `dec_keys` answers with ids that nobody asked for.
    OtherIds,
    /// `dec_keys` answers with other keys under the right ids.
    OtherKeys,
    /// Keys are no base64.
    BadBase64,
    /// 200 with an empty list.
    EmptyList,
    /// `extension_mandatory` and `additional_slave_SAE_IDs` are ignored.
    ExtensionsIgnored,
    /// Each `enc_keys` drops the keys that nobody collected yet.
    DropEarlier,
    /// The status tells more stock than there can be.
    StockOverstated,
    /// The status tells no stock.
    StockUnderstated,
    /// The status is that of another pair.
    OtherPair,
    /// 401 with a page of HTML.
    #[serde(rename = "html-401")]
    Html401,
    /// 200 with a page of HTML.
    #[serde(rename = "html-200")]
    Html200,
    /// 404 to everything.
    #[serde(rename = "not-found-404")]
    NotFound404,
    /// 500 to everything, without a body.
    #[serde(rename = "internal-500")]
    Internal500,
    /// 503 to everything.
    #[serde(rename = "unavailable-503")]
    Unavailable503,
    /// 504 to everything, as when the other key manager is down.
    #[serde(rename = "gateway-504")]
    Gateway504,
    /// No answer for a minute.
    Slow,
    /// The connection breaks in the middle of the answer.
    Truncated,
    /// The answer is followed by 32 MiB of spaces.
    Oversized,
}

/// The faults that are on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Whether one is on.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// Whether none is on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = Fault> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

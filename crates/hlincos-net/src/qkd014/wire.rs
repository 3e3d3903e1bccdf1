//! The JSON objects of ETSI GS QKD 014, clause 6, member by member.
//!
//! Reading takes what is needed and passes over members it does not know; writing leaves out what
//! is absent. Nothing is judged here: `answer` does that.

use core::fmt;
use core::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use zeroize::Zeroizing;

/// Status, Table 9. Sizes are in bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The key manager that answers.
    #[serde(rename = "source_KME_ID")]
    pub source_kme_id: String,
    /// The key manager of the slave.
    #[serde(rename = "target_KME_ID")]
    pub target_kme_id: String,
    /// The application that asks.
    #[serde(rename = "master_SAE_ID")]
    pub master_sae_id: String,
    /// The application that was named in the path.
    #[serde(rename = "slave_SAE_ID")]
    pub slave_sae_id: String,
    /// Size of a key when a request names none.
    pub key_size: u64,
    /// Keys in stock, as the key manager says; a hint at best.
    pub stored_key_count: u64,
    /// Most keys it can have in stock.
    pub max_key_count: u64,
    /// Most keys of one request.
    pub max_key_per_request: u64,
    /// Largest key.
    pub max_key_size: u64,
    /// Smallest key.
    pub min_key_size: u64,
    /// Most additional slaves; 0 means no multicast.
    #[serde(rename = "max_SAE_ID_count")]
    pub max_sae_id_count: u64,
    /// For future use, and for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_extension: Option<Value>,
}

/// Key request, Table 10.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyRequest {
    /// How many keys; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Size of each in bits; `key_size` of the status when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Slaves beside the one in the path.
    #[serde(
        rename = "additional_slave_SAE_IDs",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub additional_slave_sae_ids: Option<Vec<String>>,
    /// What the key manager must handle or refuse: objects of names and values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_mandatory: Option<Vec<serde_json::Map<String, Value>>>,
    /// What it may ignore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_optional: Option<Vec<serde_json::Map<String, Value>>>,
}

/// Key container, Table 11.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyContainer {
    /// The keys.
    #[serde(deserialize_with = "objects")]
    pub keys: Vec<KeyEntry>,
    /// For future use, and for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_container_extension: Option<Value>,
}

/// One key of a container.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyEntry {
    /// A UUID.
    #[serde(rename = "key_ID")]
    pub key_id: String,
    /// For future use.
    #[serde(
        rename = "key_ID_extension",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub key_id_extension: Option<Value>,
    /// The key in base64, RFC 4648, section 4.
    pub key: KeyText,
    /// For future use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_extension: Option<Value>,
}

/// Key IDs, Table 12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyIds {
    /// The ids.
    #[serde(rename = "key_IDs", deserialize_with = "objects")]
    pub key_ids: Vec<KeyIdEntry>,
    /// For future use.
    #[serde(
        rename = "key_IDs_extension",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub key_ids_extension: Option<Value>,
}

/// One id of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyIdEntry {
    /// A UUID.
    #[serde(rename = "key_ID")]
    pub key_id: String,
    /// For future use.
    #[serde(
        rename = "key_ID_extension",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub key_id_extension: Option<Value>,
}

/// Error, Table 13.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What is wrong.
    pub message: String,
    /// More of it, as objects of names and values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Vec<Value>>,
}

/// Reads one of these objects from JSON.
///
/// # Errors
/// serde's, whose text may quote what was read: show its place alone.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(text).map(|Object(object)| object)
}

fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let all = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(all.into_iter().map(|Object(object)| object).collect())
}

/// An object and nothing else: serde would take a list of the members' values too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Object)
    }
}

/// A key in base64; wiped when dropped, and not shown.
pub struct KeyText(Zeroizing<String>);

impl KeyText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Serialize for KeyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

//! `kme.toml`: the pair, its link, and what it does wrong.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fault::Faults;
use crate::rate::{KeyRate, Outage, RateError};
use crate::request::Bounds;

/// No key is longer: 1 MiB.
const KEY_BITS_MAX: u64 = 8 << 20;
/// No answer has more key: 4 MiB.
const ANSWER_BITS_MAX: u64 = 32 << 20;

/// `kme.toml`; relative paths are relative to the file's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The link.
    pub link: LinkConfig,
    /// The two key managers.
    pub kme: Vec<KmeConfig>,
    /// Where, on this machine alone and without TLS, the page and the control are; nowhere when
    /// absent.
    pub control: Option<SocketAddr>,
    /// What is done wrong from the start.
    #[serde(default)]
    pub danger_fault_injection: Faults,
}

/// The simulated link.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkConfig {
    /// Key rate in bits per second,
    pub rate_bits_s: Option<u64>,
    /// or by the distance,
    pub distance_km: Option<f64>,
    /// or from a file: CSV with the heading `time_s,bits_per_s`.
    pub rate_file: Option<PathBuf>,
    /// Size of keys when a request names none.
    #[serde(default = "key_size_bits")]
    pub key_size_bits: u64,
    /// Smallest key.
    #[serde(default = "min_key_size_bits")]
    pub min_key_size_bits: u64,
    /// Largest key.
    #[serde(default = "max_key_size_bits")]
    pub max_key_size_bits: u64,
    /// Most keys of one request.
    #[serde(default = "max_key_per_request")]
    pub max_key_per_request: u64,
    /// Most stock, in keys of `key_size_bits`.
    #[serde(default = "max_key_count")]
    pub max_key_count: u64,
    /// Stock at the start.
    #[serde(default)]
    pub initial_key_count: u64,
    /// Most additional slaves of one request.
    #[serde(default = "max_sae_id_count")]
    pub max_sae_id_count: u64,
    /// Most keys that wait for a slave; the oldest are dropped.
    #[serde(default = "waiting_keys_max")]
    pub waiting_keys_max: usize,
    /// When the link makes no key.
    #[serde(default)]
    pub outages: Vec<Outage>,
    /// Makes the same keys at every start, for tests; from the operating system when absent.
    pub danger_seed: Option<u64>,
}

/// One key manager.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KmeConfig {
    /// Its KME id.
    pub id: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// The authority of the applications' certificates, PEM.
    pub ca: PathBuf,
    /// The applications that belong to it.
    pub sae: Vec<SaeConfig>,
}

/// One application.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaeConfig {
    /// Its SAE id.
    pub id: String,
    /// What its certificate must name: among the alternative names, or as the common name; the id
    /// when absent.
    pub certificate_name: Option<String>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No rate, or several.
    #[error("[link] says one of rate_bits_s, distance_km, rate_file; correct kme.toml")]
    OneRate,
    /// The rate is wrong.
    #[error("{0}; correct [link] in kme.toml")]
    Rate(#[from] RateError),
    /// The rate file cannot be read.
    #[error("the rate file {0} cannot be read ({1}); correct rate_file in kme.toml")]
    RateFile(PathBuf, std::io::Error),
    /// Sizes do not fit.
    #[error(
        "key sizes are multiples of 8 with 8 <= min <= key_size <= max <= {KEY_BITS_MAX}, and max_key_size_bits x max_key_per_request is at most {ANSWER_BITS_MAX}; correct [link] in kme.toml"
    )]
    Sizes,
    /// Counts do not fit.
    #[error(
        "max_key_per_request, max_key_count and waiting_keys_max are at least 1 and at most 2^32; correct [link] in kme.toml"
    )]
    Counts,
    /// Not a pair.
    #[error("kme.toml has two [[kme]]: a pair shares the link")]
    Pair,
    /// An id twice.
    #[error("the id {0:?} stands twice in kme.toml; each key manager and each SAE has its own")]
    Twice(String),
    /// The control is open to others.
    #[error("control is for this machine alone: write 127.0.0.1 or [::1], not {0}")]
    Control(SocketAddr),
}

const fn key_size_bits() -> u64 {
    256
}
const fn min_key_size_bits() -> u64 {
    64
}
const fn max_key_size_bits() -> u64 {
    65_536
}
const fn max_key_per_request() -> u64 {
    128
}
const fn max_key_count() -> u64 {
    1_000_000
}
const fn max_sae_id_count() -> u64 {
    8
}
const fn waiting_keys_max() -> usize {
    100_000
}

impl Config {
    /// Reads the text of the file; `folder` is where it lies.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        for kme in &mut config.kme {
            for path in [&mut kme.certificate, &mut kme.key, &mut kme.ca] {
                *path = folder.join(&*path);
            }
        }
        if let Some(path) = &mut config.link.rate_file {
            *path = folder.join(&*path);
        }
        Ok(config)
    }

    /// Whether everything fits together.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.link.check()?;
        if self.kme.len() != 2 {
            return Err(ConfigError::Pair);
        }
        let kmes = self.kme.iter().map(|kme| &kme.id);
        let saes = self.kme.iter().flat_map(|kme| &kme.sae).map(|sae| &sae.id);
        unlike(kmes)?;
        unlike(saes)?;
        match self.control {
            Some(address) if !address.ip().is_loopback() => Err(ConfigError::Control(address)),
            _ => Ok(()),
        }
    }
}

fn unlike<'a>(ids: impl Iterator<Item = &'a String>) -> Result<(), ConfigError> {
    let mut seen = std::collections::HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(ConfigError::Twice(id.clone()));
        }
    }
    Ok(())
}

impl LinkConfig {
    /// What one request may ask for.
    pub(crate) const fn bounds(&self) -> Bounds {
        Bounds {
            key_size: self.key_size_bits,
            min_key_size: self.min_key_size_bits,
            max_key_size: self.max_key_size_bits,
            max_key_per_request: self.max_key_per_request,
            max_sae_id_count: self.max_sae_id_count,
        }
    }

    /// The rate, whichever way it is told.
    pub(crate) fn rate(&self) -> Result<KeyRate, ConfigError> {
        Ok(
            match (self.rate_bits_s, self.distance_km, &self.rate_file) {
                (Some(bits), None, None) => KeyRate::fixed(bits)?,
                (None, Some(km), None) => KeyRate::at_km(km)?,
                (None, None, Some(path)) => {
                    let text = std::fs::read_to_string(path)
                        .map_err(|error| ConfigError::RateFile(path.clone(), error))?;
                    KeyRate::from_csv(&text)?
                }
                _ => return Err(ConfigError::OneRate),
            },
        )
    }

    fn check(&self) -> Result<(), ConfigError> {
        let sizes = [
            8,
            self.min_key_size_bits,
            self.key_size_bits,
            self.max_key_size_bits,
            KEY_BITS_MAX,
        ];
        let rising = sizes.is_sorted() && sizes.iter().all(|bits| bits.is_multiple_of(8));
        let answer = self
            .max_key_size_bits
            .saturating_mul(self.max_key_per_request);
        if !rising || answer > ANSWER_BITS_MAX {
            return Err(ConfigError::Sizes);
        }
        let counts = [
            self.max_key_per_request,
            self.max_key_count,
            self.waiting_keys_max as u64,
        ];
        if counts.iter().any(|count| *count == 0 || *count > 1 << 32) {
            return Err(ConfigError::Counts);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! A gateway's configuration file and its directory key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hlincos_net::link::LinkConfig;
use hlincos_record::handle::DirectoryKey;
use hlincos_sharing::dispersal::Scheme;
use serde::Deserialize;

use crate::{AccessConfig, RandomnessConfig};
use zeroize::Zeroizing;

/// `gateway.toml`; relative paths are relative to the file's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to listen for QUIC, over UDP; nowhere when absent.
    pub quic: Option<SocketAddr>,
    /// Over which kind of link most callers of that door come.
    #[serde(default)]
    pub quic_link: QuicLink,
    /// The folder of the catalogue.
    pub data: PathBuf,
    /// Own certificate, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM, mode 0600.
    pub key: PathBuf,
    /// The authority's root certificate, PEM.
    pub root: PathBuf,
    /// The directory key, 64 hexadecimal digits, mode 0600.
    pub directory_key: PathBuf,
    /// How many shares restore.
    pub k: u8,
    /// How many sites must have a share durably before it is acknowledged; k + 1 when absent.
    pub stored_at_least: Option<u8>,
    /// Where coefficients come from; a generator seeded by the system when absent.
    #[serde(default)]
    pub randomness: RandomnessConfig,
    /// Which stores each agent may back up and restore, by the agent's name; agents that are not
    /// named may none, but if none is named at all, every agent may all.
    #[serde(default)]
    pub agents: BTreeMap<String, Vec<String>>,
    /// How images and documents become shares; messages are always shared by Shamir's scheme.
    #[serde(default)]
    pub documents: DocumentScheme,
    /// Which healthcare roles may read what.
    #[serde(default)]
    pub access: AccessConfig,
    /// How long a silent site is waited for while bundles are dealt.
    #[serde(default = "patience_s")]
    pub patience_s: u64,
    /// The sites, in the order of their points: never reorder them.
    pub site: Vec<SiteConfig>,
}

/// A kind of link: how much may be under way before the first acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuicLink {
    /// Cable or mobile.
    #[default]
    Terrestrial,
    /// A geostationary satellite.
    Satellite,
}

/// A scheme by its name in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentScheme {
    /// n times the size; as strong as the randomness.
    #[default]
    Shamir,
    /// n/k times the size; computational.
    Dispersal,
}

impl From<DocumentScheme> for Scheme {
    fn from(configured: DocumentScheme) -> Self {
        match configured {
            DocumentScheme::Shamir => Self::Shamir,
            DocumentScheme::Dispersal => Self::Dispersal,
        }
    }
}

/// One site of the roster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteConfig {
    /// Its name, as in its certificate.
    pub name: String,
    /// Host and port.
    pub address: String,
    /// A link by which the site can be called by frames instead of TLS; this is its end a.
    pub link: Option<LinkConfig>,
}

const fn patience_s() -> u64 {
    60
}

impl Config {
    /// Reads the text of the file; `folder` is where it lies.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        for path in [
            &mut config.data,
            &mut config.certificate,
            &mut config.key,
            &mut config.root,
            &mut config.directory_key,
        ] {
            *path = folder.join(&*path);
        }
        for link in config.site.iter_mut().filter_map(|site| site.link.as_mut()) {
            link.resolve(folder);
        }
        config.access.crls = config.access.crls.map(|path| folder.join(path));
        Ok(config)
    }
}

/// Reads a directory key: 64 hexadecimal digits in a file that only its owner can read.
///
/// # Errors
/// A sentence that names the file and the next step.
pub fn read_directory_key(path: &Path) -> Result<DirectoryKey, String> {
    use std::os::unix::fs::PermissionsExt;

    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|error| {
        format!("the directory key {shown} cannot be read ({error}); restore it from the custodians' copy, without it no folder can be found")
    })?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "others may read the directory key {shown}; run: chmod 600 {shown}"
        ));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the directory key {shown} cannot be read ({error})"))?;
    let text = Zeroizing::new(text);
    let digits = text.trim();
    let mut key = Zeroizing::new([0_u8; 32]);
    let malformed = || format!("the directory key {shown} is not 64 hexadecimal digits");
    if digits.len() != 64 || !digits.is_ascii() {
        return Err(malformed());
    }
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| malformed())?;
    }
    Ok(DirectoryKey::new(*key))
}

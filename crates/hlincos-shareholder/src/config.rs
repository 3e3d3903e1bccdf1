//! A shareholder's configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;

use hlincos_net::link::LinkConfig;
use serde::Deserialize;

/// `shareholder.toml`; relative paths are relative to the file's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder of the share store.
    pub data: PathBuf,
    /// Own certificate, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM, mode 0600.
    pub key: PathBuf,
    /// The authority's root certificate, PEM.
    pub root: PathBuf,
    /// Free space below which nothing more is taken, in MiB.
    #[serde(default = "reserve_mib")]
    pub reserve_mib: u64,
    /// Links over which gateways may call by frames instead of TLS.
    #[serde(default)]
    pub link: Vec<PeerLink>,
    /// DANGER, for drills only: answer wrong shares, as a lying site would.
    #[serde(default)]
    pub danger_lie: bool,
}

/// A link, and who is at its other end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerLink {
    /// The gateway's name, as in its certificate.
    pub gateway: String,
    /// The link; this is its end b.
    pub frames: LinkConfig,
}

const fn reserve_mib() -> u64 {
    64
}

impl Config {
    /// Reads the text of the file; `folder` is where it lies.
    ///
    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn from_toml(text: &str, folder: &std::path::Path) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        for path in [
            &mut config.data,
            &mut config.certificate,
            &mut config.key,
            &mut config.root,
        ] {
            *path = folder.join(&*path);
        }
        for link in &mut config.link {
            link.frames.resolve(folder);
        }
        Ok(config)
    }
}

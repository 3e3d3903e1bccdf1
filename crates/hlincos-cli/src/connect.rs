//! From a client's configuration file to a gateway that can be called.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use hlincos_net::{CallError, Client};
use hlincos_pki::{Identity, Role};
use hlincos_proto::gateway::GatewayClient;
use hlincos_tls::Credential;
use serde::Deserialize;

/// `agent.toml`, `terminal.toml`, `operator.toml`; relative paths are relative to the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientConfig {
    /// Host and port of the gateway.
    pub(crate) gateway: String,
    /// The gateway's name, as in its certificate.
    pub(crate) gateway_name: String,
    /// Own certificate, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM, mode 0600.
    pub(crate) key: PathBuf,
    /// The authority's root certificate, PEM.
    pub(crate) root: PathBuf,
    /// The key exchange of its calls; `hlincos suites` lists them.
    #[serde(default)]
    pub(crate) exchange: Option<String>,
    /// The authority's revocation lists; once set, no gateway that they do not cover is believed.
    #[serde(default)]
    pub(crate) crls: Option<PathBuf>,
    /// The agent's folder of journals and lists.
    #[serde(default = "state")]
    pub(crate) state: PathBuf,
}

fn state() -> PathBuf {
    "state".into()
}

/// Reads a configuration file, with the next step in its errors.
pub(crate) fn read_config<T>(
    path: &Path,
    parse: impl FnOnce(&str, &Path) -> Result<T, toml::de::Error>,
) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "the configuration {} cannot be read; `hlincos init` writes one",
            path.display()
        )
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, folder).with_context(|| format!("{} is not right", path.display()))
}

impl ClientConfig {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        read_config(path, |text, folder| {
            let mut config: Self = toml::from_str(text)?;
            for path in [
                &mut config.certificate,
                &mut config.key,
                &mut config.root,
                &mut config.state,
            ] {
                *path = folder.join(&*path);
            }
            config.crls = config.crls.map(|path| folder.join(path));
            Ok(config)
        })
    }

    pub(crate) fn connect(&self) -> anyhow::Result<GatewayClient> {
        let mut credential = Credential::from_files(&self.certificate, &self.key, &self.root)?;
        if let Some(exchange) = &self.exchange {
            credential = credential.with_exchange(exchange.parse()?);
        }
        if let Some(lists) = &self.crls {
            credential = credential.with_revocation_lists(lists.clone());
        }
        let tls = hlincos_tls::client_config(&credential)?;
        let name = self.gateway_name.parse().map_err(|_| {
            anyhow!(
                "gateway_name = {:?} is no name: a-z, 0-9 and '-'",
                self.gateway_name
            )
        })?;
        let name = hlincos_tls::server_name(&Identity {
            role: Role::Gateway,
            name,
        });
        Ok(GatewayClient::new(
            Client::new(self.gateway.clone(), name, tls),
            explain,
        ))
    }
}

/// A failed call in words that name cause and next step.
fn explain(error: &CallError) -> String {
    match error {
        CallError::Tls(tls) => hlincos_tls::explain(tls),
        CallError::Unreachable(why) => {
            format!("not reachable ({why}); is `hlincos serve gateway` running there?")
        }
        CallError::TimedOut(_) => {
            format!("{error}; look at the gateway and its sites with `hlincos status`")
        }
        _ => error.to_string(),
    }
}

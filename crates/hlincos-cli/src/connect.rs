//! From a client's configuration file to a gateway that can be called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use hlincos_net::{CallError, Client, QuicDial};
use hlincos_pki::{Certificate, Identity, Role};
use hlincos_proto::gateway::GatewayClient;
use hlincos_terminal::{CopySettings, LinkSettings, ScreenSettings, Way};
use hlincos_tls::Credential;
use rustls::pki_types::ServerName;
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
    /// Host and port of the gateway's QUIC door; the terminal goes by TLS alone when absent.
    pub(crate) quic: Option<String>,
    /// The file that checks the terminal's passphrase.
    #[serde(default = "passphrase")]
    pub(crate) passphrase: PathBuf,
    /// The terminal's link.
    #[serde(default)]
    pub(crate) link: LinkSettings,
    /// The terminal's screen.
    #[serde(default)]
    pub(crate) screen: ScreenSettings,
    /// The terminal's sealed copies.
    #[serde(default)]
    pub(crate) copies: CopySettings,
    /// Names of facilities by their codes, as the terminal shows them.
    #[serde(default)]
    pub(crate) facilities: BTreeMap<String, String>,
}

fn passphrase() -> PathBuf {
    "terminal.pass".into()
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
                &mut config.passphrase,
            ] {
                *path = folder.join(&*path);
            }
            config.crls = config.crls.map(|path| folder.join(path));
            Ok(config)
        })
    }

    pub(crate) fn connect(&self) -> anyhow::Result<GatewayClient> {
        let (name, tls) = self.ends()?;
        let client = Client::new(self.gateway.clone(), name, tls);
        Ok(GatewayClient::new(client, explain))
    }

    /// Every way to the gateway, the best first: QUIC, where it is configured, then TLS.
    pub(crate) fn ways(&self) -> anyhow::Result<Vec<Way>> {
        let (name, tls) = self.ends()?;
        let mut ways = Vec::new();
        if let Some(address) = &self.quic {
            let dial = {
                let (address, name, tls) = (address.clone(), name.clone(), tls.clone());
                let profile = self.link.profile();
                move || QuicDial::new(address.clone(), name.clone(), tls.clone(), profile)
            };
            dial().context("[link] in terminal.toml makes no connection")?;
            let name = name.clone();
            ways.push(Way {
                name: "QUIC",
                address: address.clone(),
                make: Box::new(move || {
                    let dial = dial().expect("the same as was tried above");
                    GatewayClient::new(Client::over(name.clone(), Arc::new(dial)), explain)
                }),
            });
        }
        let address = self.gateway.clone();
        ways.push(Way {
            name: "TLS",
            address: address.clone(),
            make: Box::new(move || {
                let client = Client::new(address.clone(), name.clone(), tls.clone());
                GatewayClient::new(client, explain)
            }),
        });
        Ok(ways)
    }

    /// When the own certificate ends.
    pub(crate) fn valid_until(&self) -> anyhow::Result<Duration> {
        let path = &self.certificate;
        let pem = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        Ok(certificate.not_after())
    }

    /// The gateway's name as it must prove it, and the own side of TLS.
    fn ends(&self) -> anyhow::Result<(ServerName<'static>, Arc<rustls::ClientConfig>)> {
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
        Ok((name, tls))
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

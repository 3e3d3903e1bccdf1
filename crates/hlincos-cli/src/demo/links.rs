//! The links of a demo: pads are made and imported, key managers started, both ends configured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::ValueEnum;
use hlincos_proto::gateway::GatewayClient;

use super::processes::Process;

/// What protects the links between the gateway and the sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Links {
    /// TLS 1.3 with post-quantum key exchange and signatures.
    #[default]
    #[value(name = "pqtls", alias = "pq-tls")]
    PqTls,
    /// AES-256-GCM under ML-KEM-1024, X25519 and pre-shared numbers.
    Hybrid,
    /// AES-256-GCM under a ratchet of pre-shared numbers.
    Psk,
    /// One-time pad, couriered.
    Otp,
    /// Bulk by AES-256-GCM under QKD keys, emergencies by one-time pad of QKD keys.
    Qkd,
    /// As in 2019: one site by QKD, one by a pre-shared ratchet, one by TLS.
    #[value(name = "2019")]
    Of2019,
}

/// What one site has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tls,
    Pad(&'static str),
    Qkd,
}

/// Bytes of QKD pad that both ends keep.
const QKD_STOCK_BYTES: u64 = 1 << 20;
/// How long the first QKD keys may take.
const STOCK_TIMEOUT: Duration = Duration::from_secs(60);
/// Key rate of the simulated link: a short link of today. The demo shall not wait.
const RATE_BITS_S: u64 = 10_000_000;

impl Links {
    fn of(self, site: usize) -> Kind {
        match (self, site) {
            (Self::PqTls, _) => Kind::Tls,
            (Self::Hybrid, _) => Kind::Pad("hybrid"),
            (Self::Psk, _) => Kind::Pad("psk"),
            (Self::Otp, _) => Kind::Pad("otp"),
            (Self::Qkd, _) | (Self::Of2019, 0) => Kind::Qkd,
            (Self::Of2019, 1) => Kind::Pad("psk"),
            (Self::Of2019, _) => Kind::Tls,
        }
    }
}

/// The links of a demo, while it is set up.
pub(super) struct Plan {
    links: Links,
    folder: PathBuf,
    pad_bytes: u64,
    managers: Option<Managers>,
}

/// The running pair of key managers.
struct Managers {
    process: Process,
    folder: PathBuf,
}

impl Plan {
    /// Starts key managers if a link wants them; pads are as large as what may be sent.
    pub(super) async fn start(
        links: Links,
        folder: &Path,
        sites: &[String],
        store_bytes: u64,
    ) -> anyhow::Result<Self> {
        let wanted = |at: &usize| links.of(*at) == Kind::Qkd;
        let managers = match (0..sites.len()).any(|at| wanted(&at)) {
            true => Some(Managers::start(folder, sites).await?),
            false => None,
        };
        Ok(Self {
            links,
            folder: folder.to_owned(),
            pad_bytes: (4 * store_bytes).max(8 << 20),
            managers,
        })
    }

    /// Adds the site's end of its link to its configuration; makes and imports the pad.
    pub(super) fn configure_site(
        &self,
        at: usize,
        name: &str,
        config: &Path,
    ) -> anyhow::Result<()> {
        let section = match self.links.of(at) {
            Kind::Tls => return Ok(()),
            Kind::Pad(level) => {
                self.make_pad(at, name)?;
                frames("link.frames", "127.0.0.1:0", at, "b", &policy(level))
            }
            Kind::Qkd => {
                let text = frames("link.frames", "127.0.0.1:0", at, "b", &qkd_policy());
                text + &self.manager("link.frames", 1, name, "gateway")?
            }
        };
        append(
            config,
            &format!("\n[[link]]\ngateway = \"gateway\"\n{section}"),
        )
    }

    /// Adds the gateway's ends to its configuration.
    pub(super) fn configure_gateway(
        &self,
        config: &Path,
        sites: &[(String, String, Option<String>)],
    ) -> anyhow::Result<()> {
        let mut text = fs::read_to_string(config)?;
        for (at, (name, address, frames_at)) in sites.iter().enumerate() {
            let Some(frames_at) = frames_at else { continue };
            let section = match self.links.of(at) {
                Kind::Tls => continue,
                Kind::Pad(level) => frames("site.link", frames_at, at, "a", &policy(level)),
                Kind::Qkd => {
                    let text = frames("site.link", frames_at, at, "a", &qkd_policy());
                    text + &self.manager("site.link", 0, "gateway", name)?
                }
            };
            let site = format!("name = \"{name}\"\naddress = \"{address}\"\n");
            if !text.contains(&site) {
                bail!("the gateway's configuration does not name the site {name}");
            }
            text = text.replace(&site, &format!("{site}\n{section}"));
        }
        fs::write(config, text)?;
        Ok(())
    }

    /// Waits until every QKD link has keys in stock.
    pub(super) async fn wait_for_keys(&self, operator: &GatewayClient) -> anyhow::Result<()> {
        if self.managers.is_none() {
            return Ok(());
        }
        let filled = async {
            loop {
                let status = operator.status().await?;
                let full = |site: &hlincos_proto::gateway::SiteStatus| {
                    site.link.as_ref().is_none_or(|link| {
                        let stocks = [&link.sends, &link.receives];
                        let pad = link.sends.stock_bytes > link.sends.stock_qkd_bytes;
                        pad || stocks
                            .iter()
                            .all(|it| it.stock_qkd_bytes >= QKD_STOCK_BYTES / 2)
                    })
                };
                if status.sites.iter().all(full) {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let waited = tokio::time::timeout(STOCK_TIMEOUT, filled).await;
        waited.context("no QKD keys came in time; see the logs of gateway and sites")?
    }

    /// Makes a pad, imports it at both ends, and destroys the files, as people would.
    fn make_pad(&self, at: usize, site: &str) -> anyhow::Result<()> {
        let work = self.folder.join("courier");
        fs::create_dir_all(&work)?;
        let secret = |name: &str| -> anyhow::Result<PathBuf> {
            let mut bytes = [0_u8; 16];
            getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("{error}"))?;
            let path = work.join(format!("{name}.passphrase"));
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            fs::write(&path, digits)?;
            Ok(path)
        };
        let (of_gateway, of_site) = (secret("gateway")?, secret(site)?);
        let number = number(at).to_string();
        let size = self.pad_bytes.to_string();
        let mut make = hlincos()?;
        make.args(["pad", "make", "--from", "system", "--size", &size]);
        make.args(["--number", &number, "--pair", "gateway", site, "--out"]);
        make.arg(&work)
            .arg("--passphrase-file")
            .args([&of_gateway, &of_site]);
        run(make)?;
        for (end, passphrase, owner) in [
            ("gateway", &of_gateway, self.folder.join("gateway")),
            (site, &of_site, self.folder.join(format!("site-{site}"))),
        ] {
            let file = work.join(format!("pad-{number}-{end}.hlpad"));
            let mut import = hlincos()?;
            import.args(["pad", "import"]).arg(&file).arg("--into");
            import.arg(owner.join(format!("link-{number}")));
            import.arg("--passphrase-file").arg(passphrase);
            run(import)?;
            let mut destroy = hlincos()?;
            destroy.args(["pad", "destroy", "--yes"]).arg(&file);
            run(destroy)?;
        }
        fs::remove_dir_all(&work).ok();
        Ok(())
    }

    /// The key manager of one end, as a section of its configuration.
    fn manager(&self, table: &str, kme: usize, sae: &str, peer: &str) -> anyhow::Result<String> {
        let managers = self.managers.as_ref().context("key managers run")?;
        let address = managers.process.addresses().get(kme).cloned();
        let address = address.context("both key managers tell their addresses")?;
        let file = |name: String| managers.folder.join(name).display().to_string();
        Ok(format!(
            "\n[{table}.qkd]\npeer_sae = \"{peer}\"\n\n[{table}.qkd.kme]\naddress = \"{address}\"\nsae_id = \"{sae}\"\n\
             certificate = {:?}\nkey = {:?}\nca = {:?}\n",
            file(format!("{sae}.pem")),
            file(format!("{sae}.key")),
            file("ca.pem".into()),
        ))
    }
}

impl Managers {
    async fn start(folder: &Path, sites: &[String]) -> anyhow::Result<Self> {
        let dir = folder.join("kme");
        let any = "127.0.0.1:0".parse()?;
        let gateway = ("gateway".to_owned(), 0);
        let sites = sites.iter().map(|site| (site.clone(), 1));
        let options = hlincos_kme::InitOptions {
            listen: [any, any],
            control: Some(any),
            saes: std::iter::once(gateway).chain(sites).collect(),
            rsa: false,
        };
        hlincos_kme::init(&dir, &options)?;
        let config = dir.join("kme.toml");
        let text = fs::read_to_string(&config)?;
        let rate = format!("rate_bits_s = {RATE_BITS_S}\n");
        fs::write(&config, text.replace("rate_bits_s = 304000\n", &rate))?;
        let process = Process::start("kme", &config, &dir).await?;
        Ok(Self {
            process,
            folder: dir,
        })
    }
}

fn number(at: usize) -> usize {
    at + 1
}

fn frames(table: &str, at: &str, site: usize, end: &str, policy: &str) -> String {
    let number = number(site);
    format!(
        "[{table}]\nat = \"{at}\"\nnumber = {number}\nend = \"{end}\"\nfolder = \"link-{number}\"\n\
         stock_bytes = {QKD_STOCK_BYTES}\n\n[{table}.policy]\n{policy}"
    )
}

/// One level for everything: the demo shows it, and falls back to nothing.
fn policy(level: &str) -> String {
    let class = format!("{{ preferred = \"{level}\", minimum = \"{level}\" }}");
    format!(
        "emergency = {class}\ncontrol = {class}\nbulk = {class}\nreserve_bytes = 0\ngreen_seconds = 0\n"
    )
}

fn qkd_policy() -> String {
    "emergency = { preferred = \"otp\", minimum = \"hybrid\" }\n\
     control = { preferred = \"qkd\", minimum = \"hybrid\" }\n\
     bulk = { preferred = \"qkd\", minimum = \"hybrid\" }\nreserve_bytes = 65536\n"
        .into()
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut whole = fs::read_to_string(path)?;
    whole.push_str(text);
    fs::write(path, whole)?;
    Ok(())
}

/// This program, to be called as people would call it.
fn hlincos() -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("this program's own path is unknown")?;
    Ok(Command::new(program))
}

fn run(mut command: Command) -> anyhow::Result<()> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

//! `hlincos init`: a commented configuration per role.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Subcommand;
use serde::Serialize;

use crate::output::{Outcome, print};

/// Write a commented configuration for one role.
///
/// The folder should hold the certificate that `hlincos ca issue --out FOLDER` wrote.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Role,
}

#[derive(Subcommand)]
enum Role {
    /// One site, which keeps one share of everything: shareholder.toml.
    Shareholder {
        /// The site's name, as in its certificate.
        #[arg(long)]
        name: String,
        /// The folder for configuration and data.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:7411")]
        listen: String,
    },
    /// The gateway, which splits and restores: gateway.toml and the directory key.
    Gateway {
        /// The gateway's name, as in its certificate.
        #[arg(long, default_value = "gateway")]
        name: String,
        /// The folder for configuration and catalogue.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:7400")]
        listen: String,
        /// A site and its address; give it n times, in an order that never changes.
        #[arg(long = "site", value_name = "NAME=HOST:PORT", required = true)]
        sites: Vec<String>,
        /// How many sites restore.
        #[arg(short, long, default_value_t = 2)]
        k: u8,
    },
    /// The hospital's agent, which backs up and restores: agent.toml.
    Agent(Client),
    /// A clinician's terminal, which queries: terminal.toml.
    Terminal {
        #[command(flatten)]
        client: Client,
        /// Host and port of the gateway's QUIC door, if it has one.
        #[arg(long, value_name = "HOST:PORT")]
        quic: Option<String>,
    },
    /// The operator, who watches: operator.toml.
    Operator(Client),
    /// A simulated pair of QKD key managers, for demos and tests: kme.toml, certificates and keys.
    ///
    /// Certificates are ordinary ones (ECDSA P-256), of an authority made for this folder, so that any
    /// client of ETSI GS QKD 014 can call. The authority's key is thrown away: for further SAEs, init
    /// a new folder.
    Kme(Kme),
}

#[derive(clap::Args)]
struct Kme {
    /// The folder; nothing in it is written over.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where the first key manager listens.
    #[arg(long, default_value = "127.0.0.1:7471", value_name = "ADDRESS")]
    listen_a: SocketAddr,
    /// Where the second listens.
    #[arg(long, default_value = "127.0.0.1:7472", value_name = "ADDRESS")]
    listen_b: SocketAddr,
    /// Where page and control are, on this machine alone; nowhere when absent.
    #[arg(long, value_name = "ADDRESS")]
    control: Option<SocketAddr>,
    /// An application (SAE) at the first key manager; may be given several times.
    #[arg(long = "sae-a", default_values = ["sae-a"], value_name = "ID")]
    saes_a: Vec<String>,
    /// An application at the second.
    #[arg(long = "sae-b", default_values = ["sae-b"], value_name = "ID")]
    saes_b: Vec<String>,
    /// RSA certificates instead of ECDSA, for old clients.
    #[arg(long)]
    rsa: bool,
}

#[derive(clap::Args)]
struct Client {
    /// The party's name, as in its certificate.
    #[arg(long)]
    name: String,
    /// The folder for configuration and state.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Host and port of the gateway.
    #[arg(long, default_value = "127.0.0.1:7400")]
    gateway: String,
    /// The gateway's name, as in its certificate.
    #[arg(long, default_value = "gateway")]
    gateway_name: String,
}

#[derive(Serialize)]
struct Written {
    config: PathBuf,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let config = match &args.command {
        Role::Shareholder { name, dir, listen } => shareholder(dir, name, listen)?,
        Role::Gateway {
            name,
            dir,
            listen,
            sites,
            k,
        } => {
            let mut parsed = Vec::new();
            for site in sites {
                let pair = site.split_once('=').ok_or_else(|| {
                    anyhow!("--site {site}: write NAME=HOST:PORT, for example osaka=127.0.0.1:7411")
                })?;
                parsed.push((pair.0.to_owned(), pair.1.to_owned()));
            }
            gateway(dir, name, listen, &parsed, *k)?
        }
        Role::Agent(client) => client_config(client, "agent")?,
        Role::Terminal { client, quic } => {
            let path = client_config(client, "terminal")?;
            if let Some(quic) = quic {
                name_quic(&path, quic)?;
            }
            path
        }
        Role::Operator(client) => client_config(client, "operator")?,
        Role::Kme(args) => kme(args)?,
    };
    let written = Written { config };
    print(json, &written, |written| {
        format!(
            "wrote {}; read it once, every line is explained\n",
            written.config.display()
        )
    });
    Ok(Outcome::Done)
}

fn kme(args: &Kme) -> anyhow::Result<PathBuf> {
    let first = args.saes_a.iter().map(|sae| (sae.clone(), 0));
    let second = args.saes_b.iter().map(|sae| (sae.clone(), 1));
    let options = hlincos_kme::InitOptions {
        listen: [args.listen_a, args.listen_b],
        control: args.control,
        saes: first.chain(second).collect(),
        rsa: args.rsa,
    };
    Ok(hlincos_kme::init(&args.dir, &options)?)
}

fn credential(name: &str) -> String {
    format!(
        "# Certificate and key of this party, and the authority's root certificate.\n\
         # `hlincos ca issue` writes all three. The key must be readable by its owner only. A suite\n\
         # policy (suites.toml with suites.toml.sig) beside the root certificate is obeyed.\n\
         certificate = \"{name}.crt.pem\"\n\
         key = \"{name}.key.pem\"\n\
         root = \"root.crt.pem\"\n"
    )
}

/// Writes `shareholder.toml`.
pub(crate) fn shareholder(dir: &Path, name: &str, listen: &str) -> anyhow::Result<PathBuf> {
    let text = format!(
        "# A shareholder of H-LINCOS: keeps one share of everything, can read nothing.\n\
         # Relative paths are relative to this file.\n\n\
         # Where the gateway reaches this site.\n\
         listen = \"{listen}\"\n\n\
         # The share store. Acknowledged means: on this disk.\n\
         data = \"data\"\n\n{}\n\
         # Free space in MiB below which nothing more is taken.\n\
         reserve_mib = 64\n",
        credential(name)
    );
    write_new(dir, "shareholder.toml", &text, 0o644)
}

/// Writes `gateway.toml` and, when there is none yet, the directory key.
pub(crate) fn gateway(
    dir: &Path,
    name: &str,
    listen: &str,
    sites: &[(String, String)],
    k: u8,
) -> anyhow::Result<PathBuf> {
    let n = sites.len();
    if usize::from(k) > n || k < 2 {
        bail!(
            "k = {k} with {n} sites is no threshold: it takes 1 < k <= n; give more --site or another --k"
        );
    }
    let mut text = format!(
        "# The gateway of H-LINCOS: splits, restores, answers queries, keeps no patient data.\n\
         # Relative paths are relative to this file.\n\n\
         # Where agents, terminals and operators reach it.\n\
         listen = \"{listen}\"\n\
         # Where terminals reach it over QUIC (UDP): one round trip less, and no waiting for lost\n\
         # packets of another question. quic_link = \"satellite\" sends as fits that link at once.\n\
         # quic = \"{listen}\"\n\
         # quic_link = \"terrestrial\"\n\n\
         # The catalogue: a cache that `hlincos rebuild` recreates.\n\
         data = \"data\"\n\n{}\n\
         # Names every patient's folder. Without it no folder can be found again: keep copies of\n\
         # this file apart from the sites. It opens no share.\n\
         directory_key = \"directory.key\"\n\n\
         # How many sites restore. Never change it after the first backup.\n\
         k = {k}\n\n\
         # How many sites must have a share durably before a file counts as stored; when absent\n\
         # k + 1, so that one site may be lost right after. k is allowed: then degraded backups\n\
         # are taken while a site is down, and reported.\n\
         # stored_at_least = {}\n\n\
         # Seconds that a backup waits for a site that does not answer.\n\
         patience_s = 60\n\n\
         # How images and documents of the extended storage become shares:\n\
         #   shamir     n times their size, as strong as the randomness below\n\
         #   dispersal  n/k times their size: AES-256-GCM, an erasure code and a shared key; computational\n\
         # Messages and the directory are always shared by Shamir's scheme.\n\
         documents = \"shamir\"\n\n\
         # Where the coefficients of shares come from. The grade is written into every share.\n\
         #   drbg      AES-256 in counter mode, seeded by the operating system: computational\n\
         #   hedged    a physical source XOR that generator\n\
         #   physical  a physical source alone: the only one that is information-theoretic\n\
         # A source that fails stops backups; it never falls back to a lower grade.\n\
         [randomness]\n\
         grade = \"drbg\"\n\
         # source = \"rdseed\"                    # the processor's, about 15 MB/s\n\
         # source = \"/dev/hwrng\"                # a hardware generator\n\
         # source = \"file:/media/numbers.bin\"   # physical random numbers, each spent once\n\n\
         # Which healthcare roles may read what, by the names that `hlincos ca roles` lists; every\n\
         # reading is written to data/readings.jsonl. These are the roles when nothing is set:\n\
         # [access]\n\
         # messages = [\"Medical Doctor\", \"Dentist\", \"Pharmacist\", \"General Nurse\",\n\
         #   \"Public Health Nurse\", \"Midwife\", \"Emergency Medical Technician\"]\n\
         # documents = [\"Medical Doctor\", \"Dentist\"]\n\
         # The authority's revocation lists (`hlincos ca crl`); once set, a missing or old list\n\
         # lets nobody read.\n\
         # crls = \"crl.pem\"\n\n\
         # The sites. Their order decides which share is whose: never reorder them.\n",
        credential(name),
        n.min(usize::from(k) + 1),
    );
    for (name, address) in sites {
        write!(
            text,
            "[[site]]\nname = \"{name}\"\naddress = \"{address}\"\n\n"
        )?;
    }
    let key = dir.join("directory.key");
    if !key.exists() {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
        let mut digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.push('\n');
        write_new(dir, "directory.key", &digits, 0o600)?;
    }
    write_new(dir, "gateway.toml", &text, 0o644)
}

fn client_config(client: &Client, role: &str) -> anyhow::Result<PathBuf> {
    self::client(
        &client.dir,
        role,
        &client.name,
        &client.gateway,
        &client.gateway_name,
    )
}

/// Writes `agent.toml`, `terminal.toml` or `operator.toml`.
pub(crate) fn client(
    dir: &Path,
    role: &str,
    name: &str,
    gateway: &str,
    gateway_name: &str,
) -> anyhow::Result<PathBuf> {
    let mut text = format!(
        "# The {role}'s side of H-LINCOS.\n\
         # Relative paths are relative to this file.\n\n\
         # The gateway, and its name as in its certificate.\n\
         gateway = \"{gateway}\"\n\
         gateway_name = \"{gateway_name}\"\n\n{}\n\
         # The key exchange of its calls (`hlincos suites`); isogenies need a policy that allows them.\n\
         # exchange = \"x25519mlkem768+ctidh512\"\n\
         # The authority's revocation lists (`hlincos ca crl`): no gateway that they do not cover.\n\
         # crls = \"crl.pem\"\n",
        credential(name)
    );
    if role == "agent" {
        text.push_str(
            "\n# Journals (what was acknowledged) and lists of defects. Confidential like the store.\n\
             state = \"state\"\n",
        );
    }
    if role == "terminal" {
        text.push_str(TERMINAL);
    }
    write_new(dir, &format!("{role}.toml"), &text, 0o644)
}

/// The line of a terminal's configuration that waits for the QUIC door's address.
const QUIC_LINE: &str = "# quic = \"gateway.example:7400\"\n";

/// What only a terminal has.
const TERMINAL: &str = "
# The gateway's QUIC door (UDP; `quic` in gateway.toml). It is tried first: one round trip less than
# TLS, which stays as the other way. Without it the terminal goes by TLS alone.
# quic = \"gateway.example:7400\"

# What checks the passphrase that unlocks `hlincos terminal`. It is chosen at the first start.
# To choose another one, remove the file and start again. It does not protect the key above.
passphrase = \"terminal.pass\"

[link]
# terrestrial or satellite; the figures below replace those of the kind.
kind = \"terrestrial\"
# initial_rtt_ms = 700        # round trip to expect before one was measured
# initial_window_kib = 256    # may be under way before the first acknowledgement
# keep_alive_s = 5            # a packet so often keeps the connection warm
# idle_s = 20                 # without any answer for so long the link is down
# second_way_after_ms = 3000  # then a question is asked over the other way too
# give_up_after_s = 15        # then it is given up, and the sealed copy offered

[screen]
# Port of 127.0.0.1; 0 lets the system choose.
port = 0
# Seconds without key, click or touch until the screen locks.
lock_after_s = 300
# Data whose last backup run is older than this are told in red.
stale_after_days = 2

[copies]
# The last patients stay sealed in memory (never on a disk): how long, and how many. 0 minutes keep
# the last one alone, until the screen locks.
minutes = 60
patients = 5
# Whether they may be opened while the gateway cannot be reached.
offline = true

[facilities]
# Names of hospitals by their codes, as the screen shows them.
# 1318814790 = \"Kochi Example Hospital\"
";

/// Puts the QUIC door's address where it belongs.
fn name_quic(path: &Path, address: &str) -> anyhow::Result<()> {
    if address.contains(['"', '\\']) || address.chars().any(char::is_control) {
        bail!("--quic {address}: write HOST:PORT, for example gateway.example:7400");
    }
    let text = fs::read_to_string(path)?;
    let text = text.replacen(QUIC_LINE, &format!("quic = \"{address}\"\n"), 1);
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

fn write_new(dir: &Path, name: &str, text: &str, mode: u32) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let path = dir.join(name);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .with_context(|| {
            format!(
                "{} cannot be written; if it is there already, edit it instead",
                path.display()
            )
        })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_configuration_that_init_writes_is_one_that_its_role_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = shareholder(dir.path(), "osaka", "127.0.0.1:7411").unwrap();
        let text = fs::read_to_string(path).unwrap();
        let config = hlincos_shareholder::Config::from_toml(&text, dir.path()).unwrap();
        assert_eq!(config.data, dir.path().join("data"));
        assert!(!config.danger_lie);

        let sites = ["osaka", "nagoya", "otemachi"].map(|name| (name.into(), "h:1".into()));
        let path = gateway(dir.path(), "gateway", "127.0.0.1:7400", &sites, 2).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let config = hlincos_gateway::Config::from_toml(&text, dir.path()).unwrap();
        assert_eq!((config.k, config.site.len()), (2, 3));
        assert!(hlincos_gateway::read_directory_key(&config.directory_key).is_ok());

        for role in ["agent", "terminal", "operator"] {
            let path = client(dir.path(), role, "x", "127.0.0.1:7400", "gateway").unwrap();
            assert!(crate::connect::ClientConfig::read(&path).is_ok(), "{role}");
            assert!(
                client(dir.path(), role, "x", "h:1", "gateway").is_err(),
                "never overwritten"
            );
        }
    }

    #[test]
    fn a_terminal_of_init_names_the_quic_door_and_its_defaults_are_those_of_the_program() {
        let dir = tempfile::tempdir().unwrap();
        let path = client(dir.path(), "terminal", "x", "h:1", "gateway").unwrap();
        let config = crate::connect::ClientConfig::read(&path).unwrap();
        assert_eq!(config.quic, None);
        assert_eq!(config.screen, hlincos_terminal::ScreenSettings::default());
        assert_eq!(config.copies, hlincos_terminal::CopySettings::default());
        assert_eq!(config.link, hlincos_terminal::LinkSettings::default());
        assert_eq!(config.passphrase, dir.path().join("terminal.pass"));
        name_quic(&path, "h:2").unwrap();
        let config = crate::connect::ClientConfig::read(&path).unwrap();
        assert_eq!(config.quic.as_deref(), Some("h:2"));
        assert!(name_quic(&path, "h\"").is_err());
    }

    #[test]
    fn a_threshold_beyond_the_sites_is_refused_with_the_next_step() {
        let dir = tempfile::tempdir().unwrap();
        let sites = [("osaka".to_owned(), "h:1".to_owned())];
        let error = gateway(dir.path(), "gateway", "127.0.0.1:0", &sites, 2).unwrap_err();
        assert!(error.to_string().contains("more --site"));
    }
}

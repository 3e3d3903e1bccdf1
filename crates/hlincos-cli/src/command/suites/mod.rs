//! `hlincos suites`: which suites may be used, whether they work here, and the policy's signature.

mod check;
mod handshake;
mod round_trips;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Subcommand;
use hlincos_pki::{Certificate, PrivateKey, Role, SignatureAlgorithm, Verifier};
use hlincos_tls::{Policy, Suite, sign_policy, verify_policy};
use serde::Serialize;
use zeroize::Zeroizing;

use super::unix_ms;
use crate::output::{Outcome, print};

/// List the quantum-safe suites and their state; check that all of them work on this machine.
///
/// A suite is a root (how the authority's root signed), a key exchange and a signature (how the
/// parties sign). Without a policy every suite without isogenies may be used. With one, what it
/// lists: put `suites.toml` and `suites.toml.sig` beside the root certificate of each party; a
/// running server takes a new one on the next handshake. Connections that stand go on until they
/// end: restart a server to end them.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The policy to list by; its signature lies beside it with the ending .sig.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The root certificates by which the policy's signature is believed.
    #[arg(long, value_name = "FILE", default_value = "root.crt.pem")]
    root: PathBuf,
    /// List for this role; without it, what anybody may use.
    #[arg(long)]
    role: Option<String>,
    /// Run all twelve suites as mutual TLS over loopback, with new roots and parties.
    #[arg(long, conflicts_with_all = ["policy", "role"])]
    check: bool,
    /// Handshakes of each suite for --check; the median counts.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
}

#[derive(Subcommand)]
enum Command {
    /// Sign a policy: writes FILE.sig beside it.
    ///
    /// The signer is a party of role authority (`hlincos ca issue --role authority`) that signs
    /// with ML-DSA-65 or SLH-DSA.
    Sign {
        /// The policy.
        #[arg(value_name = "FILE")]
        policy: PathBuf,
        /// The signer's certificate, with the issuing authority's behind it if there is one.
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// The signer's key, mode 0600.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

#[derive(Serialize)]
struct Listing {
    serial: u64,
    off: Vec<String>,
    suites: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    root: String,
    exchange: String,
    signature: String,
    allowed: bool,
    state: String,
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.command {
        Some(Command::Sign {
            policy,
            certificate,
            key,
        }) => sign(&policy, &certificate, &key, json),
        None if args.check => check::run(args.runs, json),
        None => list(&args, json),
    }
}

fn list(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let policy = match &args.policy {
        None => Policy::built_in(),
        Some(path) => read_policy(path, &args.root)?,
    };
    let role: Option<Role> = args.role.as_deref().map(str::parse).transpose()?;
    let now = now();
    let line = |suite: Suite| {
        let state = policy.state(suite, role, now);
        Line {
            root: suite.root.to_string(),
            exchange: suite.exchange.to_string(),
            signature: suite.signature.to_string(),
            allowed: state == hlincos_tls::State::Allowed,
            state: state.to_string(),
        }
    };
    let listing = Listing {
        serial: policy.serial(),
        off: policy.off().iter().map(ToString::to_string).collect(),
        suites: Suite::all().map(line).collect(),
    };
    print(json, &listing, |listing| {
        let mut text = match listing.serial {
            0 => "no policy: every suite without isogenies may be used\n".to_owned(),
            serial => format!("policy {serial}\n"),
        };
        for line in &listing.suites {
            let _ = writeln!(
                text,
                "{:13} {:24} {:11} {}",
                line.root, line.exchange, line.signature, line.state
            );
        }
        text
    });
    Ok(Outcome::Done)
}

fn read_policy(path: &Path, root: &Path) -> anyhow::Result<Policy> {
    let roots = pem(root)?;
    let der: Vec<_> = roots
        .iter()
        .map(|one| one.to_der().map(Into::into))
        .collect::<Result<_, _>>()?;
    let verifier = Verifier::new(&der)?;
    let believed = SignatureAlgorithm::ALL;
    let signature = fs::read(beside(path)).unwrap_or_default();
    verify_policy(&read(path)?, &signature, &verifier, &believed, now())
        .with_context(|| format!("{} is not taken", path.display()))
}

fn sign(policy: &Path, certificate: &Path, key: &Path, json: bool) -> anyhow::Result<Outcome> {
    let text = read(policy)?;
    let chain = pem(certificate)?;
    let secret = Zeroizing::new(fs::read_to_string(key).with_context(|| unreadable(key))?);
    let PrivateKey::Stateless(key) = PrivateKey::from_pem(&secret, None)? else {
        bail!("HSS and XMSS keys sign no policies; take a party's of role authority");
    };
    let signature = sign_policy(&text, &chain, &key)?;
    let path = beside(policy);
    fs::write(&path, signature).with_context(|| format!("{} cannot be written", path.display()))?;
    print(json, &serde_json::json!({ "signature": path }), |_| {
        format!(
            "wrote {}; put both files beside the root certificate of each party\n",
            path.display()
        )
    });
    Ok(Outcome::Done)
}

fn beside(policy: &Path) -> PathBuf {
    let mut name = policy.to_owned().into_os_string();
    name.push(".sig");
    name.into()
}

fn pem(path: &Path) -> anyhow::Result<Vec<Certificate>> {
    let text = read(path)?;
    let chain = str::from_utf8(&text)
        .ok()
        .and_then(|text| Certificate::chain_from_pem(text).ok());
    chain.ok_or_else(|| anyhow!("{} holds no certificate in PEM", path.display()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| unreadable(path))
}

fn unreadable(path: &Path) -> String {
    format!("{} cannot be read", path.display())
}

fn now() -> Duration {
    Duration::from_millis(unix_ms())
}

#[cfg(test)]
mod tests {
    use hlincos_pki::{Identity, KeyPair, Party, issue, make_root};

    use super::*;

    #[test]
    fn a_policy_that_the_command_signed_is_listed_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let day = Duration::from_secs(86_400);
        let root_key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let root = make_root("root", &root_key, now(), day).unwrap();
        let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let identity = Identity {
            role: Role::Authority,
            name: "authority".parse().unwrap(),
        };
        let party = Party::new(identity, &key);
        let own = issue(&root, &root_key, &party, now(), day).unwrap();
        fs::write(file("root.crt.pem"), root.to_pem().unwrap()).unwrap();
        fs::write(file("own.crt.pem"), own.to_pem().unwrap()).unwrap();
        fs::write(file("own.key.pem"), key.to_pkcs8_pem().unwrap()).unwrap();
        let policy = file("suites.toml");
        let text = "format = \"hlincos-suite-policy-1\"\nserial = 5\noff = [\"mayo-1\"]\n";
        fs::write(&policy, text).unwrap();
        assert!(read_policy(&policy, &file("root.crt.pem")).is_err());
        sign(&policy, &file("own.crt.pem"), &file("own.key.pem"), true).unwrap();
        let read = read_policy(&policy, &file("root.crt.pem")).unwrap();
        assert_eq!((read.serial(), read.off().len()), (5, 1));
        fs::write(&policy, text.replace("serial = 5", "serial = 6")).unwrap();
        let changed = read_policy(&policy, &file("root.crt.pem")).unwrap_err();
        assert!(
            format!("{changed:#}").contains("was changed"),
            "{changed:#}"
        );
    }
}

//! `hlincos ca ...`: the certificate authority.

mod passphrase;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::{Subcommand, ValueEnum};
use hlincos_authority::{Authority, IssueRequest, Issued, Issuer, RootKind, reason_of};
use hlincos_pki::{HcRole, Identity, PrivateKey, RevocationReason, Role, SignatureAlgorithm};
use serde::Serialize;

use self::passphrase::PassphraseArgs;
use crate::output::{Outcome, print};

/// Make a certificate authority; issue, renew, revoke and list certificates.
///
/// For real use: `ca init --root hss`, then `ca issuing`, and keep the folder off line. Its root
/// has 1,024 signatures, each of a one-time key; the folder is never copied and never restored from
/// a copy, since two copies would spend the same keys: `ca split` makes a second signer instead.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// The authority's folder and its keys.
#[derive(clap::Args)]
struct Folder {
    /// The authority's folder.
    #[arg(long, default_value = "ca", value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// What a root signs with.
#[derive(Clone, Copy, ValueEnum)]
enum Root {
    /// Hash trees, RFC 8554: 1,024 signatures.
    Hss,
    /// Hash trees, RFC 8391: 1,024 signatures.
    Xmss,
    /// Hashes without state, FIPS 205: 7,856 bytes each.
    SlhDsa,
    /// Lattices, FIPS 204.
    MlDsa,
}

/// What a party signs with.
#[derive(Clone, Copy, ValueEnum)]
enum Leaf {
    /// FIPS 204.
    MlDsa,
    /// Small: for links by satellite. Before FIPS 206.
    FnDsa,
    /// Smallest: for links by satellite. Round 3 of NIST's additional signatures.
    Mayo,
}

/// Who signs.
#[derive(Clone, Copy, ValueEnum)]
enum By {
    Root,
    Issuing,
}

#[derive(Subcommand)]
enum Command {
    /// Make the authority's folder: a root key and certificate.
    ///
    /// Keep the folder off line; who has its key can name anybody a gateway.
    Init {
        #[command(flatten)]
        folder: Folder,
        /// The authority's name, as certificates show it.
        #[arg(long, default_value = "H-LINCOS root")]
        name: String,
        /// What the root signs with; without it ML-DSA without a passphrase, for trying out.
        #[arg(long)]
        root: Option<Root>,
    },
    /// Make the issuing authority below the root (SLH-DSA-SHA2-128s).
    ///
    /// It signs parties' certificates and their revocation lists from then on, so that the root
    /// signs a few times a year.
    Issuing {
        #[command(flatten)]
        folder: Folder,
        /// Its name, as certificates show it.
        #[arg(long, default_value = "H-LINCOS issuing")]
        name: String,
    },
    /// Issue a certificate for one party and write it with its new key.
    Issue {
        #[command(flatten)]
        folder: Folder,
        /// shareholder, gateway, agent, clinician, operator, terminal, authority or kme.
        #[arg(long)]
        role: String,
        /// The party's name: a-z, 0-9 and '-', up to 40 characters.
        #[arg(long)]
        name: String,
        /// Where certificate, key and root certificate are written.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Days until it expires.
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// A clinician's healthcare role, in English or Japanese; several times for several.
        #[arg(long = "hcrole", value_name = "ROLE")]
        roles: Vec<String>,
        /// The institution that a manager manages.
        #[arg(long, value_name = "NAME")]
        institution: Option<String>,
        /// What the party signs with.
        #[arg(long, value_enum, default_value = "ml-dsa")]
        algorithm: Leaf,
        /// Who signs: the issuing authority where there is one. The root itself for short chains.
        #[arg(long)]
        by: Option<By>,
    },
    /// Issue a certificate anew for the same key, name and roles, in place of one that ends.
    Renew {
        #[command(flatten)]
        folder: Folder,
        /// The certificate; the old one stays beside it, under its serial number.
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// Days until the new one expires.
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// Who signs: the issuing authority where there is one.
        #[arg(long)]
        by: Option<By>,
    },
    /// Revoke a certificate; it takes effect where the next `ca crl` arrives.
    Revoke {
        /// The authority's folder.
        #[arg(long, default_value = "ca", value_name = "DIR")]
        dir: PathBuf,
        /// Its serial number, or its party's name if that has one certificate only.
        certificate: String,
        /// unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation or
        /// privilege-withdrawn.
        #[arg(long, default_value = "unspecified")]
        reason: String,
    },
    /// Make the revocation lists and put all of them into crl.pem.
    Crl {
        #[command(flatten)]
        folder: Folder,
        /// Days that the issuing authority's list is believed.
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// Days that the root's is believed; a stateful root spends a signature on each.
        #[arg(long, default_value_t = 90)]
        root_days: u32,
    },
    /// List every certificate that was issued.
    List {
        /// The authority's folder.
        #[arg(long, default_value = "ca", value_name = "DIR")]
        dir: PathBuf,
    },
    /// Show the authority, or one certificate.
    Show {
        /// The authority's folder.
        #[arg(long, default_value = "ca", value_name = "DIR")]
        dir: PathBuf,
        /// A serial number or a party's name.
        certificate: Option<String>,
    },
    /// Hand one-time keys of a stateful root to a second signer, for ever.
    ///
    /// This is the root's backup: never copy the folder. The new folder signs for the same root
    /// with its own part of the one-time keys; this one loses them.
    Split {
        #[command(flatten)]
        folder: Folder,
        /// The second signer's folder, new.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// How many one-time keys it gets.
        #[arg(long)]
        signatures: u32,
    },
    /// Believe a stateful root's folder again whose ledger was lost, damaged or put back.
    ///
    /// Only for who knows every certificate and revocation list that the root ever signed: a
    /// one-time key that signs twice gives the root away. Every index below --next is given up.
    Adopt {
        #[command(flatten)]
        folder: Folder,
        /// The first index that was certainly never used.
        #[arg(long, value_name = "INDEX")]
        next: u32,
        /// Says that no copy of this folder will ever sign.
        #[arg(long, required = true)]
        i_have_the_only_copy: bool,
    },
    /// List the healthcare roles, in Japanese and English.
    Roles,
}

#[derive(Serialize)]
struct Made {
    folder: PathBuf,
    party: String,
}

#[derive(Serialize)]
struct Shown {
    folder: PathBuf,
    algorithm: String,
    /// Signatures that a stateful root has left.
    signatures_left: Option<u32>,
    certificates: usize,
    revoked: usize,
}

#[derive(Serialize)]
struct RoleRow {
    japanese: &'static str,
    english: Option<&'static str>,
    manager: bool,
    /// Whether the English name was read in a published certificate or vector.
    confirmed: bool,
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.command {
        Command::Init { folder, name, root } => {
            let (kind, passphrase) = new_root(root, &folder.passphrase)?;
            Authority::init(&folder.dir, &name, kind, passphrase)?;
            made(json, folder.dir, name);
        }
        Command::Issuing { folder, name } => {
            let authority = folder.open()?;
            authority.make_issuing(&name, SignatureAlgorithm::SlhDsa128s)?;
            made(json, folder.dir, name);
        }
        Command::Issue {
            folder,
            role,
            name,
            out,
            days,
            roles,
            institution,
            algorithm,
            by,
        } => {
            let role: Role = role.parse().map_err(|error| anyhow!("--role: {error}"))?;
            let name = name.parse().map_err(|error| anyhow!("--name: {error}"))?;
            let identity = Identity { role, name };
            let roles: Vec<HcRole> = roles
                .iter()
                .map(|role| role.parse())
                .collect::<Result<_, _>>()?;
            let request = IssueRequest {
                identity: &identity,
                algorithm: algorithm.into(),
                roles: &roles,
                institution: institution.as_deref(),
                lifetime: lasting(days),
                issuer: by.map(Into::into),
                passphrase: None,
            };
            folder.open()?.issue(request, &out)?;
            made(json, out, identity.dns_name());
        }
        Command::Renew {
            folder,
            certificate,
            days,
            by,
        } => {
            let authority = folder.open()?;
            authority.renew(&certificate, by.map(Into::into), lasting(days))?;
            made(json, certificate, "the renewed certificate".into());
        }
        Command::Revoke {
            dir,
            certificate,
            reason,
        } => {
            let reason: RevocationReason = reason_of(&reason)
                .ok_or_else(|| anyhow!("no reason {reason:?}; `hlincos ca revoke --help`"))?;
            let serial = Authority::open(&dir, None)?.revoke(&certificate, reason)?;
            made(json, dir, format!("the revocation of {serial}"));
        }
        Command::Crl {
            folder,
            days,
            root_days,
        } => {
            let path = folder
                .open()?
                .make_crls(lasting(days), lasting(root_days))?;
            made(json, path, "every revocation list".into());
        }
        Command::List { dir } => {
            let list = Authority::open(&dir, None)?.list()?;
            print(json, &list, |list| list.iter().map(line).collect());
        }
        Command::Show { dir, certificate } => return show(&dir, certificate, json),
        Command::Split {
            folder,
            to,
            signatures,
        } => {
            folder.open()?.split(&to, signatures)?;
            made(
                json,
                to,
                format!("a signer with {signatures} one-time keys"),
            );
        }
        Command::Adopt { folder, next, .. } => {
            folder.open()?.adopt(next)?;
            made(json, folder.dir, format!("the root from index {next} on"));
        }
        Command::Roles => list_roles(json),
    }
    Ok(Outcome::Done)
}

impl Folder {
    fn open(&self) -> anyhow::Result<Authority> {
        // A file that cannot be read or lies open is told of when its key is needed.
        let key = std::fs::read_to_string(self.dir.join("root.key.pem"));
        let locked = key.is_ok_and(|pem| PrivateKey::is_locked(&pem));
        let passphrase = self.passphrase.of_old_keys(locked)?;
        Ok(Authority::open(&self.dir, passphrase)?)
    }
}

/// The kind of root and the passphrase of its key.
fn new_root(
    root: Option<Root>,
    passphrase: &PassphraseArgs,
) -> anyhow::Result<(RootKind, hlincos_authority::Passphrase)> {
    let algorithm = match root {
        Some(Root::Hss) => SignatureAlgorithm::Hss,
        Some(Root::Xmss) => SignatureAlgorithm::Xmss,
        Some(Root::SlhDsa) => SignatureAlgorithm::SlhDsa128s,
        Some(Root::MlDsa) | None => SignatureAlgorithm::MlDsa65,
    };
    let Ok(kind) = RootKind::new(algorithm) else {
        bail!("a root is not made of {algorithm}");
    };
    if root.is_none() && !passphrase.is_given() {
        return Ok((kind, None));
    }
    Ok((kind, passphrase.of_new_keys()?))
}

fn show(dir: &Path, certificate: Option<String>, json: bool) -> anyhow::Result<Outcome> {
    let authority = Authority::open(dir, None)?;
    if let Some(certificate) = certificate {
        print(json, &authority.show(&certificate)?, line);
        return Ok(Outcome::Done);
    }
    let list = authority.list()?;
    let shown = Shown {
        folder: dir.to_owned(),
        algorithm: authority.algorithm()?.to_string(),
        signatures_left: authority.signatures_left()?,
        certificates: list.len(),
        revoked: list.iter().filter(|one| one.revoked_at.is_some()).count(),
    };
    print(json, &shown, |shown| {
        let left = shown.signatures_left;
        let left = left.map_or(String::new(), |left| format!(", {left} signatures left"));
        format!(
            "{}: root of {}{left}; {} certificates, {} of them revoked\n",
            shown.folder.display(),
            shown.algorithm,
            shown.certificates,
            shown.revoked
        )
    });
    Ok(Outcome::Done)
}

fn list_roles(json: bool) {
    let rows: Vec<RoleRow> = HcRole::all()
        .map(|role| RoleRow {
            japanese: role.japanese(),
            english: role.english(),
            manager: role.is_manager(),
            confirmed: role.is_confirmed(),
        })
        .collect();
    print(json, &rows, |rows| {
        let row = |row: &RoleRow| {
            let english = row.english.unwrap_or("(no English name known)");
            let unsure = if row.confirmed { "" } else { "  (unconfirmed)" };
            format!("{}  {english}{unsure}\n", row.japanese)
        };
        rows.iter().map(row).collect()
    });
}

fn line(one: &Issued) -> String {
    let revoked = one.reason.as_deref();
    let revoked = revoked.map_or(String::new(), |reason| format!("  revoked: {reason}"));
    format!("{}  {}{revoked}\n", one.serial, one.party)
}

fn made(json: bool, folder: PathBuf, party: String) {
    print(json, &Made { folder, party }, |made| {
        format!("{} is in {}\n", made.party, made.folder.display())
    });
}

fn lasting(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

impl From<Leaf> for SignatureAlgorithm {
    fn from(leaf: Leaf) -> Self {
        match leaf {
            Leaf::MlDsa => Self::MlDsa65,
            Leaf::FnDsa => Self::FnDsa512,
            Leaf::Mayo => Self::Mayo1,
        }
    }
}

impl From<By> for Issuer {
    fn from(by: By) -> Self {
        match by {
            By::Root => Self::Root,
            By::Issuing => Self::Issuing,
        }
    }
}

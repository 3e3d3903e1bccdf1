//! `hlincos ca init` and `hlincos ca issue`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::Subcommand;
use hlincos_pki::{Identity, Role};
use serde::Serialize;

use crate::output::{Outcome, print};

/// Make a certificate authority, or issue certificates from it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the authority's folder: a root key and certificate (ML-DSA-65).
    ///
    /// Keep the folder off line; who has its key can name anybody a gateway.
    Init {
        /// The authority's folder, new.
        #[arg(long, default_value = "ca", value_name = "DIR")]
        dir: PathBuf,
        /// The authority's name, as certificates show it.
        #[arg(long, default_value = "H-LINCOS root")]
        name: String,
    },
    /// Issue a certificate for one party and write it with its new key.
    Issue {
        /// The authority's folder.
        #[arg(long, default_value = "ca", value_name = "DIR")]
        dir: PathBuf,
        /// shareholder, gateway, agent, clinician or operator.
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
    },
}

#[derive(Serialize)]
struct Made {
    folder: PathBuf,
    party: String,
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let made = match args.command {
        Command::Init { dir, name } => {
            hlincos_authority::init(&dir, &name)?;
            Made {
                folder: dir,
                party: name,
            }
        }
        Command::Issue {
            dir,
            role,
            name,
            out,
            days,
        } => {
            let role: Role = role.parse().map_err(|_| {
                anyhow!("no role {role:?}: shareholder, gateway, agent, clinician or operator")
            })?;
            let name = name.parse().map_err(|error| anyhow!("--name: {error}"))?;
            let identity = Identity { role, name };
            let lifetime = Duration::from_secs(u64::from(days) * 86_400);
            hlincos_authority::issue(&dir, &identity, &out, lifetime)?;
            Made {
                folder: out,
                party: identity.dns_name(),
            }
        }
    };
    print(json, &made, |made| {
        format!("{} is in {}\n", made.party, made.folder.display())
    });
    Ok(Outcome::Done)
}

//! `hlincos serve shareholder|gateway|kme`.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::connect::read_config;
use crate::output::Outcome;

/// Run a shareholder, a gateway or simulated key managers until Ctrl-C or SIGTERM.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    role: Role,
    /// Stop when standard input ends, so that a parent that dies takes its servers along.
    #[arg(long, global = true)]
    exit_with_parent: bool,
}

#[derive(Subcommand)]
enum Role {
    /// One site.
    Shareholder {
        /// Its configuration.
        #[arg(long, default_value = "shareholder.toml", value_name = "FILE")]
        config: PathBuf,
    },
    /// The gateway.
    Gateway {
        /// Its configuration.
        #[arg(long, default_value = "gateway.toml", value_name = "FILE")]
        config: PathBuf,
    },
    /// A simulated pair of QKD key managers, for demos and tests.
    ///
    /// Two HTTPS listeners speak ETSI GS QKD 014 v1.1.1 and share a simulated link with the key rate
    /// that the configuration tells: fixed, by distance, or from a file. Any client of the standard
    /// can call them. THE KEYS ARE PSEUDORANDOM, no quantum link is behind them; every answer and
    /// page says so.
    ///
    /// To try it:
    ///   hlincos init kme --dir qkd
    ///   hlincos serve kme --config qkd/kme.toml
    ///   curl --cacert qkd/ca.pem --cert qkd/sae-a.pem --key qkd/sae-a.key \
    ///     https://127.0.0.1:7471/api/v1/keys/sae-b/enc_keys
    ///   curl --cacert qkd/ca.pem --cert qkd/sae-b.pem --key qkd/sae-b.key \
    ///     'https://127.0.0.1:7472/api/v1/keys/sae-a/dec_keys?key_ID=ID-OF-THE-KEY'
    ///
    /// With `control` in the configuration, http://127.0.0.1:7490/ shows rate, stock and deliveries,
    /// and takes orders: outages, other rates, and the faults of key managers in the field.
    #[command(verbatim_doc_comment)]
    Kme {
        /// The configuration; `hlincos init kme` writes it, with every line explained.
        #[arg(long, default_value = "kme.toml", value_name = "FILE")]
        config: PathBuf,
    },
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let stop = stop(args.exit_with_parent)?;
    match args.role {
        Role::Shareholder { config } => {
            let config = read_config(&config, hlincos_shareholder::Config::from_toml)?;
            let server = hlincos_shareholder::Server::bind(&config).await?;
            announce(server.address(), server.frame_addresses(), json);
            server.serve(stop).await?;
        }
        Role::Gateway { config } => {
            let config = read_config(&config, hlincos_gateway::Config::from_toml)?;
            let server = hlincos_gateway::Server::bind(&config).await?;
            announce(server.address(), &[], json);
            server.serve(stop).await;
        }
        Role::Kme { config } => {
            let config = read_config(&config, hlincos_kme::Config::from_toml)?;
            let server = hlincos_kme::Server::bind(&config).await?;
            announce_kme(&server, json)?;
            server.serve(stop).await;
        }
    }
    Ok(Outcome::Done)
}

/// Tells where it listens, once it does: scripts wait for this line.
fn announce(address: SocketAddr, frames: &[SocketAddr], json: bool) {
    if json {
        let told = serde_json::json!({ "listening": address.to_string(), "frames": frames });
        println!("{told}");
        return;
    }
    println!("listening on {address}");
    for frames in frames {
        println!("frames of links on {frames}");
    }
}

/// The same for a pair of key managers, and that it is a simulation.
fn announce_kme(server: &hlincos_kme::Server, json: bool) -> anyhow::Result<()> {
    let addresses = server.addresses()?;
    let control = server.control_address();
    if json {
        let told = serde_json::json!({
            "listening": addresses,
            "control": control,
            "hlincos_simulation": hlincos_kme::NOTICE,
        });
        println!("{told}");
        return Ok(());
    }
    println!("{}", hlincos_kme::NOTICE);
    if let Some(control) = control {
        println!("page and control at http://{control}/");
    }
    let both: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    println!("listening on {}", both.join(" and "));
    Ok(())
}

/// Ready when somebody wants the server to end.
pub(crate) fn stop(with_parent: bool) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be caught")?;
    let parent = async move {
        if with_parent {
            let mut byte = [0];
            let mut input = tokio::io::stdin();
            while matches!(input.read(&mut byte).await, Ok(1..)) {}
        } else {
            std::future::pending::<()>().await;
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = parent => {}
        }
    })
}

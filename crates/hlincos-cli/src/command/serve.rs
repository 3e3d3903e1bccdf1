//! `hlincos serve shareholder|gateway`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::connect::read_config;
use crate::output::Outcome;

/// Run a shareholder or a gateway until Ctrl-C or SIGTERM.
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
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let stop = stop(args.exit_with_parent)?;
    match args.role {
        Role::Shareholder { config } => {
            let config = read_config(&config, hlincos_shareholder::Config::from_toml)?;
            let server = hlincos_shareholder::Server::bind(&config).await?;
            announce(server.address(), json);
            server.serve(stop).await?;
        }
        Role::Gateway { config } => {
            let config = read_config(&config, hlincos_gateway::Config::from_toml)?;
            let server = hlincos_gateway::Server::bind(&config).await?;
            announce(server.address(), json);
            server.serve(stop).await;
        }
    }
    Ok(Outcome::Done)
}

/// Tells where it listens, once it does: scripts wait for this line.
fn announce(address: std::net::SocketAddr, json: bool) {
    if json {
        println!(
            "{}",
            serde_json::json!({ "listening": address.to_string() })
        );
    } else {
        println!("listening on {address}");
    }
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

//! `hlincos view ID`.

use std::process::{Command, Stdio};

use hlincos_terminal::Viewer;

use super::query;
use crate::connect::ClientConfig;
use crate::output::Outcome;

/// Open one patient's page.
///
/// Served on this machine's loopback address only, under an address that works once, until Ctrl-C.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    query: query::Args,
    /// Print the address, open no browser.
    #[arg(long)]
    headless: bool,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let gateway = ClientConfig::read(&args.query.config.config)?.connect()?;
    let fetched = query::fetch(&gateway, &args.query.who.request()).await?;
    let outcome = fetched.outcome();
    let viewer = Viewer::start(fetched.page()).await?;
    let url = viewer.url();
    if json {
        println!("{}", serde_json::json!({ "url": url }));
    } else {
        println!("{url}\nCtrl-C ends it");
    }
    if !args.headless {
        open_browser(&url);
    }
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    viewer.serve_until(stop).await?;
    Ok(outcome)
}

/// Opens the address in the user's browser where there is one; the address was printed anyway.
pub(crate) fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let opened = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if opened.is_err() {
        tracing::info!("no browser could be opened; use the address above");
    }
}

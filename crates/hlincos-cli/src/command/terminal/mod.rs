//! `hlincos terminal`.

mod source;

use std::sync::Arc;

use hlincos_terminal::{Desk, DeskSettings, Link, PassphraseFile};

use self::source::GatewaySource;
use super::TerminalConfig;
use super::serve::stop;
use super::view::open_browser;
use crate::connect::ClientConfig;
use crate::output::Outcome;

/// Run a clinician's terminal.
///
/// Serves its pages to this machine's browser alone, under an address that works once. Keeps the
/// connection to the gateway warm, locks when nobody moves, and keeps the last patients sealed in
/// memory as long as terminal.toml allows. The first start asks for a passphrase.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: TerminalConfig,
    /// Print the address, open no browser.
    #[arg(long)]
    headless: bool,
    /// Stop when standard input ends, so that a parent that dies takes the terminal along.
    #[arg(long)]
    exit_with_parent: bool,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let config = ClientConfig::read(&args.config.config)?;
    let link = Link::new(config.ways()?, config.link.clone());
    let source = GatewaySource::new(link.clone(), config.valid_until()?);
    let settings = DeskSettings {
        screen: config.screen,
        copies: config.copies,
        facilities: config.facilities,
    };
    let unlock = Arc::new(PassphraseFile::new(config.passphrase));
    let desk = Desk::start(settings, unlock, Arc::new(source)).await?;
    let keeping = link.keep_warm();
    let url = desk.url();
    if json {
        println!("{}", serde_json::json!({ "url": url }));
    } else {
        println!("{url}\nthis address works once; Ctrl-C ends the terminal");
    }
    if !args.headless {
        open_browser(&url);
    }
    let served = desk.serve_until(stop(args.exit_with_parent)?).await;
    keeping.abort();
    served?;
    Ok(Outcome::Done)
}

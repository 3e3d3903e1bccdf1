//! `hlincos pad status`: what is left in a link's folder.

use std::path::PathBuf;

use anyhow::bail;
use hlincos_channel::{LedgerError, LinkNumber, Policy};
use hlincos_net::link::{Folder, LinkConfig, LinkEnd, LinkError, LinkStatus};
use serde::Serialize;

use crate::output::{Outcome, bytes, print};

/// Show what is left in a link's folder, while no server uses it.
///
/// While one does, `hlincos status` shows the same.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the link.
    folder: PathBuf,
    /// The link's number.
    #[arg(long, value_name = "N")]
    number: u16,
    /// Begin a new ledger in place of one that is missing or damaged. Safe only while the other end
    /// has its own: it tells where to go on. If both are lost, destroy the pad.
    #[arg(long)]
    accept_loss: bool,
}

#[derive(Serialize)]
struct Status {
    pad: String,
    peer: String,
    physical: bool,
    link: LinkStatus,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let folder = Folder::open(&args.folder)?;
    let Some(note) = folder.note().cloned() else {
        bail!(
            "{} holds no pad; `hlincos pad import` brings one",
            args.folder.display()
        );
    };
    drop(folder);
    let config = LinkConfig {
        at: String::new(),
        number: LinkNumber::try_from(args.number)?,
        end: note.end,
        folder: args.folder.clone(),
        policy: Policy::default(),
        stock_bytes: 0,
        qkd: None,
    };
    let end = match LinkEnd::open(config.clone(), None) {
        // A whole ledger of another link is nobody's loss: it is never replaced.
        Err(LinkError::Ledger {
            error: LedgerError::Missing | LedgerError::Damaged,
            ..
        }) if args.accept_loss => {
            LinkEnd::begin(&config)?;
            LinkEnd::open(config, None)?
        }
        other => other?,
    };
    let status = Status {
        pad: note.pad,
        peer: note.peer,
        physical: note.physical,
        link: end.status(),
    };
    print(json, &status, text);
    Ok(if status.link.alarms.is_empty() {
        Outcome::Done
    } else {
        Outcome::Attention
    })
}

fn text(status: &Status) -> String {
    let link = &status.link;
    let source = if status.physical {
        "physical"
    } else {
        "of a generator"
    };
    let mut text = format!(
        "link {} to {}: {} (pad {}, numbers {source})\n  to send    {}\n  to receive {}\n",
        link.number,
        status.peer,
        link.state,
        status.pad,
        bytes(link.sends.stock_bytes),
        bytes(link.receives.stock_bytes),
    );
    for alarm in &link.alarms {
        text.push_str(&format!("  ALARM: {alarm}\n"));
    }
    text
}

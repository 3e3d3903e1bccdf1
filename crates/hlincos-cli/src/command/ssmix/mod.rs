//! `hlincos ssmix`: looking at SS-MIX2 files and stores, without gateway or sites.

mod folder;
mod index;
mod lint;
mod replay;
mod show;
mod walk;

use clap::Subcommand;

use crate::output::Outcome;

/// Check, show and replay SS-MIX2 files; nothing is sent anywhere.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Check a store, a folder or a file against the rules of SS-MIX2.
    Lint(lint::Args),
    /// Print a message or document with the Japanese names of its fields.
    Show(show::Args),
    /// Write the store that a transaction storage describes into a new folder.
    Replay(replay::Args),
    /// Compare an export of the index database with its store.
    Index(index::Args),
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.what {
        What::Lint(args) => lint::run(&args, json),
        What::Show(args) => show::run(&args, json),
        What::Replay(args) => replay::run(&args, json),
        What::Index(args) => index::run(&args, json),
    }
}

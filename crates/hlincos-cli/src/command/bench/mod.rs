//! `hlincos bench`: speeds of single parts on this machine, reproducible by one command each.

mod sharing;
mod ssmix;

use clap::Subcommand;

use crate::output::Outcome;

/// Measure what is ours beside what others made, on this machine.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Reading of SS-MIX2 messages, beside the crate hl7-parser.
    Ssmix(ssmix::Args),
    /// Splitting and combining, beside memcpy, AES-256-CTR and other implementations.
    Sharing(sharing::Args),
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.what {
        What::Ssmix(args) => ssmix::run(&args, json),
        What::Sharing(args) => sharing::run(args, json),
    }
}

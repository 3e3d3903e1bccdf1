//! `hlincos bench`: speeds of single parts on this machine, reproducible by one command each.

mod ssmix;

use clap::Subcommand;

use crate::output::Outcome;

/// Measure a part of H-LINCOS on this machine.
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
}

pub(crate) fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.what {
        What::Ssmix(args) => ssmix::run(&args, json),
    }
}

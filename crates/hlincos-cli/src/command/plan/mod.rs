//! `hlincos plan`: what something would take, before anybody builds it.

mod keys;

use clap::Subcommand;

use crate::output::Outcome;

/// Compute what a system would need, without building it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Key material that links would take, and how long it takes to make.
    Keys(keys::Args),
}

pub(crate) fn run(args: &Args, json: bool) -> Outcome {
    match &args.what {
        What::Keys(args) => keys::run(args, json),
    }
}

//! `hlincos pad`: couriered pads, from the numbers to the folder of a link.

mod destroy;
mod import;
mod make;
mod passphrase;
mod status;

use clap::Subcommand;

use crate::output::Outcome;

/// Make, import, watch and destroy pads of random numbers that a courier carries.
///
/// A pad is made once, as two files that hold the same numbers, each sealed under a passphrase of
/// its own: one for each end of a link. Carry them apart from the passphrases, import each at its
/// end, and destroy the files. A pad must never get into a backup: `import` puts it into a folder
/// that only its owner reads; leave that folder out of every backup and snapshot.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a pad: two sealed files, one for each end.
    Make(make::Args),
    /// Put one end's file into the folder of its link.
    Import(import::Args),
    /// Show what is left in a link's folder.
    Status(status::Args),
    /// Overwrite and remove a pad file or a link's folder.
    Destroy(destroy::Args),
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Make(args) => make::run(args, json),
        What::Import(args) => import::run(args, json),
        What::Status(args) => status::run(args, json),
        What::Destroy(args) => destroy::run(args, json),
    }
}

//! `hlincos drill`: experiments over links that are not there, reproducible by one command each.

mod link;
mod topology;

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use hlincos_testbed::Topology;

use crate::output::Outcome;

/// Run experiments over emulated links, a geostationary satellite among them.
///
/// As root on Linux, places are network namespaces joined by TUN devices, and what runs over them
/// is the kernel's own TCP and UDP. Elsewhere an emulator inside the process takes over, and says
/// so beside every figure.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Measure one link: echo, connect and transfers, beside what the link allows at best.
    Link(link::Args),
    /// Keep a topology up until Ctrl-C, to try things by hand.
    Topology(topology::Args),
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    match args.what {
        What::Link(args) => link::run(&args, json),
        What::Topology(args) => topology::run(&args, json).await,
    }
}

/// Which places and links.
#[derive(clap::Args, Clone, Debug)]
struct Places {
    /// A topology file [default: Kochi and the sites of 2019]; docs/testbed.md says how to write one.
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,
    /// Decides which packets are lost, and their jitter.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Places {
    fn read(&self) -> anyhow::Result<Topology> {
        let Some(path) = &self.topology else {
            return Ok(Topology::of_2019());
        };
        let shown = crate::output::on_one_line(path);
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{shown} does not open"))?;
        Topology::from_toml(&text).with_context(|| format!("{shown} is refused"))
    }
}

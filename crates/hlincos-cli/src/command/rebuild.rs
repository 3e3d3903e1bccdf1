//! `hlincos rebuild`.

use super::{OperatorConfig, status};
use crate::connect::ClientConfig;
use crate::output::{Outcome, print};

/// Recreate the gateway's catalogue.
///
/// It takes any k sites, the certificates and the directory key; nothing else of a gateway that
/// burnt down is needed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: OperatorConfig,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let status = ClientConfig::read(&args.config.config)?
        .connect()?
        .rebuild()
        .await?;
    print(json, &status, |status| {
        format!("the catalogue is rebuilt\n{}", status::text(status))
    });
    Ok(Outcome::Done)
}

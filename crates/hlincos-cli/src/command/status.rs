//! `hlincos status`.

use hlincos_proto::gateway::GatewayStatus;

use super::OperatorConfig;
use crate::connect::ClientConfig;
use crate::output::{Outcome, bytes, count, print};

/// Show how the gateway, its sites and its stores are.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: OperatorConfig,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<Outcome> {
    let status = ClientConfig::read(&args.config.config)?
        .connect()?
        .status()
        .await?;
    print(json, &status, text);
    let fine = status.sites.iter().all(|site| site.up) && status.debts.is_empty();
    Ok(if fine {
        Outcome::Done
    } else {
        Outcome::Attention
    })
}

pub(crate) fn text(status: &GatewayStatus) -> String {
    let mut text = format!(
        "vault {}: any {} of {} sites restore; stored means at {} sites or more\n  randomness: {} (sharing is {})\n  links: {}\n",
        status.vault,
        status.k,
        status.n,
        status.stored_at_least,
        status.randomness,
        match status.randomness.as_str() {
            "physical" => "information-theoretic, as far as the source is good",
            "hedged" => "as good as the better of source and generator",
            _ => "computational",
        },
        status.link,
    );
    for site in &status.sites {
        let word = match (&site.error, site.objects, site.object_bytes) {
            (Some(error), ..) => format!("DOWN: {error}"),
            (None, Some(objects), Some(total)) => {
                format!("up, {} ({})", count(objects, "share"), bytes(total))
            }
            _ => "up".to_owned(),
        };
        text.push_str(&format!(
            "  site {:<12} {:<22} {word}\n",
            site.name, site.address
        ));
    }
    if !status.catalogue {
        text.push_str("  no catalogue here; `hlincos rebuild` recreates it from the sites\n");
    }
    for store in &status.stores {
        let Some(last) = store.generations.last() else {
            text.push_str(&format!("  store {}: no finished run\n", store.label));
            continue;
        };
        text.push_str(&format!(
            "  store {}: generation {}, {} of {} ({})\n",
            store.label,
            last.generation,
            count(last.files, "file"),
            count(last.patients, "patient"),
            bytes(last.bytes),
        ));
    }
    for debt in &status.debts {
        text.push_str(&format!(
            "  DEGRADED: site {} lacks its shares of {}\n",
            debt.site,
            count(debt.bundles, "bundle")
        ));
    }
    text
}

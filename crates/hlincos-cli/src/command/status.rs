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

/// What holds for shares that are made now; older ones carry their own grade.
fn new_shares(status: &GatewayStatus) -> String {
    let messages = match status.randomness.as_str() {
        "physical" => "information-theoretic, as far as the source is good",
        "hedged" => "as good as the better of source and generator",
        _ => "computational",
    };
    let documents = match status.documents.as_str() {
        "dispersal" => "; documents are dispersed: computational",
        _ => "",
    };
    format!("{} randomness ({messages}){documents}", status.randomness)
}

pub(crate) fn text(status: &GatewayStatus) -> String {
    let mut text = format!(
        "vault {}: any {} of {} sites restore; stored means at {} sites or more\n  new shares: {}\n  links: {}\n",
        status.vault,
        status.k,
        status.n,
        status.stored_at_least,
        new_shares(status),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispersed_documents_are_never_called_information_theoretic() {
        let status = |randomness: &str, documents: &str| GatewayStatus {
            randomness: randomness.into(),
            documents: documents.into(),
            ..GatewayStatus::default()
        };
        let told = new_shares(&status("physical", "dispersal"));
        assert!(
            told.contains("documents are dispersed: computational"),
            "{told}"
        );
        assert!(!new_shares(&status("DRBG", "shamir")).contains("theoretic"));
    }
}

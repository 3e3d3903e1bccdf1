//! Calls a pair of key managers by an independent client, crates.io's etsi014-client.
//!
//! ```text
//! hlincos-interop-etsi014-client FOLDER PORT_A PORT_B
//! ```
//! `FOLDER` holds what `hlincos init kme` wrote, with the SAEs `sae-a` and `sae-b`. Exits with 0
//! when both ends got the same keys and every refusal came as the standard says.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use etsi014_client::{ETSI014Client, Error, SecretVec};

type Keys = Vec<(String, SecretVec<u8>)>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, port_a, port_b] = args.as_slice() else {
        eprintln!("usage: hlincos-interop-etsi014-client FOLDER PORT_A PORT_B");
        return ExitCode::from(2);
    };
    match run(Path::new(folder), port_a, port_b).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &Path, port_a: &str, port_b: &str) -> Result<(), String> {
    let master = client(folder, "sae-a", port_a)?;
    let slave = client(folder, "sae-b", port_b)?;
    let status = master.get_status("sae-b").await.map_err(words)?;
    let names = [
        status.source_sae_id,
        status.target_sae_id,
        status.source_kme_id,
        status.target_kme_id,
    ];
    ensure(
        names == ["sae-a", "sae-b", "kme-a", "kme-b"],
        "the status names the pair",
    )?;
    ensure(status.key_size == 256, "the status tells the size of keys")?;

    for (bits, number) in [(256, 1), (512, 3), (65_536, 2)] {
        let keys = master
            .get_keys(bits, "sae-b", &[], number)
            .await
            .map_err(words)?;
        ensure(
            keys.len() == number as usize,
            "as many keys come as were asked for",
        )?;
        let ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
        let others = slave.get_keys_by_ids("sae-a", &ids).await.map_err(words)?;
        ensure(
            same(&keys, &others, bits as usize / 8),
            "both ends get the same keys",
        )?;
        let again = slave.get_keys_by_ids("sae-a", &ids).await;
        refused(
            again,
            "400",
            "one or more keys specified are not found on KME",
        )?;
        println!("{number} x {bits} bits: the same at both ends, and gone afterwards");
    }

    refused(
        master.get_keys(250, "sae-b", &[], 1).await,
        "400",
        "size shall be a multiple of 8",
    )?;
    refused(
        master.get_keys(256, "sae-b", &[], 0).await,
        "400",
        "number shall be",
    )?;
    refused(
        master.get_keys(256, "mallory", &[], 1).await,
        "400",
        "not known",
    )?;
    let keys = master.get_keys(256, "sae-b", &[], 1).await.map_err(words)?;
    let own = master.get_keys_by_ids("sae-b", &[&keys[0].0]).await;
    refused(own, "400", "not found on KME")?;
    // A certificate of the right authority, but of an SAE that belongs to the other key manager.
    let stranger = client(folder, "sae-b", port_a)?;
    refused(
        stranger.get_keys(256, "sae-a", &[], 1).await,
        "401",
        "no SAE that this KME knows",
    )?;
    println!("refusals: 400 and 401 with the standard's messages");
    Ok(())
}

fn client(folder: &Path, sae: &str, port: &str) -> Result<ETSI014Client, String> {
    let file = |name: String| -> PathBuf { folder.join(name) };
    let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
    let (certificate, key) = (file(format!("{sae}.pem")), file(format!("{sae}.key")));
    ETSI014Client::new(
        "localhost",
        port,
        &certificate,
        &key,
        &file("ca.pem".into()),
    )
    .map_err(words)
}

fn same(keys: &Keys, others: &Keys, bytes: usize) -> bool {
    let mut pairs = keys.iter().zip(others);
    let alike = pairs.all(|((id, key), (other_id, other))| {
        id == other_id && key.len() == bytes && key.borrow()[..] == other.borrow()[..]
    });
    alike && keys.len() == others.len()
}

/// A refusal reaches the caller of this client as text: status and body stand in it.
fn refused<T>(result: Result<T, Error>, status: &str, message: &str) -> Result<(), String> {
    let Err(error) = result else {
        return Err(format!("{status} was expected: {message}"));
    };
    let text = error.to_string();
    let fits = text.contains(&format!("HTTP Code: {status}")) && text.contains(message);
    ensure(fits, &format!("{status} {message:?} comes, not: {text}"))
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("does not hold: {what}"))
    }
}

fn words(error: Error) -> String {
    error.to_string()
}

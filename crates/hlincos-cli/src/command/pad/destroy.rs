//! `hlincos pad destroy`: overwrite, then remove.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hlincos_net::link::Folder;
use serde::Serialize;

use crate::output::{Outcome, print};

/// Overwrite and remove a pad file, or everything in a link's folder.
///
/// On flash memory an overwritten block may live on in spare cells: destroy the medium too.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A pad file, or the folder of a link.
    what: PathBuf,
    /// Really: pad that is gone cannot be brought back, and the other end's half is useless then.
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Destroyed {
    destroyed: PathBuf,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let shown = args.what.display();
    if !args.yes {
        bail!("nothing was destroyed; say --yes if {shown} shall be gone for good");
    }
    let meta = std::fs::metadata(&args.what).with_context(|| format!("{shown} cannot be read"))?;
    if meta.is_dir() {
        let folder = Folder::open(&args.what)?;
        if folder.note().is_none() {
            bail!("{shown} holds no pad; nothing was destroyed");
        }
        folder.destroy()?;
    } else {
        overwrite(&args.what, meta.len())?;
    }
    let destroyed = Destroyed {
        destroyed: args.what.clone(),
    };
    print(json, &destroyed, |it| {
        format!("{} is gone\n", it.destroyed.display())
    });
    Ok(Outcome::Done)
}

fn overwrite(path: &Path, len: u64) -> anyhow::Result<()> {
    let shown = path.display();
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut magic = [0; 4];
    if file.read_exact_at(&mut magic, 0).is_err() || magic != *b"HLPD" {
        bail!("{shown} is no pad file; nothing was destroyed");
    }
    let zeros = vec![0; 1 << 20];
    let mut at = 0;
    while at < len {
        let step = zeros
            .len()
            .min(usize::try_from(len - at).unwrap_or(zeros.len()));
        file.write_all_at(&zeros[..step], at)?;
        at += step as u64;
    }
    file.sync_all()?;
    std::fs::remove_file(path).with_context(|| format!("{shown} was overwritten but not removed"))
}

//! `hlincos pad import`: from the courier's file into the folder of a link.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use hlincos_channel::pad_file::{HEAD_BYTES, PadHead, PadKey, SEAL_BYTES, derive_key};
use hlincos_channel::{BlockId, End, Policy, Source};
use hlincos_net::link::{Folder, LinkConfig, LinkEnd, PadNote};
use serde::Serialize;
use zeroize::Zeroizing;

use super::passphrase;
use crate::output::{Outcome, bar, bytes, print};

/// Import one end's pad file into the folder of its link, and begin its ledger.
///
/// The file stays as it is: destroy it with `hlincos pad destroy` when both ends have imported
/// theirs. A file that was imported once must never be imported again.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file that the courier brought.
    file: PathBuf,
    /// The folder of the link, as in the configuration.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// A file with the passphrase; asked for on standard input when absent.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What was imported.
#[derive(Serialize)]
struct Imported {
    pad: String,
    link: u16,
    end: End,
    peer: String,
    bytes_per_direction: u64,
    physical: bool,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let shown = args.file.display();
    let file = File::open(&args.file).with_context(|| format!("{shown} cannot be read"))?;
    let mut bytes_of_head = [0; HEAD_BYTES];
    file.read_exact_at(&mut bytes_of_head, 0)
        .with_context(|| format!("{shown} is no pad file"))?;
    let head = PadHead::from_bytes(&bytes_of_head)?;
    let expected = head.place(head.blocks());
    if file.metadata()?.len() != expected {
        bail!("{shown} is cut or has something behind it; ask for another copy");
    }
    let passphrase = passphrase::read(args.passphrase_file.as_deref(), "of this file")?;
    let key = derive_key(passphrase.as_bytes(), &head);
    key.check(&bytes_of_head)?;
    let note = note(&head);
    let progress = bar(head.blocks(), "blocks");
    let link_block = block(&file, &head, &key, 0)?;
    let mut blocks = |direction, number| {
        progress.inc(1);
        let id = BlockId {
            source: Source::Couriered,
            direction,
            number,
        };
        let index = head.index(id).ok_or(io::ErrorKind::InvalidData)?;
        block(&file, &head, &key, index)
    };
    Folder::import(&args.into, &note, &link_block, &mut blocks)?;
    progress.finish_and_clear();
    LinkEnd::begin(&LinkConfig {
        at: String::new(),
        number: head.link,
        end: head.end,
        folder: args.into.clone(),
        policy: Policy::default(),
        stock_bytes: 0,
        qkd: None,
    })?;
    let imported = Imported {
        pad: note.pad,
        link: head.link.get(),
        end: head.end,
        peer: note.peer,
        bytes_per_direction: note.a_to_b * note.block_bytes as u64,
        physical: note.physical,
    };
    print(json, &imported, |it| {
        format!(
            "link {} to {}: {} for each direction; this is end {:?}\n\
             destroy the file when both ends have theirs: hlincos pad destroy {}\n",
            it.link,
            it.peer,
            bytes(it.bytes_per_direction),
            it.end,
            args.file.display(),
        )
    });
    Ok(Outcome::Done)
}

fn note(head: &PadHead) -> PadNote {
    let peer = match head.end {
        End::A => &head.b,
        End::B => &head.a,
    };
    PadNote {
        pad: format!("{:032x}", u128::from_be_bytes(head.pad_id)),
        end: head.end,
        peer: peer.as_str().to_owned(),
        block_bytes: head.block_bytes,
        a_to_b: head.a_to_b,
        b_to_a: head.b_to_a,
        physical: head.physical,
    }
}

fn block(file: &File, head: &PadHead, key: &PadKey, index: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut sealed = Zeroizing::new(vec![0; head.block_bytes + SEAL_BYTES]);
    file.read_exact_at(&mut sealed, head.place(index))?;
    key.open(head, index, &sealed).map_err(io::Error::other)
}

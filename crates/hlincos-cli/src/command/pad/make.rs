//! `hlincos pad make`: two sealed files of the same numbers.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use hlincos_channel::pad_file::{Hardness, PadHead, PadKey, PartyName, SEAL_BYTES, derive_key};
use hlincos_channel::{End, LinkNumber};
use hlincos_gateway::{ConfiguredGrade, RandomnessConfig, RandomnessSource};
use hlincos_sharing::RandomnessGrade;
use serde::Serialize;
use zeroize::{Zeroize, Zeroizing};

use super::passphrase;
use crate::output::{Outcome, bar, bytes, print};

/// Make a pad of random numbers for a link.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the numbers come from: a device's path, `rdseed`, `file:` and the path of a file of
    /// physical random numbers (each is used once), or `system` for the operating system's
    /// generator, which makes the link's protection computational.
    #[arg(long, value_name = "SOURCE")]
    from: String,
    /// Bytes of pad for each direction, for example 64MiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: u64,
    /// The two parties: end a, which calls, and end b, which listens.
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pair: Vec<String>,
    /// The link's number, as in both configurations.
    #[arg(long, value_name = "N")]
    number: u16,
    /// The folder for the two files.
    #[arg(long, default_value = ".", value_name = "DIR")]
    out: PathBuf,
    /// Bytes of a block, a power of two from 4096 to 1048576.
    #[arg(long, default_value_t = 64 << 10, value_name = "BYTES")]
    block: usize,
    /// Files with the passphrases of a and of b; asked for on standard input when absent.
    #[arg(long, num_args = 2, value_names = ["FILE_A", "FILE_B"])]
    passphrase_file: Vec<PathBuf>,
}

/// Bytes with a unit.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is no size; say 64MiB, 10GB or a number of bytes"))?;
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => {
            return Err(format!(
                "{other:?} is no unit; say kB, MB, GB, KiB, MiB or GiB"
            ));
        }
    };
    number.checked_mul(unit).ok_or_else(|| "too large".into())
}

/// What was made.
#[derive(Serialize)]
struct Made {
    files: Vec<PathBuf>,
    pad: String,
    number: u16,
    bytes_per_direction: u64,
    physical: bool,
}

/// One of the two files while it is written.
struct Half {
    path: PathBuf,
    file: BufWriter<File>,
    head: PadHead,
    key: PadKey,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let config = source(&args.from);
    let source = RandomnessSource::open(&config)?;
    let physical = source.grade() == RandomnessGrade::Physical;
    let blocks = args.size.div_ceil(args.block as u64);
    if blocks == 0 {
        bail!("a pad of no bytes protects nothing; give --size");
    }
    let mut pad_id = [0; 16];
    fill(&mut pad_id)?;
    let name = |at: usize| {
        PartyName::new(&args.pair[at]).map_err(|error| anyhow!("{:?}: {error}", args.pair[at]))
    };
    let head = PadHead {
        end: End::A,
        link: LinkNumber::new(args.number).context("a link has a number from 0 to 8191")?,
        pad_id,
        block_bytes: args.block,
        hardness: Hardness::DEFAULT,
        physical,
        salt: [0; 16],
        a_to_b: blocks,
        b_to_a: blocks,
        a: name(0)?,
        b: name(1)?,
    };
    std::fs::create_dir_all(&args.out)?;
    let passphrases = [passphrase(args, End::A)?, passphrase(args, End::B)?];
    if passphrases[0] == passphrases[1] {
        bail!("both ends have the same passphrase; give each its own");
    }
    let [a, b] = &passphrases;
    let mut halves = [
        Half::begin(args, &head, End::A, a)?,
        Half::begin(args, &head, End::B, b)?,
    ];
    let mut rng = source.begin()?;
    let mut block = Zeroizing::new(vec![0; args.block]);
    let progress = bar(head.blocks(), "blocks");
    for index in 0..head.blocks() {
        rng.fill(&mut block)?;
        for half in &mut halves {
            half.write(index, &block)?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let mut files = Vec::new();
    for half in halves {
        files.push(half.finish()?);
    }
    let made = Made {
        files,
        pad: format!("{:032x}", u128::from_be_bytes(pad_id)),
        number: args.number,
        bytes_per_direction: blocks * args.block as u64,
        physical,
    };
    print(json, &made, |made| {
        let files: Vec<String> = made
            .files
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let worth = if made.physical {
            "physical numbers: a one-time pad of them is information-theoretic"
        } else {
            "numbers of a generator: whatever they protect is computational"
        };
        format!(
            "{}\n{} for each direction of link {}; {worth}\n\
             carry each file to its end, apart from its passphrase, and `hlincos pad import` it there\n",
            files.join("\n"),
            bytes(made.bytes_per_direction),
            made.number,
        )
    });
    Ok(Outcome::Done)
}

fn source(from: &str) -> RandomnessConfig {
    match from {
        "system" => RandomnessConfig::default(),
        other => RandomnessConfig {
            grade: ConfiguredGrade::Physical,
            source: Some(other.to_owned()),
        },
    }
}

fn passphrase(args: &Args, end: End) -> anyhow::Result<Zeroizing<String>> {
    let whose = &args.pair[end as usize];
    let file = args.passphrase_file.get(end as usize);
    passphrase::read(file.map(PathBuf::as_path), &format!("of {whose}"))
}

fn fill(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).map_err(|error| anyhow!("no random numbers: {error}"))
}

impl Half {
    fn begin(args: &Args, head: &PadHead, end: End, passphrase: &str) -> anyhow::Result<Self> {
        let whose = &args.pair[end as usize];
        let mut head = head.clone();
        head.end = end;
        fill(&mut head.salt)?;
        let key = derive_key(passphrase.as_bytes(), &head);
        let path = args.out.join(format!("pad-{}-{whose}.hlpad", args.number));
        let mut file = BufWriter::new(new(&path)?);
        file.write_all(&head.to_bytes(&key)?)?;
        Ok(Self {
            path,
            file,
            head,
            key,
        })
    }

    fn write(&mut self, index: u64, block: &[u8]) -> anyhow::Result<()> {
        let mut sealed = Zeroizing::new(vec![0; block.len() + SEAL_BYTES]);
        sealed[..block.len()].copy_from_slice(block);
        self.key.seal(&self.head, index, &mut sealed);
        self.file.write_all(&sealed)?;
        sealed.zeroize();
        Ok(())
    }

    fn finish(self) -> anyhow::Result<PathBuf> {
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        Ok(self.path)
    }
}

fn new(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).with_context(|| {
        format!(
            "{} cannot be written; if it is there already, `hlincos pad destroy` it first",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("10GB"), Ok(10_000_000_000));
        assert_eq!(size("512"), Ok(512));
        assert!(size("much").is_err() && size("1TB").is_err() && size("99999999999GiB").is_err());
    }
}

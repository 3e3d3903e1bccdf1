//! Drives the targets on stable Rust: seeds, mutations of them, and mutations of mutations.
//!
//! ```text
//! hlincos-fuzz [--seconds N] [--seed N] [TARGET...]
//! hlincos-fuzz --reproduce FILE TARGET
//! ```
//! An input that makes a target panic, or take longer than ten seconds, is written to
//! `fuzz/artifacts` and the run fails; put it into the corpus once it is mended. The same seed
//! tries the same inputs in the same order. Without coverage feedback this finds less per minute
//! than libFuzzer; it needs nothing but the project's own toolchain.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hlincos_fuzz::{TARGETS, Target};

/// An input that takes longer than this, on any machine that runs CI, runs away.
const SLOW: Duration = Duration::from_secs(10);
const INPUT_BYTES_MAX: usize = 1 << 16;

fn main() -> ExitCode {
    let mut seconds = 10;
    let mut seed = 1;
    let mut names = Vec::new();
    let mut reproduce = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|text| text.parse::<u64>().ok());
        match arg.as_str() {
            "--seconds" => seconds = number().unwrap_or(seconds),
            "--seed" => seed = number().unwrap_or(seed),
            "--reproduce" => reproduce = args.next(),
            name => names.push(name.to_owned()),
        }
    }
    let known = |name: &String| TARGETS.iter().any(|(target, _)| target == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        eprintln!(
            "there is no target {unknown}; there are {:?}",
            TARGETS.map(|(name, _)| name)
        );
        return ExitCode::from(2);
    }
    let chosen = TARGETS
        .into_iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|chosen| chosen == name));
    let mut failed = false;
    for target in chosen {
        failed |= match &reproduce {
            Some(file) => one(target, &std::fs::read(file).unwrap_or_default()).is_err(),
            None => run(target, Duration::from_secs(seconds), seed).is_err(),
        };
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The seeds of a target, in the order of names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join("corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("the corpus {} is not there: {error}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let seeds: Vec<_> = paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .collect();
    assert!(
        !seeds.is_empty(),
        "the corpus {} is empty",
        folder.display()
    );
    seeds
}

fn run(target: Target, limit: Duration, seed: u64) -> Result<(), ()> {
    let (name, _) = target;
    let mut pool = corpus(name);
    let seeds = pool.len();
    let mut draw = Draw(seed ^ 0x9E37_79B9_7F4A_7C15);
    let (started, mut tried) = (Instant::now(), 0_u64);
    for input in &pool {
        one(target, input)?;
    }
    while started.elapsed() < limit {
        let mut input = pool[draw.below(pool.len())].clone();
        for _ in 0..=draw.below(6) {
            let other = pool[draw.below(pool.len())].clone();
            mutate(&mut input, &other, &mut draw);
        }
        input.truncate(INPUT_BYTES_MAX);
        one(target, &input)?;
        tried += 1;
        // Mutations of mutations: the pool drifts away from the seeds, which stay.
        if draw.below(32) == 0 {
            if pool.len() < seeds + 512 {
                pool.push(input);
            } else {
                let at = seeds + draw.below(512);
                pool[at] = input;
            }
        }
    }
    println!(
        "{name}: {seeds} seeds, {tried} inputs in {} s from seed {seed}, none bad",
        limit.as_secs()
    );
    Ok(())
}

/// Tries one input.
fn one((name, target): Target, input: &[u8]) -> Result<(), ()> {
    let started = Instant::now();
    let held = catch_unwind(AssertUnwindSafe(|| target(input))).is_ok();
    let slow = started.elapsed() > SLOW;
    if held && !slow {
        return Ok(());
    }
    let folder = folder().join("artifacts");
    let file = folder.join(format!("{name}-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, input));
    let what = if held { "takes too long" } else { "panics" };
    eprintln!(
        "{name}: an input of {} bytes {what}; it is {} ({written:?})",
        input.len(),
        file.display()
    );
    Err(())
}

/// Changes an input in one of the ways that break parsers.
fn mutate(input: &mut Vec<u8>, other: &[u8], draw: &mut Draw) {
    const WORDS: [&[u8]; 24] = [
        b"\r",
        b"\n",
        b"|",
        b"^",
        b"~",
        b"&",
        b"\\",
        b"\x1B$B",
        b"\x1B(B",
        b"\x1B$(D",
        b"\x1B(I",
        b"\x1C",
        b"MSH|^~\\&|",
        b"\"\"",
        b"\\X0D0A\\",
        b"20191345",
        b"\xFF\xFF\xFF\xFF",
        b"\0\0\0\0",
        b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
        b"&b;",
        b"]]>",
        b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF",
        b"#SSMIX,2.00,",
        b"\xEF\xBB\xBF",
    ];
    let at = draw.below(input.len() + 1);
    let end = (at + draw.below(32)).min(input.len());
    match draw.below(9) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << draw.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = draw.byte();
            }
        }
        2 => input.insert(at, draw.byte()),
        3 => drop(input.drain(at..end)),
        4 => drop(input.splice(at..at, WORDS[draw.below(WORDS.len())].iter().copied())),
        5 => {
            let piece = input[at..end].to_vec();
            let times = 1 + draw.below(40);
            drop(input.splice(at..at, piece.repeat(times)));
        }
        6 => {
            let from = draw.below(other.len() + 1);
            let to = (from + draw.below(64)).min(other.len());
            drop(input.splice(at..end, other[from..to].iter().copied()));
        }
        7 => input.truncate(at),
        _ => {
            let lines: Vec<Vec<u8>> = input
                .split(|byte| *byte == b'\r')
                .map(<[u8]>::to_vec)
                .collect();
            let (a, b) = (draw.below(lines.len()), draw.below(lines.len()));
            let mut lines = lines;
            lines.swap(a, b);
            *input = lines.join(&b'\r');
        }
    }
}

/// SplitMix64: the same inputs from the same seed.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_of_every_target_is_read() {
        for (name, target) in TARGETS {
            for input in corpus(name) {
                target(&input);
            }
        }
    }

    #[test]
    fn a_target_that_panics_is_found() {
        fn picky(input: &[u8]) {
            assert!(
                !input.starts_with(b"MSH|#"),
                "the fault that the test put there"
            );
        }
        let mut draw = Draw(1);
        let found = (0..2_000_000).any(|_| {
            let mut input = b"MSH|^~\\&|".to_vec();
            mutate(&mut input, b"#", &mut draw);
            catch_unwind(|| picky(&input)).is_err()
        });
        assert!(found);
    }
}

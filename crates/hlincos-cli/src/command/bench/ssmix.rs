//! `hlincos bench ssmix`.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use hlincos_ssmix::characters::decode;
use hlincos_ssmix::hl7::Message;
use hlincos_ssmix::{defect, outline};
use hlincos_testbed::{Profile, generate};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::output::{Outcome, bytes, count, is_watched, print, spinner};

/// Reading of SS-MIX2 messages on one core.
///
/// Processor time of one thread is counted, so that other load disturbs little; each line is the
/// median of five rounds. hl7-parser gets text that is decoded already: it reads no ISO-2022-JP.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A store whose messages are read; without it, synthetic ones are made.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Megabytes of messages per round; fewer messages are read again and again.
    #[arg(long, default_value_t = 40, value_name = "MB")]
    megabytes: usize,
}

const ROUNDS: usize = 5;

#[derive(Serialize)]
struct Report {
    messages: u64,
    bytes: u64,
    bytes_per_message_mean: f64,
    bytes_per_round: u64,
    rounds: usize,
    lines: Vec<Line>,
    decode_and_index_mb_per_s: f64,
    hl7_parser_mb_per_s: f64,
    /// Decoding and indexing against hl7-parser's parsing alone.
    times_hl7_parser: f64,
    hl7_parser_refused: u64,
}

#[derive(Serialize)]
struct Line {
    what: &'static str,
    mb_per_s: f64,
    messages_per_s: f64,
}

pub(crate) fn run(args: &Args, json: bool) -> anyhow::Result<Outcome> {
    let progress = (!json && is_watched()).then(|| spinner("{spinner} {msg}"));
    let say = |text: &'static str| {
        if let Some(bar) = &progress {
            bar.set_message(text);
        }
    };
    say("collecting messages");
    let messages = match &args.store {
        Some(store) => collect(store)?,
        None => synthetic()?,
    };
    anyhow::ensure!(
        !messages.is_empty(),
        "the store holds no messages; choose another"
    );
    let total: usize = messages.iter().map(Vec::len).sum();
    let texts: Vec<String> = messages
        .iter()
        .map(|message| decode(message).text.into_owned())
        .collect();
    let bench = Bench {
        times: (args.megabytes * 1_000_000).div_ceil(total),
        messages: messages.len(),
        total,
    };
    say("decoding");
    let mut lines = vec![bench.line("decode", &messages, |message| decode(message).text.len())];
    say("indexing");
    lines.push(bench.line("index of decoded text", &texts, |text| {
        Message::parse(text).map_or(0, |message| message.segments().len())
    }));
    let read = bench.line("decode and index", &messages, |message| {
        Message::of(decode(message).text).segments().len()
    });
    say("reading whole");
    let with_rules = bench.line("read with every rule", &messages, |message| {
        defect::read(message).defects.len()
    });
    let all_fields = bench.line("every field in words", &messages, |message| {
        outline::outline(&defect::read(message).message).len()
    });
    say("hl7-parser");
    let refused = texts.iter().filter(|text| !parses(text)).count() as u64;
    let other = bench.line("hl7-parser of decoded text", &texts, |text| {
        usize::from(parses(text))
    });
    if let Some(bar) = progress {
        bar.finish_and_clear();
    }
    let (own_speed, other_speed) = (read.mb_per_s, other.mb_per_s);
    lines.extend([read, with_rules, all_fields, other]);
    let report = Report {
        messages: messages.len() as u64,
        bytes: total as u64,
        bytes_per_message_mean: total as f64 / messages.len() as f64,
        bytes_per_round: (total * bench.times) as u64,
        rounds: ROUNDS,
        lines,
        decode_and_index_mb_per_s: own_speed,
        hl7_parser_mb_per_s: other_speed,
        times_hl7_parser: own_speed / other_speed,
        hl7_parser_refused: refused,
    };
    print(json, &report, text);
    Ok(Outcome::Done)
}

fn parses(text: &str) -> bool {
    let lenient = hl7_parser::message::Message::parse_with_lenient_newlines(text, true);
    black_box(lenient).is_ok()
}

struct Bench {
    times: usize,
    messages: usize,
    total: usize,
}

impl Bench {
    /// Runs over all messages again and again; speed counts bytes as they lie in the store.
    fn line<T>(&self, what: &'static str, input: &[T], run: impl Fn(&T) -> usize) -> Line {
        let mut seconds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = processor_time();
                for _ in 0..self.times {
                    for message in input {
                        black_box(run(black_box(message)));
                    }
                }
                (processor_time() - started).as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        let median = seconds[ROUNDS / 2].max(1e-9);
        Line {
            what,
            mb_per_s: (self.total * self.times) as f64 / 1e6 / median,
            messages_per_s: (self.messages * self.times) as f64 / median,
        }
    }
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
}

/// Messages of a synthetic store, made in a folder that goes away.
fn synthetic() -> anyhow::Result<Vec<Vec<u8>>> {
    let dir = tempfile::tempdir().context("no temporary folder can be made")?;
    let profile = Profile {
        patients: 20,
        seed: 1,
        ..Profile::default()
    };
    generate(&profile, &dir.path().join("store"), &mut ())?;
    collect(dir.path())
}

fn collect(folder: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut messages = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be listed", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            if bytes.starts_with(b"MSH") {
                messages.push(bytes);
            }
        }
    }
    Ok(messages)
}

fn text(report: &Report) -> String {
    let mut text = format!(
        "{} ({}), {:.0} bytes each; {} of processor time, median of {} rounds\n",
        count(report.messages, "message"),
        bytes(report.bytes),
        report.bytes_per_message_mean,
        "one thread",
        report.rounds,
    );
    for line in &report.lines {
        text.push_str(&format!(
            "  {:<28}{:>8.0} MB/s {:>10.0} messages/s\n",
            line.what, line.mb_per_s, line.messages_per_s
        ));
    }
    text.push_str(&format!(
        "decoding and indexing is {:.1} times as fast as hl7-parser's parsing alone\n",
        report.times_hl7_parser
    ));
    if report.hl7_parser_refused > 0 {
        let refused = count(report.hl7_parser_refused, "message");
        text.push_str(&format!("  hl7-parser refused {refused}\n"));
    }
    text
}

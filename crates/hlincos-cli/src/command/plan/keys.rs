//! `hlincos plan keys`: pad for bulk and for capsules at given key rates.

use hlincos_channel::frame::{PAYLOAD_BYTES_MAX, TAG_BYTES};
use serde::Serialize;

use crate::output::{Outcome, bytes, print};

/// Compute the key material that one link takes.
///
/// One share is as large as the data, so that each link carries the whole size once. A one-time pad
/// takes a byte of pad for each byte sent and 16 for each frame of 16 KiB; AES-256-GCM takes 32
/// bytes for each key, however much it carries.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Bytes of all records, compressed as they would be sent.
    #[arg(long, default_value_t = 90e9, value_name = "BYTES")]
    bytes: f64,
    /// Patients, each with a capsule.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    patients: u64,
    /// Bytes of one capsule.
    #[arg(long, default_value_t = 20_000.0, value_name = "BYTES")]
    capsule_bytes: f64,
    /// Key rate in bits per second; may be given several times.
    ///
    /// Absent: 304 kb/s (45 km of installed fibre in Tokyo, 2010), 1 Mb/s (50 km) and 10 Mb/s (a
    /// short link, 2018).
    #[arg(long, value_name = "BITS/S")]
    rate: Vec<f64>,
    /// Minutes for which one AES key is used.
    #[arg(long, default_value_t = 60.0, value_name = "MINUTES")]
    key_minutes: f64,
}

const RATES: [f64; 3] = [304e3, 1e6, 10e6];
const AES_KEY_BYTES: f64 = 32.0;

/// The answer for one link and one direction.
#[derive(Serialize)]
struct Plan {
    rates_bits_per_s: Vec<f64>,
    jobs: Vec<Job>,
    /// Share of a link's key rate that hourly (or so) AES keys take, per rate.
    aes_keys: Vec<AesKeys>,
}

/// Something that is sent under a one-time pad.
#[derive(Serialize)]
struct Job {
    name: String,
    bytes: f64,
    pad_bytes: f64,
    /// Seconds until so much pad is made, per rate.
    seconds: Vec<f64>,
}

#[derive(Serialize)]
struct AesKeys {
    rate_bits_per_s: f64,
    share_of_rate: f64,
}

pub(crate) fn run(args: &Args, json: bool) -> Outcome {
    print(json, &plan(args), text);
    Outcome::Done
}

fn plan(args: &Args) -> Plan {
    let rates = if args.rate.is_empty() {
        RATES.to_vec()
    } else {
        args.rate.clone()
    };
    let all_capsules = args.capsule_bytes * args.patients as f64;
    let job = |name: String, bytes: f64| {
        let pad_bytes = pad_for(bytes);
        Job {
            name,
            bytes,
            pad_bytes,
            seconds: rates.iter().map(|rate| pad_bytes * 8.0 / rate).collect(),
        }
    };
    let aes = |rate: &f64| AesKeys {
        rate_bits_per_s: *rate,
        share_of_rate: AES_KEY_BYTES * 8.0 / (args.key_minutes * 60.0) / rate,
    };
    Plan {
        jobs: vec![
            job("all records".into(), args.bytes),
            job(format!("capsules of {} patients", args.patients), all_capsules),
            job("one capsule".into(), args.capsule_bytes),
        ],
        aes_keys: rates.iter().map(aes).collect(),
        rates_bits_per_s: rates,
    }
}

/// Pad that frames of full length take.
fn pad_for(bytes: f64) -> f64 {
    let frames = (bytes / PAYLOAD_BYTES_MAX as f64).ceil();
    bytes + frames * TAG_BYTES as f64
}

fn text(plan: &Plan) -> String {
    let mut text = format!("{:<30} {:>12} {:>12}", "one-time pad, one link", "bytes", "pad");
    for rate in &plan.rates_bits_per_s {
        text.push_str(&format!(" {:>14}", format!("{} kb/s", rate / 1e3)));
    }
    text.push('\n');
    for job in &plan.jobs {
        let (sent, pad) = (bytes(job.bytes as u64), bytes(job.pad_bytes as u64));
        text.push_str(&format!("{:<30} {sent:>12} {pad:>12}", job.name));
        for seconds in &job.seconds {
            text.push_str(&format!(" {:>14}", duration(*seconds)));
        }
        text.push('\n');
    }
    text.push_str("\nAES-256-GCM under keys of the same source takes of the rate:");
    for keys in &plan.aes_keys {
        let share = keys.share_of_rate * 100.0;
        text.push_str(&format!(" {share:.4} % of {} kb/s", keys.rate_bits_per_s / 1e3));
    }
    text.push_str(
        "\nSo: capsules, control and tags by one-time pad, bulk by AES-256-GCM under keys of the source.\n",
    );
    text
}

/// A time as people say it.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    let (unit, name) = UNITS
        .into_iter()
        .find(|(unit, _)| seconds >= 1.5 * unit)
        .unwrap_or((1.0, "s"));
    let value = seconds / unit;
    if value < 10.0 {
        format!("{value:.2} {name}")
    } else {
        format!("{value:.1} {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(rate: &[f64]) -> Args {
        Args {
            bytes: 90e9,
            patients: 10_000,
            capsule_bytes: 20e3,
            rate: rate.to_vec(),
            key_minutes: 60.0,
        }
    }

    #[test]
    fn the_sizes_of_2019_take_what_arithmetic_says() {
        let plan = plan(&args(&[304e3]));
        // 90 GB x 8 / 304 kb/s = 27.4 days; tags of 16 bytes in 16 KiB add a thousandth.
        let days = plan.jobs[0].seconds[0] / 86_400.0;
        assert!((27.4..27.5).contains(&days), "{days}");
        let minutes = plan.jobs[1].seconds[0] / 60.0;
        assert!((87.0..88.5).contains(&minutes), "{minutes}");
        assert!((plan.jobs[2].pad_bytes - 20_032.0).abs() < 1e-9);
    }

    #[test]
    fn times_are_told_in_units_that_people_use() {
        assert_eq!(duration(0.527), "0.53 s");
        assert_eq!(duration(5_280.0), "88.0 min");
        assert_eq!(duration(2_370_000.0), "27.4 d");
    }
}

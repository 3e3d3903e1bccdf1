//! Topology files: what may stand in them, and what is refused.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::Deserialize;

use super::{Link, Tcp, Topology, fibre_delay};
use crate::link::{Loss, Outage, WireSettings};

/// Why a topology file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// It is no TOML, or has keys of its own.
    #[error("the topology is not as docs/testbed.md says: {0}")]
    Toml(#[from] toml::de::Error),
    /// Too few or too many.
    #[error("{found} {what}; a topology has {least} to {most}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: usize,
        /// How many there may be.
        most: usize,
    },
    /// A name that cannot name a namespace or a device.
    #[error(
        "{0:?} is no name: use 1 to 15 of a-z, 0-9 and -, beginning with a letter, each once; `lo` is taken"
    )]
    Name(String),
    /// A link ends nowhere, or where it begins.
    #[error("link {link}: `between` takes two different places of `nodes`")]
    Ends {
        /// The link.
        link: String,
    },
    /// A value out of bounds.
    #[error("link {link}: {key} must be {must}")]
    Value {
        /// The link.
        link: String,
        /// The key to change.
        key: &'static str,
        /// What it may be.
        must: &'static str,
    },
    /// A word for the kernel that is none.
    #[error("tcp.{key} must be {must}")]
    Tcp {
        /// The key to change.
        key: &'static str,
        /// What it may be.
        must: &'static str,
    },
    /// A place without a way to another.
    #[error("no way leads from {from} to {to}: add a link")]
    Apart {
        /// The one place.
        from: String,
        /// The other.
        to: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    title: String,
    nodes: Vec<String>,
    #[serde(default)]
    link: Vec<LinkEntry>,
    #[serde(default)]
    tcp: TcpEntry,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct TcpEntry {
    congestion: Option<String>,
    initial_window: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkEntry {
    name: String,
    between: [String; 2],
    rtt_ms: Option<f64>,
    km: Option<f64>,
    delay_ms: Option<f64>,
    jitter_ms: Option<f64>,
    rate_bps: Option<f64>,
    loss: Option<f64>,
    queue_bytes: Option<u64>,
    #[serde(default)]
    outages_s: Vec<[f64; 2]>,
    #[serde(default)]
    up: WayEntry,
    #[serde(default)]
    down: WayEntry,
}

/// What one direction has for itself.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WayEntry {
    delay_ms: Option<f64>,
    jitter_ms: Option<f64>,
    rate_bps: Option<f64>,
    loss: Option<f64>,
    queue_bytes: Option<u64>,
}

pub(super) fn read(text: &str) -> Result<Topology, TopologyError> {
    let file: File = toml::from_str(text)?;
    count("places", file.nodes.len(), 2, NODES_MAX)?;
    count("links", file.link.len(), 1, LINKS_MAX)?;
    names(file.nodes.iter())?;
    names(file.link.iter().map(|link| &link.name))?;
    let mut topology = Topology {
        title: file.title,
        tcp: tcp(file.tcp)?,
        nodes: file.nodes,
        links: Vec::new(),
    };
    for entry in file.link {
        let link = link(&topology, entry)?;
        topology.links.push(link);
    }
    connected(&topology)?;
    Ok(topology)
}

fn count(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), TopologyError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(TopologyError::Count {
        what,
        found,
        least,
        most,
    })
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), TopologyError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
        let goes_on = name.chars().all(is_of_a_name);
        // `lo` is the device that every namespace has.
        if !begins || !goes_on || name.len() > NAME_MAX || name == "lo" || !seen.insert(name) {
            return Err(TopologyError::Name(name.chars().take(40).collect()));
        }
    }
    Ok(())
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

fn tcp(entry: TcpEntry) -> Result<Tcp, TopologyError> {
    let is_word = |word: &String| {
        let letters = word
            .chars()
            .all(|letter| is_of_a_name(letter) || letter == '_');
        letters && (1..=NAME_MAX).contains(&word.len())
    };
    if !entry.congestion.as_ref().is_none_or(is_word) {
        return Err(TopologyError::Tcp {
            key: "congestion",
            must: "a name as in /proc/sys/net/ipv4/tcp_available_congestion_control",
        });
    }
    if !entry
        .initial_window
        .is_none_or(|window| (1..=1_000).contains(&window))
    {
        return Err(TopologyError::Tcp {
            key: "initial_window",
            must: "1 to 1000 segments",
        });
    }
    Ok(Tcp {
        congestion: entry.congestion,
        initial_window: entry.initial_window,
    })
}

fn link(topology: &Topology, entry: LinkEntry) -> Result<Link, TopologyError> {
    let ends = { entry.between.each_ref() }.map(|name| topology.node(name));
    let [Some(near), Some(far)] = ends else {
        return Err(TopologyError::Ends { link: entry.name });
    };
    if near == far {
        return Err(TopologyError::Ends { link: entry.name });
    }
    let up = way(&entry, &entry.up)?;
    let down = way(&entry, &entry.down)?;
    Ok(Link {
        name: entry.name,
        near,
        far,
        up,
        down,
    })
}

fn way(link: &LinkEntry, own: &WayEntry) -> Result<WireSettings, TopologyError> {
    let refuse = |key, must| TopologyError::Value {
        link: link.name.clone(),
        key,
        must,
    };
    let time = |key, ms: f64| {
        let fits = (0.0..=DELAY_MS_MAX).contains(&ms);
        let time = fits.then(|| Duration::from_secs_f64(ms / 1e3));
        time.ok_or_else(|| refuse(key, "0 to 60000 milliseconds"))
    };
    let delay = match (own.delay_ms.or(link.delay_ms), link.rtt_ms, link.km) {
        (Some(ms), _, _) => time("delay_ms", ms)?,
        (None, Some(ms), None) => time("rtt_ms", ms / 2.0)?,
        (None, None, Some(km)) if (0.0..=KM_MAX).contains(&km) => fibre_delay(km),
        (None, None, Some(_)) => return Err(refuse("km", "0 to 100000 kilometres of fibre")),
        (None, Some(_), Some(_)) => return Err(refuse("km", "absent where rtt_ms is given")),
        (None, None, None) => Duration::ZERO,
    };
    let rate = own.rate_bps.or(link.rate_bps).map(rate_of);
    if rate == Some(None) {
        return Err(refuse("rate_bps", "1e3 to 1e11 bits per second"));
    }
    let queue_bytes = own.queue_bytes.or(link.queue_bytes).unwrap_or(QUEUE_BYTES);
    if !(MTU..=QUEUE_BYTES_MAX).contains(&queue_bytes) {
        return Err(refuse("queue_bytes", "1500 to 1000000000"));
    }
    let loss = Loss::new(own.loss.or(link.loss).unwrap_or(0.0));
    Ok(WireSettings {
        delay,
        jitter: time("jitter_ms", own.jitter_ms.or(link.jitter_ms).unwrap_or(0.0))?,
        rate_bps: rate.flatten(),
        loss: loss.ok_or_else(|| refuse("loss", "a probability, 0 to 1"))?,
        queue_bytes,
        outages: { link.outages_s.iter() }
            .map(|[from, long]| {
                let fits = |s: &f64| (0.0..=OUTAGE_S_MAX).contains(s);
                let outage = (fits(from) && fits(long)).then(|| Outage {
                    from: Duration::from_secs_f64(*from),
                    until: Duration::from_secs_f64(from + long),
                });
                outage.ok_or_else(|| refuse("outages_s", "pairs of start and length, 0 to 1e6 s"))
            })
            .collect::<Result<_, _>>()?,
    })
}

/// Takes the bits per second that a link may have: a thousand to 10^11; none for anything else.
pub fn rate_of(bps: f64) -> Option<NonZeroU64> {
    if !(1e3..=1e11).contains(&bps) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between a thousand and 10^11"
    )]
    let whole = bps.round() as u64;
    NonZeroU64::new(whole)
}

fn connected(topology: &Topology) -> Result<(), TopologyError> {
    let routes = topology.routes(|_| true);
    for from in topology.nodes() {
        for to in topology.nodes() {
            if routes.way(from, to).is_none() {
                return Err(TopologyError::Apart {
                    from: topology.node_name(from).to_owned(),
                    to: topology.node_name(to).to_owned(),
                });
            }
        }
    }
    Ok(())
}

const NODES_MAX: usize = 64;
const LINKS_MAX: usize = 256;
/// The kernel's bound for names of devices.
const NAME_MAX: usize = 15;
const DELAY_MS_MAX: f64 = 60_000.0;
const KM_MAX: f64 = 100_000.0;
const OUTAGE_S_MAX: f64 = 1e6;
/// The largest IP packet on a link: a smaller queue would let nothing through.
const MTU: u64 = 1_500;
const QUEUE_BYTES: u64 = 1_000_000;
const QUEUE_BYTES_MAX: u64 = 1_000_000_000;

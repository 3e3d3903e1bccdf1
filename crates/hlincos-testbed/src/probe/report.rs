//! Figures of a link, with the emulator that they were made on and its own error.

use std::time::Duration;

use serde::Serialize;

use crate::Testbed;
use crate::link::{Counters, WireSettings};
use crate::topology::LinkId;

/// What was measured on one link.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `tun`: the kernel's own TCP and UDP; `in-process`: neither.
    pub emulator: &'static str,
    /// The link's name.
    pub link: String,
    /// Where the client was.
    pub near: String,
    /// Where the services were.
    pub far: String,
    /// Both delays.
    pub rtt_ms: f64,
    /// The congestion control that answered.
    pub congestion_control: String,
    /// Towards the services.
    pub up: Direction,
    /// Towards the client.
    pub down: Direction,
    /// One for each kind of probe.
    pub rows: Vec<Row>,
    /// How late the emulator was at worst.
    pub late_max_ms: f64,
    /// Whether it was late by less than [`LATE_MS_MAX`].
    pub in_time: bool,
}

/// One direction of the link: what it is like, and what it did.
#[derive(Debug, Serialize)]
pub struct Direction {
    /// One way.
    pub delay_ms: f64,
    /// At most.
    pub jitter_ms: f64,
    /// Bits per second; none: without bound.
    pub rate_bps: Option<u64>,
    /// A probability.
    pub loss: f64,
    /// What may wait.
    pub queue_bytes: u64,
    /// Packets that came.
    pub offered: u64,
    /// Packets handed on.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Packets that found the queue full.
    pub queue_full: u64,
    /// Packets lost by chance.
    pub lost: u64,
    /// Packets lost to outages.
    pub cut: u64,
}

/// One kind of probe.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Which one.
    pub probe: &'static str,
    /// Bytes of payload.
    pub bytes: usize,
    /// Runs that came to their end.
    pub runs: usize,
    /// Runs that did not.
    pub failed: usize,
    /// The quickest.
    pub min_ms: Option<f64>,
    /// The one in the middle.
    pub median_ms: Option<f64>,
    /// The slowest.
    pub max_ms: Option<f64>,
    /// What the link allows at best.
    pub bound_ms: f64,
    /// Median over bound.
    pub ratio: Option<f64>,
}

/// Times of the runs of one row.
#[derive(Default)]
pub(super) struct Figures {
    times: Vec<Duration>,
    failed: usize,
}

impl Figures {
    pub(super) fn add(&mut self, time: Option<Duration>) {
        match time {
            Some(time) => self.times.push(time),
            None => self.failed += 1,
        }
    }

    pub(super) fn all_failed(&self) -> bool {
        self.times.is_empty()
    }
}

impl Report {
    pub(super) fn new(testbed: &Testbed, id: LinkId) -> Self {
        let topology = testbed.topology();
        let link = topology.link(id);
        let counters = Counters::default();
        Self {
            emulator: testbed.emulator(),
            link: link.name.clone(),
            near: topology.node_name(link.near).to_owned(),
            far: topology.node_name(link.far).to_owned(),
            rtt_ms: ms(link.round_trip()),
            congestion_control: congestion_control(testbed, id),
            up: direction(&link.up, &counters),
            down: direction(&link.down, &counters),
            rows: Vec::new(),
            late_max_ms: 0.0,
            in_time: true,
        }
    }

    pub(super) fn add(
        &mut self,
        probe: &'static str,
        bytes: usize,
        mut figures: Figures,
        bound: Duration,
    ) {
        figures.times.sort_unstable();
        let times = &figures.times;
        let median = times.get(times.len() / 2).copied().map(ms);
        self.rows.push(Row {
            probe,
            bytes,
            runs: times.len(),
            failed: figures.failed,
            min_ms: times.first().copied().map(ms),
            median_ms: median,
            max_ms: times.last().copied().map(ms),
            bound_ms: ms(bound),
            ratio: median.map(|median| median / ms(bound)),
        });
    }

    pub(super) fn finish(&mut self, testbed: &Testbed, id: LinkId) {
        let link = testbed.topology().link(id);
        let [up, down] = testbed.counters(id);
        self.up = direction(&link.up, &up);
        self.down = direction(&link.down, &down);
        self.late_max_ms = ms(testbed.late_max());
        self.in_time = self.late_max_ms < LATE_MS_MAX;
    }
}

fn direction(wire: &WireSettings, counters: &Counters) -> Direction {
    Direction {
        delay_ms: ms(wire.delay),
        jitter_ms: ms(wire.jitter),
        rate_bps: wire.rate_bps.map(std::num::NonZero::get),
        loss: wire.loss.probability(),
        queue_bytes: wire.queue_bytes,
        offered: counters.offered,
        delivered: counters.delivered,
        delivered_bytes: counters.delivered_bytes,
        queue_full: counters.queue_full,
        lost: counters.lost,
        cut: counters.cut,
    }
}

/// What the far end's kernel uses, which sends the answers.
fn congestion_control(testbed: &Testbed, id: LinkId) -> String {
    let topology = testbed.topology();
    let far = topology.link(id).far;
    if testbed.namespace(far).is_none() {
        return "emulated".to_owned();
    }
    let chosen = topology.tcp.congestion.clone();
    let default = || {
        const SETTING: &str = "/proc/sys/net/ipv4/tcp_congestion_control";
        let read = testbed.enter(far, || std::fs::read_to_string(SETTING));
        read.ok()?.ok().map(|name| name.trim().to_owned())
    };
    chosen
        .or_else(default)
        .unwrap_or_else(|| "unknown".to_owned())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Figures of a later emulator say more of the machine than of the link.
pub const LATE_MS_MAX: f64 = 50.0;

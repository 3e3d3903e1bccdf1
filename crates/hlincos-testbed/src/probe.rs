//! Measures a link with real sockets, beside what the link allows.
//!
//! The client is at the near end, the services at the far end: answers come `down`.

mod bound;
mod client;
mod report;
mod service;

pub use report::{Direction, LATE_MS_MAX, Report, Row};

use std::io;
use std::ops::ControlFlow;

use crate::Testbed;
use crate::link::Transport;
use crate::topology::LinkId;
use bound::Path;
use client::Client;
use report::Figures;
use service::Services;

/// What is measured, and how often.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Runs of each row.
    pub runs: usize,
    /// Bytes of the answers that are fetched.
    pub transfers: Vec<usize>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            runs: 5,
            transfers: vec![1_000, 20_000, 100_000],
        }
    }
}

impl Plan {
    /// Steps that the observer hears of.
    pub fn steps(&self) -> usize {
        self.runs * (2 + self.transfers.len())
    }
}

/// Measures one link of a running testbed that has no shorter way between its ends.
///
/// `observer` hears of each step and may stop; the report then has the rows that are complete. A
/// link over which nothing ever opens ends it too.
///
/// # Errors
/// Sockets or threads were refused. A run that fails on the link is counted in its row instead.
pub fn measure(
    testbed: &Testbed,
    link: LinkId,
    plan: &Plan,
    mut observer: impl FnMut() -> ControlFlow<()>,
) -> io::Result<Report> {
    let ends = testbed.topology().link(link);
    let (near, far) = (ends.near, ends.far);
    let path = Path {
        up: &ends.up,
        down: &ends.down,
        window: testbed.topology().tcp.initial_window,
    };
    let services = Services::bind(testbed, far)?;
    let client = Client {
        testbed,
        at: near,
        udp: testbed.reach(near, far, services.udp_at()?, Transport::Udp)?,
        tcp: testbed.reach(near, far, services.tcp_at()?, Transport::Tcp)?,
        echo_patience: path.echo_patience(),
        patience: path.patience(),
    };
    let mut report = Report::new(testbed, link);
    let measured = services.serve_while(testbed, far, || {
        // Broken off by the observer is no error.
        let _ = rows(&client, &path, plan, &mut report, &mut observer);
    });
    measured?;
    report.finish(testbed, link);
    Ok(report)
}

fn rows(
    client: &Client<'_>,
    path: &Path<'_>,
    plan: &Plan,
    report: &mut Report,
    observer: &mut dyn FnMut() -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut echoes = Figures::default();
    for number in 0..plan.runs {
        echoes.add(client.echo(number as u64));
        observer()?;
    }
    report.add(ECHO, client::ECHO_BYTES, echoes, path.echo());
    // A proxy accepts at once; what its first byte waits for shows in the cold transfers.
    if client.testbed.emulator() == "tun" {
        let mut connects = Figures::default();
        for _ in 0..plan.runs {
            connects.add(client.connect().map(|(_, time)| time));
            observer()?;
        }
        let is_dead = connects.all_failed();
        report.add("TCP connect", 0, connects, path.connect());
        if is_dead {
            return ControlFlow::Break(());
        }
    }
    for bytes in &plan.transfers {
        let (mut cold, mut warm) = (Figures::default(), Figures::default());
        for _ in 0..plan.runs {
            let times = client.transfers(*bytes);
            cold.add(times.map(|times| times[0]));
            warm.add(times.map(|times| times[1]));
            observer()?;
        }
        let is_dead = cold.all_failed();
        report.add("TCP cold", *bytes, cold, path.cold(*bytes));
        report.add("TCP warm", *bytes, warm, path.warm(*bytes));
        if is_dead {
            break;
        }
    }
    ControlFlow::Continue(())
}

/// The probe that does not try again.
pub const ECHO: &str = "UDP echo";

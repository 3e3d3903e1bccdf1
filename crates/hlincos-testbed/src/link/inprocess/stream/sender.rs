//! The sending end of one direction: window, acknowledgements, sending again.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::window::Window;
use super::{Acknowledgement, Path, Segment};

/// What has been sent and not acknowledged.
struct Unacknowledged {
    payload: Arc<[u8]>,
    transmission: u64,
    sent: Instant,
    tries: u32,
}

struct Sender {
    path: Path,
    arrived: UnboundedSender<Segment>,
    waiting: BTreeMap<u64, Unacknowledged>,
    window: Window,
    transmissions: u64,
    round_trip: Duration,
}

/// Reads to the end of the stream; returns when the end has been acknowledged too.
pub(super) async fn run(
    path: Path,
    mut read: OwnedReadHalf,
    arrived: UnboundedSender<Segment>,
    mut acknowledgements: UnboundedReceiver<Acknowledgement>,
) -> io::Result<()> {
    let mut sender = Sender {
        path,
        arrived,
        waiting: BTreeMap::new(),
        window: Window::first(),
        transmissions: 0,
        round_trip: FIRST_PATIENCE,
    };
    let (mut next, mut ended) = (0, false);
    let mut buffer = [0; SEGMENT_BYTES];
    while !(ended && sender.waiting.is_empty()) {
        let overdue = sender.overdue();
        tokio::select! {
            biased;
            Some(acknowledgement) = acknowledgements.recv() => {
                sender.acknowledge(&acknowledgement);
            }
            length = read.read(&mut buffer), if !ended && sender.has_room() => {
                let length = length?;
                ended = length == 0;
                sender.transmit(next, buffer[..length].into(), 0);
                next += 1;
            }
            () = tokio::time::sleep_until(overdue), if !sender.waiting.is_empty() => {
                sender.send_overdue_again()?;
            }
        }
    }
    Ok(())
}

impl Sender {
    fn has_room(&self) -> bool {
        self.waiting.len() < self.window.segments()
    }

    fn transmit(&mut self, number: u64, payload: Arc<[u8]>, tries: u32) {
        let transmission = self.transmissions;
        self.transmissions += 1;
        self.waiting.insert(
            number,
            Unacknowledged {
                payload: Arc::clone(&payload),
                transmission,
                sent: Instant::now(),
                tries,
            },
        );
        let arrived = self.arrived.clone();
        self.path.send(payload.len(), move || {
            let segment = Segment {
                number,
                transmission,
                payload,
            };
            // Nobody listens once the stream has broken.
            let _ = arrived.send(segment);
        });
    }

    /// Takes note of what arrived, and sends again what must be lost.
    ///
    /// Links keep the order, so whatever was sent before what has arrived, and is still missing,
    /// is lost. (After a change of route it may be late instead, and arrives twice.)
    fn acknowledge(&mut self, acknowledgement: &Acknowledgement) {
        let Some(arrived) = self.waiting.remove(&acknowledgement.number) else {
            return;
        };
        self.window.open();
        if arrived.transmission == acknowledgement.transmission {
            self.round_trip = arrived.sent.elapsed();
        }
        let lost: Vec<u64> = { self.waiting.iter() }
            .filter(|(_, one)| one.transmission < acknowledgement.transmission)
            .map(|(number, _)| *number)
            .collect();
        for number in lost {
            let one = self.waiting.remove(&number).expect("seen a line ago");
            self.window.close(one.transmission, self.transmissions);
            self.transmit(number, one.payload, one.tries);
        }
    }

    /// When the first segment has waited too long.
    fn overdue(&self) -> Instant {
        let due = self
            .waiting
            .values()
            .map(|one| one.sent + self.patience(one));
        due.min().unwrap_or_else(Instant::now)
    }

    fn patience(&self, one: &Unacknowledged) -> Duration {
        let patience = (2 * self.round_trip).max(PATIENCE_LEAST) * (1 << one.tries.min(6));
        patience.min(PATIENCE_MOST)
    }

    fn send_overdue_again(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let overdue: Vec<u64> = { self.waiting.iter() }
            .filter(|(_, one)| one.sent + self.patience(one) <= now)
            .map(|(number, _)| *number)
            .collect();
        for number in overdue {
            let one = self.waiting.remove(&number).expect("seen a line ago");
            if one.tries == TRIES_MAX {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.window.close(one.transmission, self.transmissions);
            self.transmit(number, one.payload, one.tries + 1);
        }
        Ok(())
    }
}

/// What Ethernet leaves to TCP with timestamps.
const SEGMENT_BYTES: usize = 1_448;
const FIRST_PATIENCE: Duration = Duration::from_millis(500);
const PATIENCE_LEAST: Duration = Duration::from_millis(200);
const PATIENCE_MOST: Duration = Duration::from_secs(30);
const TRIES_MAX: u32 = 15;

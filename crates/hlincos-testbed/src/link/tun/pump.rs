//! One direction of a link: a thread that reads from one device and writes to the other when due.

use std::io;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tun_rs::SyncDevice;

use super::super::{Clock, Wire};

/// The wire that a pump and its owner share.
pub(super) type Shared = Arc<Mutex<Wire<Vec<u8>>>>;

/// A running direction.
pub(super) struct Pump {
    wire: Shared,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Pump {
    pub(super) fn start(
        wire: Wire<Vec<u8>>,
        [from, to]: [Arc<SyncDevice>; 2],
        mut dice: ChaCha20Rng,
        clock: Clock,
    ) -> io::Result<Self> {
        let wire = Arc::new(Mutex::new(wire));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, stopping) = (Arc::clone(&wire), Arc::clone(&stop));
        let thread = std::thread::Builder::new().spawn(move || {
            // Without it the kernel may wake the thread 50 µs late.
            let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(TIMER_SLACK_NS));
            let mut buffer = vec![0; PACKET_BYTES_MAX];
            while !stopping.load(Ordering::Relaxed) {
                wait(&from, lock(&shared).next_due(), clock);
                take_in(&from, &shared, &mut buffer, &mut dice, clock);
                hand_out(&to, &shared, clock);
            }
        })?;
        Ok(Self {
            wire,
            stop,
            thread: Some(thread),
        })
    }

    pub(super) fn wire(&self) -> MutexGuard<'_, Wire<Vec<u8>>> {
        lock(&self.wire)
    }

    /// Asks the thread to end, without waiting for it as dropping does.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A pump that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

/// Until a packet comes or is due, at most so long that nobody waits for a thread to end.
fn wait(device: &SyncDevice, due: Option<Duration>, clock: Clock) {
    let left = due.map_or(PATIENCE, |due| due.saturating_sub(clock.now()));
    let time = Timespec::try_from(left.min(PATIENCE)).expect("below a second");
    let mut fds = [PollFd::new(device, PollFlags::IN)];
    // Whatever interrupts the wait, the loop looks again.
    let _ = poll(&mut fds, Some(&time));
}

fn take_in(
    device: &SyncDevice,
    wire: &Shared,
    buffer: &mut [u8],
    dice: &mut ChaCha20Rng,
    clock: Clock,
) {
    // Not more at once, or packets that are due would be late.
    for _ in 0..BATCH {
        // The device does not block; its errors are "nothing there" or "it is down".
        let Ok(length) = device.recv(buffer) else {
            return;
        };
        let packet = buffer[..length].to_vec();
        lock(wire).offer(clock.now(), packet, length, dice);
    }
}

fn hand_out(device: &SyncDevice, wire: &Shared, clock: Clock) {
    loop {
        let Some(packet) = lock(wire).take_due(clock.now()) else {
            return;
        };
        // A device that refuses is down; the network above sees a lost packet.
        if let Err(error) = device.send(&packet) {
            tracing::debug!(%error, "a device takes no packet");
        }
    }
}

/// Counters and queues hold whatever a panicking thread left.
fn lock(wire: &Shared) -> MutexGuard<'_, Wire<Vec<u8>>> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

const TIMER_SLACK_NS: u64 = 1_000;
const PATIENCE: Duration = Duration::from_millis(100);
const BATCH: usize = 64;
const PACKET_BYTES_MAX: usize = 65_536;

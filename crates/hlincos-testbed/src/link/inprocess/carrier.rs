//! Parcels over the links of a topology: a task for each direction, routes as they are now.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chacha20::ChaCha20Rng;
use tokio::sync::Notify;

use super::super::{Clock, Wire, dice};
use crate::topology::{LinkId, NodeId, Routes, Topology};

/// Something on its way.
pub(super) struct Parcel {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    /// As an IP packet.
    pub(super) bytes: usize,
    /// What happens when it arrives; nothing happens when it does not.
    pub(super) arrive: Box<dyn FnOnce() + Send>,
}

/// All directions of all links.
pub(super) struct Carrier {
    pub(super) topology: Topology,
    pub(super) clock: Clock,
    pub(super) routes: RwLock<Routes>,
    /// For each link, up and down.
    lanes: Vec<[Lane; 2]>,
}

struct Lane {
    /// Packets, with where they come out.
    wire: Mutex<(Wire<Parcel>, ChaCha20Rng)>,
    offered: Notify,
}

impl Carrier {
    pub(super) fn new(topology: &Topology, seed: u64) -> Self {
        let lane = |settings, id, direction| Lane {
            wire: Mutex::new((Wire::new(settings), dice(seed, id, direction))),
            offered: Notify::new(),
        };
        Self {
            clock: Clock::start(),
            routes: RwLock::new(topology.routes(|_| true)),
            lanes: { topology.links() }
                .map(|id| {
                    let link = topology.link(id);
                    [lane(link.up.clone(), id, 0), lane(link.down.clone(), id, 1)]
                })
                .collect(),
            topology: topology.clone(),
        }
    }

    /// Sends a parcel on its next step, or hands it over if it is there.
    pub(super) fn send(&self, parcel: Parcel) {
        if parcel.from == parcel.to {
            return (parcel.arrive)();
        }
        let hop = { self.routes.read() }
            .unwrap_or_else(PoisonError::into_inner)
            .next(parcel.from, parcel.to);
        // Without a way it is lost, as any packet is.
        let Some(hop) = hop else { return };
        let direction = usize::from(self.topology.link(hop.link).near != parcel.from);
        let lane = &self.lanes[hop.link.0][direction];
        let (wire, dice) = &mut *lane.lock();
        let bytes = parcel.bytes;
        let parcel = Parcel {
            from: hop.to,
            ..parcel
        };
        wire.offer(self.clock.now(), parcel, bytes, dice);
        lane.offered.notify_one();
    }

    /// Hands on what becomes due in one direction of one link, for ever.
    pub(super) async fn run(self: Arc<Self>, link: LinkId, direction: usize) {
        let lane = &self.lanes[link.0][direction];
        loop {
            while let Some(parcel) = self.take_due(lane) {
                self.send(parcel);
            }
            let due = lane.lock().0.next_due();
            let Some(due) = due else {
                lane.offered.notified().await;
                continue;
            };
            let left = due.saturating_sub(self.clock.now());
            // Nothing overtakes: what is offered meanwhile is due later.
            tokio::time::sleep(left).await;
        }
    }

    fn take_due(&self, lane: &Lane) -> Option<Parcel> {
        lane.lock().0.take_due(self.clock.now())
    }

    /// Does something with both wires of a link.
    pub(super) fn wires<T>(&self, link: LinkId, act: impl Fn(&mut Wire<Parcel>) -> T) -> [T; 2] {
        self.lanes[link.0]
            .each_ref()
            .map(|lane| act(&mut lane.lock().0))
    }
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, (Wire<Parcel>, ChaCha20Rng)> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Ways between all places: the quickest by delay, then the one of fewest links.

use std::time::Duration;

use super::{LinkId, NodeId, Topology};

/// For each place and destination, the link to take next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    next: Vec<Vec<Option<Hop>>>,
}

/// A step on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The link to take.
    pub link: LinkId,
    /// Where it leads.
    pub to: NodeId,
}

#[derive(Clone, Copy)]
struct Way {
    cost: (Duration, usize),
    first: Hop,
}

impl Routes {
    /// Floyd and Warshall over a few dozen places.
    pub(super) fn new(topology: &Topology, usable: impl Fn(LinkId) -> bool) -> Self {
        let count = topology.nodes().count();
        let mut ways: Vec<Vec<Option<Way>>> = vec![vec![None; count]; count];
        for id in topology.links().filter(|id| usable(*id)) {
            let link = topology.link(id);
            let ends = [
                (link.near, link.far, link.up.delay),
                (link.far, link.near, link.down.delay),
            ];
            for (from, to, delay) in ends {
                let first = Hop { link: id, to };
                let way = Way {
                    cost: (delay, 1),
                    first,
                };
                keep_quicker(&mut ways[from.0][to.0], way);
            }
        }
        for middle in 0..count {
            for from in 0..count {
                let Some(before) = ways[from][middle] else {
                    continue;
                };
                for to in (0..count).filter(|to| *to != from) {
                    let Some(after) = ways[middle][to] else {
                        continue;
                    };
                    let way = Way {
                        cost: (before.cost.0 + after.cost.0, before.cost.1 + after.cost.1),
                        first: before.first,
                    };
                    keep_quicker(&mut ways[from][to], way);
                }
            }
        }
        let first = |way: Option<Way>| way.map(|way| way.first);
        Self {
            next: { ways.into_iter() }
                .map(|row| row.into_iter().map(first).collect())
                .collect(),
        }
    }

    /// The next step from one place to another; none at the goal itself, or without a way.
    ///
    /// # Panics
    /// If a place is of another topology.
    pub fn next(&self, from: NodeId, to: NodeId) -> Option<Hop> {
        self.next[from.0][to.0]
    }

    /// Every step from one place to another; none without a way.
    ///
    /// # Panics
    /// If a place is of another topology.
    pub fn way(&self, from: NodeId, to: NodeId) -> Option<Vec<Hop>> {
        let mut here = from;
        let mut steps = Vec::new();
        while here != to {
            let hop = self.next(here, to)?;
            steps.push(hop);
            here = hop.to;
        }
        Some(steps)
    }
}

fn keep_quicker(best: &mut Option<Way>, way: Way) {
    if best.is_none_or(|best| way.cost < best.cost) {
        *best = Some(way);
    }
}

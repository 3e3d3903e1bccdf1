//! Which places there are and which links join them: from TOML, checked, with ways between them.
//!
//! Source: `docs/testbed.md`, "Topology files".

mod file;
mod route;
#[cfg(test)]
mod tests;

pub use file::{TopologyError, rate_of};
pub use route::{Hop, Routes};

use std::time::Duration;

use crate::link::WireSettings;

/// A place: the number of its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

/// A link between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(crate) usize);

/// Places and links; every place is reached from every other.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// What it shows, for people.
    pub title: String,
    /// How the kernels of its places speak TCP.
    pub tcp: Tcp,
    nodes: Vec<String>,
    links: Vec<Link>,
}

/// How TCP is spoken on every route; what is absent is the kernel's own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tcp {
    /// The congestion control, as the kernel calls it.
    pub congestion: Option<String>,
    /// Segments that may leave before the first acknowledgement; the receive window follows.
    pub initial_window: Option<u32>,
}

/// A link of a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its name: at most 15 letters, so that it can name the devices at its ends.
    pub name: String,
    /// The end that `up` begins at.
    pub near: NodeId,
    /// The end that `down` begins at.
    pub far: NodeId,
    /// From near to far.
    pub up: WireSettings,
    /// From far to near.
    pub down: WireSettings,
}

impl Link {
    /// Both delays, without jitter and transmission.
    pub fn round_trip(&self) -> Duration {
        self.up.delay + self.down.delay
    }
}

impl Topology {
    /// The places and links of the experiment of 2019.
    pub fn of_2019() -> Self {
        Self::from_toml(include_str!("topology/2019.toml")).expect("a test reads the same file")
    }

    /// Reads a topology file.
    ///
    /// # Errors
    /// [`TopologyError`] names the place and what it may be instead.
    pub fn from_toml(text: &str) -> Result<Self, TopologyError> {
        file::read(text)
    }

    /// All places, in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// All links, in the order of the file.
    pub fn links(&self) -> impl Iterator<Item = LinkId> + use<> {
        (0..self.links.len()).map(LinkId)
    }

    /// The place of that name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node == name).map(NodeId)
    }

    /// The name of a place.
    ///
    /// # Panics
    /// If the place is of another topology.
    pub fn node_name(&self, node: NodeId) -> &str {
        &self.nodes[node.0]
    }

    /// The link of that name.
    pub fn link_named(&self, name: &str) -> Option<LinkId> {
        self.links
            .iter()
            .position(|link| link.name == name)
            .map(LinkId)
    }

    /// A link.
    ///
    /// # Panics
    /// If the link is of another topology.
    pub fn link(&self, link: LinkId) -> &Link {
        &self.links[link.0]
    }

    /// A link, to be changed before the topology is built up.
    ///
    /// # Panics
    /// If the link is of another topology.
    pub fn link_mut(&mut self, link: LinkId) -> &mut Link {
        &mut self.links[link.0]
    }

    /// The links that end at a place.
    pub fn links_of(&self, node: NodeId) -> impl Iterator<Item = LinkId> + '_ {
        self.links().filter(move |link| {
            let link = self.link(*link);
            link.near == node || link.far == node
        })
    }

    /// This one link and its ends, alone.
    #[must_use]
    pub fn only(&self, link: LinkId) -> Self {
        let kept = self.link(link);
        let nodes = [kept.near, kept.far].map(|node| self.node_name(node).to_owned());
        let link = Link {
            near: NodeId(0),
            far: NodeId(1),
            ..kept.clone()
        };
        Self {
            title: self.title.clone(),
            tcp: self.tcp.clone(),
            nodes: nodes.into(),
            links: vec![link],
        }
    }

    /// The quickest ways between all places over the links that `usable` allows.
    pub fn routes(&self, usable: impl Fn(LinkId) -> bool) -> Routes {
        Routes::new(self, usable)
    }
}

/// The delay of a fibre: two thirds of the speed of light in vacuum.
///
/// Units: kilometres of fibre, not of air line.
pub fn fibre_delay(km: f64) -> Duration {
    const VACUUM_KM_PER_S: f64 = 299_792.458;
    Duration::from_secs_f64(km / (VACUUM_KM_PER_S * 2.0 / 3.0))
}

//! Links over which gateways call by frames instead of TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use hlincos_channel::End;
use hlincos_net::Listener;
use hlincos_net::link::{FrameAccept, LinkEnd};
use hlincos_pki::{Identity, Role};

use crate::config::PeerLink;
use crate::server::ServeError;

/// What was opened.
pub(crate) struct Doors {
    pub(crate) links: Vec<Arc<LinkEnd>>,
    pub(crate) addresses: Vec<SocketAddr>,
}

/// The links of one door, and who is at their other ends.
type Behind = Vec<(Arc<LinkEnd>, Identity)>;

/// Opens every link, and a door for each address that they name.
pub(crate) async fn open(
    configured: &[PeerLink],
    listener: &mut Listener,
) -> Result<Doors, ServeError> {
    let mut doors: Vec<(SocketAddr, Behind)> = Vec::new();
    let mut links = Vec::new();
    for PeerLink { gateway, frames } in configured {
        let wrong = |what: String| ServeError::LinkConfig(what);
        if frames.end != End::B {
            return Err(wrong(format!(
                "link {}: a site is end \"b\"",
                frames.number.get()
            )));
        }
        let address: SocketAddr = frames
            .at
            .parse()
            .map_err(|_| wrong(format!("at = {:?} is no address and port", frames.at)))?;
        let name = gateway
            .parse()
            .map_err(|error| wrong(format!("gateway = {gateway:?}: {error}")))?;
        let peer = Identity {
            role: Role::Gateway,
            name,
        };
        let link = LinkEnd::configured(frames.clone())?;
        links.push(link.clone());
        match doors
            .iter_mut()
            .find(|(known, _)| *known == address && address.port() != 0)
        {
            Some((_, behind)) => behind.push((link, peer)),
            None => doors.push((address, vec![(link, peer)])),
        }
    }
    let mut addresses = Vec::new();
    for (address, behind) in doors {
        let door = Arc::new(FrameAccept::new(behind));
        let bound = listener.open(address, door).await;
        addresses.push(bound.map_err(|error| ServeError::Bind { address, error })?);
    }
    Ok(Doors { links, addresses })
}

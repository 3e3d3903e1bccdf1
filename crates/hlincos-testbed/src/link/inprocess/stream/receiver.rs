//! The receiving end of one direction: acknowledges, puts in order, writes.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::{Acknowledgement, Path, Segment};

/// Writes what arrives until the sending end is done.
///
/// A service that does not read holds up the acknowledgements, and with them the sender.
pub(super) async fn run(
    back: Path,
    mut write: OwnedWriteHalf,
    mut arrivals: UnboundedReceiver<Segment>,
    acknowledged: UnboundedSender<Acknowledgement>,
) -> io::Result<()> {
    let mut early: BTreeMap<u64, Arc<[u8]>> = BTreeMap::new();
    let mut next = 0;
    while let Some(segment) = arrivals.recv().await {
        let acknowledged = acknowledged.clone();
        let acknowledgement = Acknowledgement {
            number: segment.number,
            transmission: segment.transmission,
        };
        back.send(0, move || {
            let _ = acknowledged.send(acknowledgement);
        });
        if segment.number >= next {
            early.insert(segment.number, segment.payload);
        }
        while let Some(payload) = early.remove(&next) {
            next += 1;
            if payload.is_empty() {
                write.shutdown().await?;
            } else {
                write.write_all(&payload).await?;
            }
        }
    }
    Ok(())
}

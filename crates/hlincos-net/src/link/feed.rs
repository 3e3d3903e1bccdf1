//! Feeding a link with QKD keys, over a control channel of its own.
//!
//! Each end fetches keys for what it sends, tells the other end their names, and has a block in
//! stock once the other end has fetched the same keys and confirmed what it got.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hlincos_channel::{Class, Event, Level, Manifest, QkdKey, Source};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::dial::greet;
use super::end::{KeySupply, LinkEnd, QKD_BLOCK_BYTES};
use super::stream::FrameStream;
use crate::dial::connect;

/// What a feed says first, where HTTP would say its preface.
pub(super) const FEED: [u8; 4] = *b"FEED";
/// The stock is looked at so often, though nobody told that it fell.
const LOOK: Duration = Duration::from_millis(500);
/// Between two tries when the other end or the key manager is away.
const REST: Duration = Duration::from_secs(2);

/// Keeps a link's QKD stock full as long as it is polled: the caller's end of it, which calls again
/// whenever the channel breaks.
pub async fn feed(end: Arc<LinkEnd>) {
    loop {
        if let Err(error) = feed_once(&end).await {
            tracing::warn!(link = end.config().number.get(), %error, "QKD keys are not fed; trying again");
        }
        tokio::time::sleep(REST).await;
    }
}

async fn feed_once(end: &Arc<LinkEnd>) -> io::Result<()> {
    let socket = connect(&end.config().at).await;
    let socket = socket.map_err(|error| io::Error::other(error.to_string()))?;
    let mut stream = greet(end, Class::Control, Level::PqTls, socket).await?;
    stream.write_all(&FEED).await?;
    stream.flush().await?;
    feed_over(stream, end).await
}

/// What a fetch brought.
enum Fetched {
    New(io::Result<Vec<QkdKey>>),
    Named(Manifest, io::Result<Vec<Zeroizing<Vec<u8>>>>),
}

/// Feeds over a channel until it ends.
pub(super) async fn feed_over(mut stream: FrameStream, end: &Arc<LinkEnd>) -> io::Result<()> {
    let Some(supply) = end.supply().cloned() else {
        return Err(io::Error::other("there is no key manager at this end"));
    };
    let (told, mut fetched) = mpsc::channel(2);
    let mut feed = Feed {
        end: end.clone(),
        supply,
        told,
        wanted: VecDeque::new(),
        fetching_new: false,
        fetching_named: false,
    };
    loop {
        feed.fetch_new();
        feed.fetch_named();
        tokio::select! {
            pumped = poll_fn(|context| stream.poll_pump(context)) => pumped?,
            Some(fetched) = fetched.recv() => feed.heed(&mut stream, fetched)?,
            () = end.moved.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        for event in stream.take_events() {
            match event {
                Event::Collect(manifest) => feed.wanted.push_back(manifest),
                Event::Appended(_) => end.moved.notify_waiters(),
                Event::BlockLost(number) => {
                    tracing::warn!(number, "a block of QKD keys was lost");
                }
                Event::ManifestRefused(error) => tracing::warn!(%error, "a manifest was refused"),
                Event::PeerClosed => return Ok(()),
                _ => {}
            }
        }
        if stream.is_ended() {
            return Ok(());
        }
    }
}

struct Feed {
    end: Arc<LinkEnd>,
    supply: Arc<dyn KeySupply>,
    told: mpsc::Sender<Fetched>,
    /// Blocks of the other end, in the order of its manifests.
    wanted: VecDeque<Manifest>,
    fetching_new: bool,
    fetching_named: bool,
}

impl Feed {
    /// Fetches keys for one more block when the stock is below what is wanted.
    fn fetch_new(&mut self) {
        let own = self.end.config().end.sends();
        let stock = self.end.lock().link.stock_bytes(Source::Qkd, own);
        if self.fetching_new || stock >= self.end.config().stock_bytes {
            return;
        }
        self.fetching_new = true;
        let (supply, told, end) = (self.supply.clone(), self.told.clone(), self.end.clone());
        tokio::spawn(async move {
            let keys = match end.put_hello_keys_by().await {
                Ok(()) => supply.fresh(QKD_BLOCK_BYTES).await,
                Err(error) => Err(error),
            };
            if keys.is_err() {
                tokio::time::sleep(REST).await;
            }
            // A feed that is over needs no keys.
            let _ = told.send(Fetched::New(keys)).await;
        });
    }

    /// Fetches the keys of the other end's next block.
    fn fetch_named(&mut self) {
        if self.fetching_named {
            return;
        }
        let Some(manifest) = self.wanted.pop_front() else {
            return;
        };
        self.fetching_named = true;
        let (supply, told) = (self.supply.clone(), self.told.clone());
        tokio::spawn(async move {
            let ids = manifest.key_ids.clone();
            let keys = supply.named(ids, manifest.key_bytes).await;
            let _ = told.send(Fetched::Named(manifest, keys)).await;
        });
    }

    fn heed(&mut self, stream: &mut FrameStream, fetched: Fetched) -> io::Result<()> {
        match fetched {
            Fetched::New(keys) => {
                self.fetching_new = false;
                match keys {
                    Ok(keys) => offer(stream, keys),
                    Err(error) => {
                        tracing::warn!(%error, "the key manager gave no keys");
                        Ok(())
                    }
                }
            }
            Fetched::Named(manifest, keys) => {
                self.fetching_named = false;
                stream.with(|connection, state, now| {
                    match keys {
                        Ok(keys) => {
                            let taken =
                                connection.collected(&mut state.link, &manifest, &keys, now);
                            if let Err(error) = taken {
                                tracing::warn!(%error, "a block of QKD keys was not taken");
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "keys of the other end cannot be collected");
                            connection.lost(&mut state.link, manifest.number, now);
                        }
                    }
                    Ok(())
                })
            }
        }
    }
}

/// Offers a block made of new keys; keys that make none are given up.
fn offer(stream: &mut FrameStream, keys: Vec<QkdKey>) -> io::Result<()> {
    let (ids, bytes): (Vec<_>, Vec<_>) = keys.into_iter().map(|key| (key.id, key.key)).unzip();
    let key_bytes = bytes
        .first()
        .map_or(0, |key: &Zeroizing<Vec<u8>>| key.len());
    stream.with(|connection, state, now| {
        let manifest = Manifest {
            number: connection.next_offer(&state.link),
            key_bytes: u32::try_from(key_bytes).unwrap_or(0),
            key_ids: ids,
        };
        if let Err(error) = connection.offer(&mut state.link, &manifest, &bytes, now) {
            tracing::warn!(%error, "new QKD keys made no block");
        }
        Ok(())
    })
}

//! The sending side of a run: batches of bundles, their acknowledgement, the run's record.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hlincos_proto::gateway::{BundlesAnswer, GatewayClient, GatewayError, write_bundles};
use hlincos_record::bundle::{BundleBuilder, Class, Entry, GivenUp, RunRecord};
use hlincos_record::identifier::{BundleId, Subject};
use tokio::sync::mpsc;

use crate::backup::{BackupError, Findings, Item};
use crate::journal::{GroupDone, Journal, member_name};
use crate::packing::{PackError, Packed, RunContext};

/// Bundles are sent when so many bytes are together; a request may hold one bundle more.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_BUNDLES: usize = 512;
/// Members listed on one directory page: with the longest names a third of a bundle.
const MEMBERS_PER_PAGE: usize = 50_000;
/// Requests under way at once.
const IN_FLIGHT: usize = 3;

/// The sending side of a run.
pub(crate) struct Sender<'a> {
    gateway: &'a GatewayClient,
    journal: &'a Journal,
    run: &'a RunContext<'a>,
    /// Whether the root page must list the store yet.
    list_store: bool,
    /// Members known already that the first batch must list.
    unlisted: Vec<Subject>,
    degraded: BTreeSet<String>,
}

/// Bundles on their way, and what their acknowledgement means.
#[derive(Default)]
struct Batch {
    bundles: Vec<Packed>,
    bytes: usize,
    groups: Vec<GroupDone>,
    members: Vec<Subject>,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(
        gateway: &'a GatewayClient,
        journal: &'a Journal,
        run: &'a RunContext<'a>,
        list_store: bool,
        unlisted: Vec<Subject>,
    ) -> Self {
        Self {
            gateway,
            journal,
            run,
            list_store,
            unlisted,
            degraded: BTreeSet::new(),
        }
    }

    /// Sites that did not take shares which others took.
    pub(crate) fn into_degraded(self) -> Vec<String> {
        self.degraded.into_iter().collect()
    }

    /// Sends what the workers pack until they are done.
    pub(crate) async fn send_all(
        &mut self,
        incoming: &mut mpsc::Receiver<Item>,
    ) -> Result<Findings, BackupError> {
        let mut findings = Findings::default();
        let mut announced: BTreeSet<Subject> = self.unlisted.iter().cloned().collect();
        let mut batch = Batch {
            members: std::mem::take(&mut self.unlisted),
            ..Batch::default()
        };
        let mut flying = FuturesOrdered::new();
        loop {
            let item = match incoming.try_recv() {
                Ok(item) => Some(item),
                Err(mpsc::error::TryRecvError::Disconnected) => None,
                Err(mpsc::error::TryRecvError::Empty) => {
                    // Nothing to pack right now: send what is together, if the line is free.
                    if batch.bytes > 0 && flying.is_empty() {
                        flying.push_back(send(
                            self.gateway,
                            self.request(std::mem::take(&mut batch))?,
                        ));
                    }
                    tokio::select! {
                        item = incoming.recv() => item,
                        Some(sent) = flying.next() => {
                            self.acknowledge(sent)?;
                            continue;
                        }
                    }
                }
            };
            match item {
                Some(Item::Packed(packed)) => {
                    if !announced.contains(&packed.subject)
                        && !self.journal.is_member(&packed.subject)?
                    {
                        announced.insert(packed.subject.clone());
                        batch.members.push(packed.subject.clone());
                    }
                    batch.bytes += packed.bytes.len();
                    batch.bundles.push(packed);
                }
                Some(Item::Done(root, outcome)) => {
                    findings.removed += outcome.removed;
                    findings.unreadable.extend(outcome.unreadable);
                    batch.groups.push(GroupDone {
                        root,
                        known: outcome.known,
                    });
                }
                Some(Item::Failed(text)) => return Err(BackupError::Packing(text)),
                None => break,
            }
            let full = batch.bytes >= BATCH_BYTES || batch.bundles.len() >= BATCH_BUNDLES;
            if full {
                if flying.len() == IN_FLIGHT
                    && let Some(sent) = flying.next().await
                {
                    self.acknowledge(sent)?;
                }
                flying.push_back(send(
                    self.gateway,
                    self.request(std::mem::take(&mut batch))?,
                ));
            }
        }
        flying.push_back(send(self.gateway, self.request(batch)?));
        while let Some(sent) = flying.next().await {
            self.acknowledge(sent)?;
        }
        Ok(findings)
    }

    /// Adds the directory page that makes a batch's new members findable, and writes the request.
    fn request(&mut self, mut batch: Batch) -> Result<(Batch, Bytes), BackupError> {
        let packing = |error: PackError| BackupError::Packing(error.to_string());
        let mut pages = Vec::new();
        if std::mem::take(&mut self.list_store) {
            let label = self.run.label.as_bytes().to_vec();
            pages.push(
                self.page(Class::Root, Subject::Root, &[label])
                    .map_err(packing)?,
            );
        }
        for members in batch.members.chunks(MEMBERS_PER_PAGE) {
            let names: Vec<_> = members.iter().map(member_name).collect();
            let store = Subject::store(self.run.label)?;
            pages.push(
                self.page(Class::Directory, store, &names)
                    .map_err(packing)?,
            );
        }
        batch.bundles.splice(0..0, pages);
        let body = write_bundles(batch.bundles.iter().map(|packed| packed.bytes.as_slice()));
        Ok((batch, Bytes::from(body)))
    }

    fn page(&self, class: Class, subject: Subject, names: &[Vec<u8>]) -> Result<Packed, PackError> {
        let label = if class == Class::Root {
            ""
        } else {
            self.run.label
        };
        let mut builder = BundleBuilder::new(class, subject.clone(), label)?;
        for name in names {
            builder.push(&Entry::Member { name: name.clone() }, &[])?;
        }
        self.run.finish(builder, subject)
    }

    fn acknowledge(
        &mut self,
        (batch, answer): (Batch, Result<BundlesAnswer, GatewayError>),
    ) -> Result<(), BackupError> {
        let answer = answer?;
        self.degraded.extend(answer.missing);
        let listed = |packed: &&Packed| packed.subject != Subject::Root;
        let ids: Vec<BundleId> = batch
            .bundles
            .iter()
            .filter(listed)
            .map(|packed| packed.id)
            .collect();
        self.journal
            .acknowledge(&batch.groups, &batch.members, &ids)?;
        self.run
            .counters
            .bundles
            .fetch_add(batch.bundles.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Lists bundles that are lost and were made up for, so that they count as lost no more.
    pub(crate) async fn give_up(
        &mut self,
        store: &Subject,
        lost: &[BundleId],
    ) -> Result<(), BackupError> {
        let packing = |error: PackError| BackupError::Packing(error.to_string());
        for ids in lost.chunks(GivenUp::BUNDLES_MAX) {
            let list = GivenUp {
                bundles: ids.to_vec(),
            };
            let contents = list.to_bytes();
            let packed = self
                .record(Class::GivenUp, store, &contents)
                .map_err(packing)?;
            let mut batch = Batch::default();
            batch.bundles.push(packed);
            let sent = send(self.gateway, self.request(batch)?).await;
            self.acknowledge(sent)?;
        }
        Ok(())
    }

    /// A bundle of the store itself whose contents are a record of their own.
    fn record(&self, class: Class, store: &Subject, contents: &[u8]) -> Result<Packed, PackError> {
        let mut builder = BundleBuilder::new(class, store.clone(), self.run.label)?;
        builder.set_contents(contents)?;
        self.run.finish(builder, store.clone())
    }

    /// Writes the run's record: with it the generation is finished.
    pub(crate) async fn finish(
        &mut self,
        store: &Subject,
        record: RunRecord,
    ) -> Result<(), BackupError> {
        let listed = self.journal.pending()?;
        let packing = |error: PackError| BackupError::Packing(error.to_string());
        let mut chunks: Vec<&[BundleId]> = listed.chunks(RunRecord::BUNDLES_PER_PAGE).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let pages = u32::try_from(chunks.len()).expect("bounded by 2^32 bundles a run");
        for (page, chunk) in (0..pages).zip(chunks) {
            let record = RunRecord {
                page,
                pages,
                bundles: chunk.to_vec(),
                ..record.clone()
            };
            let packed = self
                .record(Class::Run, store, &record.to_bytes())
                .map_err(packing)?;
            // Page after page, so that the last one is there only when all others are.
            let answer = self
                .gateway
                .send(Bytes::from(write_bundles([packed.bytes.as_slice()])))
                .await?;
            self.degraded.extend(answer.missing);
        }
        Ok(())
    }
}

/// Sends a batch and keeps it until the answer is there.
async fn send(
    gateway: &GatewayClient,
    (batch, body): (Batch, Bytes),
) -> (Batch, Result<BundlesAnswer, GatewayError>) {
    if batch.bundles.is_empty() {
        return (
            batch,
            Ok(BundlesAnswer {
                stored: 0,
                missing: Vec::new(),
            }),
        );
    }
    let answer = gateway.send(body).await;
    (batch, answer)
}

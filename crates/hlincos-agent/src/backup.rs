//! One run: walk, pack on worker threads, send in batches, journal what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc as thread_channel};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hlincos_proto::gateway::{
    BundlesAnswer, GatewayClient, GatewayError, RunOpening, write_bundles,
};
use hlincos_record::bundle::{BundleBuilder, Class, Entry, RunRecord};
use hlincos_record::identifier::{BundleId, Generation, Subject};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::fold::rebuild_journal;
use crate::journal::{GroupDone, Journal, JournalError, Known, member_name};
use crate::packing::{GroupOutcome, PackError, Packed, RunContext, pack};
use crate::scan::{Group, group_root, walk};

/// Bundles are sent when so many bytes are together; a request may hold one bundle more.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_BUNDLES: usize = 512;
/// Requests under way at once.
const IN_FLIGHT: usize = 3;
const WORKERS: usize = 2;

/// What a backup needs to know.
pub struct Plan<'a> {
    /// The store's folder.
    pub store: &'a Path,
    /// The store's label.
    pub label: &'a str,
    /// The folder of journals and lists of defects.
    pub state: &'a Path,
    /// The clock, milliseconds since 1970 (UTC).
    pub now_unix_ms: &'a (dyn Fn() -> u64 + Sync),
}

/// How far a run is; read by whoever draws the progress.
#[derive(Debug, Default)]
pub struct Counters {
    /// Files found.
    pub files: AtomicU64,
    /// Their bytes.
    pub bytes: AtomicU64,
    /// Empty folders found.
    pub folders: AtomicU64,
    /// Files whose bytes were read.
    pub files_read: AtomicU64,
    /// Files whose bytes are sent.
    pub files_sent: AtomicU64,
    /// Their bytes.
    pub bytes_sent: AtomicU64,
    /// Files sent as references to bytes that the sites have.
    pub referenced: AtomicU64,
    /// Files with defects.
    pub defective: AtomicU64,
    /// Bundles acknowledged.
    pub bundles: AtomicU64,
}

/// What a run did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BackupReport {
    /// The store's label.
    pub store: String,
    /// The generation that this run made.
    pub generation: u64,
    /// Whether it went on where a killed run had stopped.
    pub resumed: bool,
    /// Patients of the store.
    pub patients: u64,
    /// Files of the store.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Empty folders of the store.
    pub empty_folders: u64,
    /// Files whose bytes were sent.
    pub files_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Files renamed, copied or touched: nothing but their names was sent.
    pub files_referenced: u64,
    /// Paths that are no more.
    pub removed: u64,
    /// Bundles dealt.
    pub bundles: u64,
    /// Files with defects, backed up all the same.
    pub defective_files: u64,
    /// Defects among the files read in this run.
    pub defects: Vec<DefectCount>,
    /// Where every one of them is listed.
    pub defects_file: Option<PathBuf>,
    /// Files and folders that could not be read and are not in this generation.
    pub unreadable: u64,
    /// Where every one of them is listed, with the reason.
    pub unreadable_file: Option<PathBuf>,
    /// Sites that did not take their shares: stored, but degraded.
    pub degraded_sites: Vec<String>,
    /// Whether the journal was rebuilt from the sites first.
    pub journal_rebuilt: bool,
}

/// A kind of defect and how often it was found.
#[derive(Clone, Debug, Serialize)]
pub struct DefectCount {
    /// The defect's code.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// Why a run stopped; what was acknowledged stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store is not there.
    #[error("the store {0} cannot be read: {1}; check the path and its permissions")]
    Store(PathBuf, std::io::Error),
    /// The label is none.
    #[error("{0}; choose another with --name")]
    Label(#[from] hlincos_record::identifier::SubjectError),
    /// The gateway or the sites.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A list could not be written.
    #[error("a list in the state folder cannot be written: {0}")]
    State(std::io::Error),
    /// Packing failed.
    #[error("{0}")]
    Packing(String),
}

/// Backs a store up: one run, one generation.
///
/// A run that was killed is gone on with: what was acknowledged is not sent again.
///
/// # Errors
/// [`BackupError`]. Files that cannot be read are no error here; the report counts them.
pub async fn backup(
    gateway: &GatewayClient,
    plan: &Plan<'_>,
    counters: Arc<Counters>,
) -> Result<BackupReport, BackupError> {
    let missing = |error| BackupError::Store(plan.store.to_owned(), error);
    std::fs::read_dir(plan.store).map_err(missing)?;
    let subject = Subject::store(plan.label)?;
    let started_unix_ms = (plan.now_unix_ms)();
    let opening = gateway.open_run(plan.label).await?;
    let journal = Journal::open(plan.state, plan.label)?;
    let journal_rebuilt = make_current(gateway, plan, &journal, &opening).await?;
    let attempt = journal.next_attempt()?;
    let resumed = !journal.pending()?.is_empty();

    let next = AtomicU64::new(0);
    let generation = Generation(opening.finished + 1);
    let run = RunContext {
        store: plan.store,
        label: plan.label,
        generation,
        attempt,
        next: &next,
        now_unix_ms: plan.now_unix_ms,
        counters: &counters,
    };
    let mut sender = Sender {
        gateway,
        journal: &journal,
        run: &run,
        list_store: !opening.listed,
        degraded: BTreeSet::new(),
    };
    let outcome = run_groups(&run, &journal, &mut sender).await?;

    let mut record = RunRecord {
        started_unix_ms,
        finished_unix_ms: (plan.now_unix_ms)(),
        files_sent: counters.files_sent.load(Ordering::SeqCst),
        removed: outcome.removed,
        defects: counters.defective.load(Ordering::SeqCst),
        unreadable: outcome.unreadable.len() as u64,
        ..RunRecord::default()
    };
    count_store(&journal, &mut record)?;
    sender.finish(&subject, record.clone()).await?;
    journal.finish(generation.0)?;

    let list = |name: &str, lines: Vec<Vec<u8>>| {
        write_list(
            plan.state,
            &format!("{}-{}-{name}.tsv", plan.label, generation.0),
            lines,
        )
    };
    let defects_file = list("defects", outcome.defect_lines())?;
    let unreadable_file = list("unreadable", outcome.unreadable_lines())?;
    Ok(BackupReport {
        store: plan.label.to_owned(),
        generation: generation.0,
        resumed,
        patients: record.patients,
        files: record.files,
        bytes: record.bytes,
        empty_folders: record.empty_folders,
        files_sent: record.files_sent,
        bytes_sent: counters.bytes_sent.load(Ordering::SeqCst),
        files_referenced: counters.referenced.load(Ordering::SeqCst),
        removed: record.removed,
        bundles: counters.bundles.load(Ordering::SeqCst),
        defective_files: record.defects,
        defects: outcome.counts(),
        defects_file,
        unreadable: record.unreadable,
        unreadable_file,
        degraded_sites: sender.degraded.into_iter().collect(),
        journal_rebuilt,
    })
}

/// Sees to it that the journal tells what the sites hold; rebuilds it where it cannot.
async fn make_current(
    gateway: &GatewayClient,
    plan: &Plan<'_>,
    journal: &Journal,
    opening: &RunOpening,
) -> Result<bool, BackupError> {
    let ours = journal.vault()? == opening.vault;
    if ours && journal.finished()? == opening.finished {
        return Ok(false);
    }
    journal.clear(&opening.vault, 0)?;
    if opening.listed {
        rebuild_journal(gateway, plan.label, journal, &opening.vault).await?;
        journal.finish(opening.finished)?;
    }
    Ok(opening.listed)
}

/// Files, bytes, folders and patients that the journal knows.
fn count_store(journal: &Journal, record: &mut RunRecord) -> Result<(), JournalError> {
    let mut patients = BTreeSet::new();
    journal.each_group(|root, group| {
        for known in group.values() {
            match known {
                Known::Folder => record.empty_folders += 1,
                Known::File { size, .. } => {
                    record.files += 1;
                    record.bytes += size;
                }
            }
        }
        if !root.is_empty() {
            patients.insert(member_name(&crate::scan::subject_of(root)));
        }
    })?;
    record.patients = patients.len() as u64;
    Ok(())
}

/// What comes from the workers.
enum Item {
    Packed(Packed),
    Done(Vec<u8>, GroupOutcome),
    Failed(String),
}

/// What a run found, over all groups.
#[derive(Default)]
struct Findings {
    removed: u64,
    defects: Vec<crate::packing::DefectLine>,
    unreadable: Vec<crate::scan::Unreadable>,
}

impl Findings {
    fn counts(&self) -> Vec<DefectCount> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for line in &self.defects {
            *counts.entry(line.code).or_default() += 1;
        }
        let count = |(code, count): (&str, u64)| DefectCount {
            code: code.to_owned(),
            count,
        };
        counts.into_iter().map(count).collect()
    }

    fn defect_lines(&self) -> Vec<Vec<u8>> {
        let line = |line: &crate::packing::DefectLine| {
            [line.code.as_bytes(), b"\t", line.path.as_slice()].concat()
        };
        self.defects.iter().map(line).collect()
    }

    fn unreadable_lines(&self) -> Vec<Vec<u8>> {
        let line = |line: &crate::scan::Unreadable| {
            [line.why.as_bytes(), b"\t", line.path.as_slice()].concat()
        };
        self.unreadable.iter().map(line).collect()
    }
}

/// Walks on one thread, packs on others, sends from here.
async fn run_groups(
    run: &RunContext<'_>,
    journal: &Journal,
    sender: &mut Sender<'_>,
) -> Result<Findings, BackupError> {
    let (items, mut incoming) = mpsc::channel::<Item>(32);
    let (jobs, queue) = thread_channel::sync_channel::<Group>(64);
    let queue = Mutex::new(queue);
    std::thread::scope(|threads| {
        threads.spawn(move || feed(run.store, journal, &jobs));
        for _ in 0..WORKERS {
            let items = items.clone();
            let queue = &queue;
            threads.spawn(move || work(run, journal, queue, &items));
        }
        drop(items);
        // The sending side needs the runtime; the threads above only read files.
        let sent = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(sender.send_all(&mut incoming))
        });
        // When sending fails, the workers see a closed channel and end.
        drop(incoming);
        drop(queue.lock().map(|queue| queue.try_iter().for_each(drop)));
        sent
    })
}

/// Gives the groups of the walk to the workers, then those of the journal that the walk no
/// longer found.
fn feed(store: &Path, journal: &Journal, jobs: &thread_channel::SyncSender<Group>) {
    let mut seen = BTreeSet::new();
    let mut blind: Vec<Vec<u8>> = Vec::new();
    let mut going = true;
    walk(store, &mut |group| {
        seen.insert(group.root.clone());
        blind.extend(
            group
                .unreadable
                .iter()
                .map(|unreadable| unreadable.path.clone()),
        );
        going = jobs.send(group).is_ok();
        going
    });
    for root in journal.roots().unwrap_or_default() {
        if !going {
            return;
        }
        // A folder that could not be looked into has not lost its patients.
        let hidden = |blind: &Vec<u8>| {
            blind.is_empty() || root.starts_with(blind) && root.get(blind.len()) == Some(&b'/')
        };
        if !seen.contains(&root) && !blind.iter().any(hidden) {
            debug_assert_eq!(group_root(&root), root);
            going = jobs.send(Group::new(root)).is_ok();
        }
    }
}

fn work(
    run: &RunContext<'_>,
    journal: &Journal,
    queue: &Mutex<thread_channel::Receiver<Group>>,
    items: &mpsc::Sender<Item>,
) {
    loop {
        let Ok(receiver) = queue.lock() else { return };
        let Ok(group) = receiver.recv() else { return };
        drop(receiver);
        let root = group.root.clone();
        let packed = journal
            .group(&root)
            .map_err(|error| error.to_string())
            .and_then(|before| {
                let mut sink = |packed| items.blocking_send(Item::Packed(packed)).is_ok();
                pack(run, group, before, &mut sink).map_err(|error: PackError| error.to_string())
            });
        let item = match packed {
            Ok(outcome) => Item::Done(root, outcome),
            Err(text) => Item::Failed(text),
        };
        if items.blocking_send(item).is_err() {
            return;
        }
    }
}

/// The sending side of a run.
struct Sender<'a> {
    gateway: &'a GatewayClient,
    journal: &'a Journal,
    run: &'a RunContext<'a>,
    /// Whether the root page must list the store yet.
    list_store: bool,
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

impl Sender<'_> {
    async fn send_all(
        &mut self,
        incoming: &mut mpsc::Receiver<Item>,
    ) -> Result<Findings, BackupError> {
        let mut findings = Findings::default();
        let mut announced: BTreeSet<Subject> = BTreeSet::new();
        let mut batch = Batch::default();
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
                    findings.defects.extend(outcome.defects);
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
        if !batch.members.is_empty() {
            let names: Vec<_> = batch.members.iter().map(member_name).collect();
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

    /// Writes the run's record: with it the generation is finished.
    async fn finish(&mut self, store: &Subject, record: RunRecord) -> Result<(), BackupError> {
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
            let mut builder = BundleBuilder::new(Class::Run, store.clone(), self.run.label)
                .map_err(|error| packing(error.into()))?;
            builder
                .set_contents(&record.to_bytes())
                .map_err(|error| packing(error.into()))?;
            let packed = self.run.finish(builder, store.clone()).map_err(packing)?;
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

/// Writes a list of paths for the operator; they are patient data, so only he may read it.
fn write_list(
    state: &Path,
    name: &str,
    lines: Vec<Vec<u8>>,
) -> Result<Option<PathBuf>, BackupError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    if lines.is_empty() {
        return Ok(None);
    }
    let path = state.join(name);
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(&text))
        .map_err(BackupError::State)?;
    Ok(Some(path))
}

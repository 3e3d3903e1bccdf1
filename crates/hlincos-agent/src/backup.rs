//! One run: walk, pack on worker threads, send in batches, journal what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc as thread_channel};

use hlincos_proto::gateway::{GatewayClient, GatewayError, RunOpening};
use hlincos_record::bundle::RunRecord;
use hlincos_record::identifier::{BundleId, Generation, Subject};
use tokio::sync::mpsc;

use crate::feed::{Feed, Look};
use crate::fold::rebuild_journal;
use crate::journal::{Journal, JournalError, Known, member_name};
use crate::packing::{GroupOutcome, PackError, Packed, RunContext, pack};
use crate::report::{BackupReport, Counters, DefectCount, Plan};
use crate::scan::{Group, group_root, has_files, look_at, walk};
use crate::sender::Sender;

const WORKERS: usize = 2;

/// Why a run stopped; what was acknowledged stays, and the next run goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store is not there.
    #[error("the store {0} cannot be read: {1}; check the path and its permissions")]
    Store(PathBuf, std::io::Error),
    /// The store had files and has none now: most likely its disk is not there.
    #[error(
        "the store {0} has no file, but was backed up with files; mount its disk, or, if all files are gone on purpose, use --allow-empty"
    )]
    Emptied(PathBuf),
    /// The label is none.
    #[error("{0}; choose another with --name")]
    Label(#[from] hlincos_record::identifier::SubjectError),
    /// The gateway or the sites.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The transaction storage is not there.
    #[error(
        "a transaction storage cannot be read: {0}; check the paths, or leave --transactions out to look at the whole store"
    )]
    Transactions(std::io::Error),
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
    let rebuilt = make_current(gateway, plan, &journal, &opening).await?;
    if !plan.allow_empty {
        refuse_emptied(plan.store, &journal)?;
    }
    let attempt = journal.next_attempt(started_unix_ms)?;
    let resumed = !journal.pending()?.is_empty();

    let unlisted = unlisted_members(&journal)?;
    // Read before the walk: what is appended meanwhile is heeded by the next run.
    let feed = read_feed(plan)?;
    // A journal just rebuilt counts as new.
    let finished = if rebuilt.is_some() {
        0
    } else {
        journal.finished()?
    };
    let look = match &feed {
        None => Look::Everywhere(""),
        Some(feed) => feed.look(plan.store, &journal.roots()?, finished),
    };

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
    let mut sender = Sender::new(gateway, &journal, &run, !opening.listed, unlisted);
    let outcome = run_groups(&run, &journal, &look, &mut sender).await?;

    let mut record = RunRecord {
        started_unix_ms,
        finished_unix_ms: (plan.now_unix_ms)(),
        files_sent: counters.files_sent.load(Ordering::SeqCst),
        removed: outcome.removed,
        unreadable: outcome.unreadable.len() as u64,
        ..RunRecord::default()
    };
    let defects = count_store(&journal, &mut record)?;
    // What could not be read could not be sent again either.
    let given_up = rebuilt
        .as_ref()
        .filter(|_| plan.resend && outcome.unreadable.is_empty())
        .map_or(&[][..], |rebuilt| rebuilt.lost.as_slice());
    sender.give_up(&subject, given_up).await?;
    sender.finish(&subject, record.clone()).await?;
    journal.finish(generation.0)?;
    let heeded = feed.is_some();
    if let Some(feed) = feed {
        let unreadable = { outcome.unreadable.iter() }.map(|unreadable| unreadable.path.as_slice());
        feed.finish(generation.0, unreadable)
            .map_err(BackupError::State)?;
    }

    let list = |name: &str, lines: Vec<Vec<u8>>| {
        write_list(
            plan.state,
            &format!("{}-{}-{name}.tsv", plan.label, generation.0),
            lines,
        )
    };
    let defects_file = list("defects", defects.lines)?;
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
        defects: defects
            .counts
            .into_iter()
            .map(|(code, count)| DefectCount { code, count })
            .collect(),
        defects_file,
        unreadable: record.unreadable,
        unreadable_file,
        degraded_sites: sender.into_degraded(),
        journal_rebuilt: rebuilt.is_some(),
        given_up: given_up.len() as u64,
        patients_looked_at: match &look {
            Look::At(roots) => Some(roots.len() as u64),
            Look::Everywhere(_) => None,
        },
        looked_everywhere: match look {
            Look::Everywhere(why) if heeded => Some(why),
            _ => None,
        },
    })
}

/// A journal was rebuilt from the sites.
struct Rebuilt {
    /// Bundles that were acknowledged and do not restore.
    lost: Vec<BundleId>,
}

/// Reads the transaction storages, if there are any to heed.
fn read_feed(plan: &Plan<'_>) -> Result<Option<Feed>, BackupError> {
    if plan.transactions.is_empty() {
        return Ok(None);
    }
    Feed::read(plan.transactions, plan.state, plan.label)
        .map(Some)
        .map_err(BackupError::Transactions)
}

/// Sees to it that the journal tells what the sites hold; rebuilds it where it cannot.
async fn make_current(
    gateway: &GatewayClient,
    plan: &Plan<'_>,
    journal: &Journal,
    opening: &RunOpening,
) -> Result<Option<Rebuilt>, BackupError> {
    let ours = journal.vault()? == opening.vault;
    if ours && journal.finished()? == opening.finished && !plan.resend {
        return Ok(None);
    }
    journal.clear(&opening.vault, 0)?;
    if !opening.listed {
        return Ok(None);
    }
    let lost = rebuild_journal(
        gateway,
        plan.label,
        journal,
        &opening.vault,
        opening.finished,
        plan.resend,
    )
    .await?;
    Ok(Some(Rebuilt { lost }))
}

/// Refuses to record every file of a store as removed because its disk is not mounted.
fn refuse_emptied(store: &Path, journal: &Journal) -> Result<(), BackupError> {
    if has_files(store) {
        return Ok(());
    }
    let mut had_files = false;
    journal.each_group(|_, group| {
        let is_file = |known: &Known| matches!(known, Known::File { .. });
        had_files |= group.values().any(is_file);
    })?;
    if had_files {
        Err(BackupError::Emptied(store.to_owned()))
    } else {
        Ok(())
    }
}

/// Subjects whose groups are known though no directory page that lists them is acknowledged: after
/// the journal was rebuilt, all.
fn unlisted_members(journal: &Journal) -> Result<Vec<Subject>, JournalError> {
    let mut unlisted = BTreeSet::new();
    for root in journal.roots()? {
        let subject = crate::scan::subject_of(&root);
        if !journal.is_member(&subject)? {
            unlisted.insert(subject);
        }
    }
    Ok(unlisted.into_iter().collect())
}

/// Counts files, bytes, folders and patients that the journal knows; gives their defects.
fn count_store(journal: &Journal, record: &mut RunRecord) -> Result<Defects, JournalError> {
    let mut patients = BTreeSet::new();
    let mut found = Defects::default();
    journal.each_group(|root, group| {
        for (path, known) in group {
            match known {
                Known::Folder => record.empty_folders += 1,
                Known::File { size, defects, .. } => {
                    record.files += 1;
                    record.bytes += size;
                    record.defects += u64::from(!defects.is_empty());
                    found.add(path, defects);
                }
            }
        }
        if !root.is_empty() {
            patients.insert(member_name(&crate::scan::subject_of(root)));
        }
    })?;
    record.patients = patients.len() as u64;
    Ok(found)
}

/// Defects of a store's files, whichever run read them.
#[derive(Default)]
struct Defects {
    counts: BTreeMap<String, u64>,
    /// Code, tab, path.
    lines: Vec<Vec<u8>>,
}

impl Defects {
    fn add(&mut self, path: &[u8], codes: &[String]) {
        for code in codes {
            *self.counts.entry(code.clone()).or_default() += 1;
            self.lines.push([code.as_bytes(), b"\t", path].concat());
        }
    }
}

/// What comes from the workers.
pub(crate) enum Item {
    Packed(Packed),
    Done(Vec<u8>, GroupOutcome),
    Failed(String),
}

/// What a run found, over all groups.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) removed: u64,
    pub(crate) unreadable: Vec<crate::scan::Unreadable>,
}

impl Findings {
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
    look: &Look,
    sender: &mut Sender<'_>,
) -> Result<Findings, BackupError> {
    let (items, mut incoming) = mpsc::channel::<Item>(32);
    let (jobs, queue) = thread_channel::sync_channel::<Group>(64);
    let queue = Mutex::new(Some(queue));
    std::thread::scope(|threads| {
        threads.spawn(move || feed(run.store, journal, look, &jobs));
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
        // When sending fails, the workers see a closed channel and end; without the queue the
        // walk has nobody to give its groups to, and ends too.
        drop(incoming);
        drop(queue.lock().map(|mut queue| queue.take()));
        sent
    })
}

/// Gives the groups to look at to the workers; of a whole walk, then those of the journal that
/// the walk no longer found.
fn feed(store: &Path, journal: &Journal, look: &Look, jobs: &thread_channel::SyncSender<Group>) {
    if let Look::At(roots) = look {
        return look_at(store, roots.iter(), &mut |group| jobs.send(group).is_ok());
    }
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

/// The next group; `None` when there is none any more, or nobody wants it.
fn next_group(queue: &Mutex<Option<thread_channel::Receiver<Group>>>) -> Option<Group> {
    queue.lock().ok()?.as_ref()?.recv().ok()
}

fn work(
    run: &RunContext<'_>,
    journal: &Journal,
    queue: &Mutex<Option<thread_channel::Receiver<Group>>>,
    items: &mpsc::Sender<Item>,
) {
    loop {
        let Some(group) = next_group(queue) else {
            return;
        };
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

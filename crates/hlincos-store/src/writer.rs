//! The writer thread: collects what waits, commits it as one group, acknowledges.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use crate::disk::{Disk, is_full};
use crate::error::{OpenError, WriteError};
use crate::figures::Figures;
use crate::group::{Group, StageError};
use crate::index::{Changes, IndexError};
use crate::log::{Log, LogError};
use crate::options::Options;
use crate::recover::recover;
use crate::segments::Segments;
use crate::shared::Shared;

mod compact;
mod job;

use job::Answer;
pub(crate) use job::Job;

/// A group takes no further job once it holds this many bytes.
const GROUP_BYTES: usize = 4 << 20;

/// Says why a group failed as a whole; the log is as it was before, unless it is broken.
enum GroupError {
    Log(LogError),
    Index(IndexError),
}

/// Owns the log and the right to change the index.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    options: Options,
    log: Log,
    figures: Figures,
    commits_since_checkpoint: u32,
    bytes_since_checkpoint: u64,
    /// Segments that cannot be compacted for now.
    stuck: BTreeSet<u32>,
    /// Whether a segment may have become worth compacting.
    waste: bool,
    broken: bool,
}

impl Writer {
    /// Recovers the log and opens both sides of the store.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        options: Options,
    ) -> Result<(Arc<Shared>, Self), OpenError> {
        let segments = Arc::new(Segments::new(Arc::clone(&disk)));
        let shared = Arc::new(Shared::new(Arc::clone(&disk), Arc::clone(&segments)));
        let recovered = recover(&disk, &segments, &options)?;
        let index = recovered.index;
        shared.replace_index(|| Ok::<_, OpenError>(index))?;
        shared.note_rotten(recovered.rotten);
        shared.set_stats(recovered.figures.stats(), 0);
        let writer = Self {
            shared: Arc::clone(&shared),
            options,
            log: recovered.log,
            figures: recovered.figures,
            commits_since_checkpoint: 0,
            bytes_since_checkpoint: 0,
            stuck: BTreeSet::new(),
            waste: true,
            broken: false,
        };
        Ok((shared, writer))
    }

    /// Serves jobs until the store is dropped, then makes the index durable.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let first = match jobs.try_recv() {
                Ok(job) => job,
                Err(TryRecvError::Disconnected) => break,
                // Nobody waits: a good moment to make room.
                Err(TryRecvError::Empty) if self.compact_one().is_some() => continue,
                Err(TryRecvError::Empty) => match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                },
            };
            let mut bytes = first.bytes();
            let mut group = vec![first];
            while bytes < GROUP_BYTES {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += job.bytes();
                group.push(job);
            }
            self.serve(group);
        }
        if !self.broken && self.commits_since_checkpoint > 0 {
            let figures = &mut self.figures;
            let closed = self
                .shared
                .index(|index| index.apply(&Changes::new(), figures, true));
            if let Err(error) = closed {
                tracing::warn!(%error, "the index was not saved; the next start replays the log");
            }
        }
    }

    /// Commits one group and answers every job of it.
    fn serve(&mut self, jobs: Vec<Job>) {
        let answers = match self.commit(&jobs) {
            Ok(answers) => answers,
            Err(error) => jobs
                .iter()
                .map(|_| Answer::Refused(error.clone()))
                .collect(),
        };
        for (job, told) in jobs.into_iter().zip(answers) {
            match job {
                Job::Compact { answer } => drop(answer.send(self.compact())),
                Job::Put { .. } | Job::Delete { .. } => job.tell(told),
            }
        }
    }

    /// Commits one group. An index that fails is opened anew from the log, and the group tried once more.
    fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, WriteError> {
        for attempt in 0..2 {
            if self.broken {
                return Err(WriteError::Broken);
            }
            match self.try_commit(jobs) {
                Ok(answers) => return Ok(answers),
                Err(error) => {
                    let full = self.take_back(error);
                    if full && !self.broken {
                        return Err(WriteError::Full);
                    }
                }
            }
            if attempt == 1 {
                self.broken = true;
            }
        }
        Err(WriteError::Broken)
    }

    fn try_commit(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, GroupError> {
        let lookup = self
            .shared
            .index(|index| index.lookup())
            .map_err(GroupError::Index)?;
        let mut room = self.room();
        let mut group = Group::new(&mut self.log, &lookup, &self.shared.segments);
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            answers.push(match job {
                // Deletions go on when the reserve is reached: they are what makes room.
                Job::Put { .. } if job.bytes() as u64 > room => Answer::Refused(WriteError::Full),
                Job::Put { batch, .. } => {
                    room -= job.bytes() as u64;
                    let outcomes = batch.iter().map(|put| group.put(put));
                    Answer::Put(outcomes.collect::<Result<_, _>>()?)
                }
                // Compacting comes after the group.
                Job::Compact { .. } => Answer::Later,
                Job::Delete { keys, .. } => {
                    let deleted = keys.iter().map(|key| group.delete(key));
                    Answer::Deleted(deleted.collect::<Result<_, _>>()?)
                }
            });
        }
        let changes = group.changes();
        drop(lookup);
        if !changes.is_empty() {
            self.commit_changes(&changes, None)?;
        }
        Ok(answers)
    }

    /// Makes what the log collected durable, then enters it into the index.
    ///
    /// With an `emptied` segment the index is durable too when this returns, and lists it no more.
    fn commit_changes(
        &mut self,
        changes: &Changes,
        emptied: Option<u32>,
    ) -> Result<(), GroupError> {
        self.log.commit().map_err(GroupError::Log)?;
        self.log.describe(&mut self.figures);
        if let Some(number) = emptied {
            self.figures.remove_segment(number);
        }
        let due = self.commits_since_checkpoint + 1 >= self.options.checkpoint_commits
            || self.bytes_since_checkpoint >= self.options.checkpoint_bytes;
        let durable = due || emptied.is_some();
        let figures = &mut self.figures;
        self.shared
            .index(|index| index.apply(changes, figures, durable))
            .map_err(GroupError::Index)?;
        self.bytes_since_checkpoint += self.log.accept();
        self.commits_since_checkpoint += 1;
        if durable {
            self.commits_since_checkpoint = 0;
            self.bytes_since_checkpoint = 0;
            self.stuck.clear();
        }
        self.waste |= changes.values().any(Option::is_none);
        self.shared.set_stats(self.figures.stats(), 1);
        Ok(())
    }

    /// Brings log and index back to the last acknowledged group; tells whether the disk is full.
    fn take_back(&mut self, error: GroupError) -> bool {
        let full = match &error {
            GroupError::Log(LogError::Full) => true,
            GroupError::Log(LogError::Broken(source)) => {
                // After a failed sync the system may have dropped the bytes and cleared the error:
                // only reading the log again, in a new process, tells what is there.
                tracing::error!(error = %source, "the disk failed: no write is accepted any more");
                self.broken = true;
                return false;
            }
            GroupError::Index(source) => {
                tracing::warn!(error = %source, "the index failed: opening it anew");
                matches!(&**source, redb::Error::Io(source) if is_full(source))
            }
        };
        if let Err(source) = self.log.cut_back() {
            tracing::error!(error = %source, "the log could not be cut back: no write is accepted");
            self.broken = true;
        } else if matches!(error, GroupError::Index(_)) {
            self.reopen_index();
        }
        full
    }

    /// Opens the index anew and lets it catch up with the log.
    fn reopen_index(&mut self) {
        let shared = Arc::clone(&self.shared);
        let reopened = shared.replace_index(|| {
            let recovered = recover(&shared.disk, &shared.segments, &self.options)?;
            self.log = recovered.log;
            self.figures = recovered.figures;
            Ok::<_, OpenError>(recovered.index)
        });
        match reopened {
            Ok(()) => shared.set_stats(self.figures.stats(), 0),
            Err(error) => {
                tracing::error!(%error, "the index could not be opened: no access until a restart");
                self.broken = true;
            }
        }
    }

    /// Counts the bytes that puts may still take.
    fn room(&self) -> u64 {
        if self.options.reserve_bytes == 0 {
            return u64::MAX;
        }
        // A disk that cannot tell its free space is not stopped for it: a full one still says so.
        let free = self.shared.disk.free_bytes().unwrap_or(u64::MAX);
        free.saturating_sub(self.options.reserve_bytes)
    }
}

impl From<LogError> for GroupError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<StageError> for GroupError {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Log(error) => Self::Log(error),
            StageError::Index(error) => Self::Index(error),
        }
    }
}

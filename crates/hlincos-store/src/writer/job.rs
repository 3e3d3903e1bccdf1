//! Calls that wait for the writer thread, and what they are told.

use std::sync::mpsc::SyncSender;

use crate::error::WriteError;
use crate::object::{ObjectKey, Put, PutOutcome};

/// One call that waits for its answer.
#[derive(Debug)]
pub(crate) enum Job {
    Put {
        batch: Vec<Put>,
        answer: SyncSender<Result<Vec<PutOutcome>, WriteError>>,
    },
    Delete {
        keys: Vec<ObjectKey>,
        answer: SyncSender<Result<Vec<bool>, WriteError>>,
    },
    Compact {
        answer: SyncSender<Result<u64, WriteError>>,
    },
}

/// What one job is told.
pub(super) enum Answer {
    Put(Vec<PutOutcome>),
    Deleted(Vec<bool>),
    Refused(WriteError),
    /// The answer comes after the group.
    Later,
}

impl Job {
    /// Counts the bytes of objects it brings.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Put { batch, .. } => batch.iter().map(|put| put.bytes.len()).sum(),
            Self::Delete { .. } | Self::Compact { .. } => 0,
        }
    }

    /// Answers the caller.
    pub(super) fn tell(self, told: Answer) {
        // A caller that is gone needs no answer.
        match (self, told) {
            (Self::Put { answer, .. }, Answer::Put(outcomes)) => drop(answer.send(Ok(outcomes))),
            (Self::Delete { answer, .. }, Answer::Deleted(deleted)) => {
                drop(answer.send(Ok(deleted)));
            }
            (Self::Put { answer, .. }, Answer::Refused(error)) => drop(answer.send(Err(error))),
            (Self::Delete { answer, .. }, Answer::Refused(error)) => drop(answer.send(Err(error))),
            _ => unreachable!("answers are made in the order of the jobs"),
        }
    }
}

//! Shares the patients out among threads; the order in which they finish leaves no trace.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use super::distribution::Distribution;
use super::patient;
use super::profile::{GenerateError, Generated, Profile};
use super::tree::Tree;

/// Something about the store that the store itself does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A file that breaks a rule on purpose.
    Defect {
        /// Its path below the store; may hold bytes that are no UTF-8.
        path: Vec<u8>,
        /// The rule's word.
        defect: &'static str,
    },
    /// A patient who is the same person as one of the first facility.
    SamePerson {
        /// The facility's ID.
        facility: String,
        /// The patient's ID there.
        patient: String,
        /// The ID at the first facility.
        known_as: String,
    },
}

/// Watches a store being made.
pub trait Observer {
    /// Told once the profile and the folder were found fit, before anything is written.
    ///
    /// # Errors
    /// Ends the run.
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Told after each patient, in their order, with the totals so far; may stop.
    fn progress(&mut self, _done: &Generated) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Told in the order of the patients, whichever finishes first.
    ///
    /// # Errors
    /// Ends the run.
    fn note(&mut self, _note: &Note) -> io::Result<()> {
        Ok(())
    }
}

/// Watches nothing.
impl Observer for () {}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Totals.
    pub totals: Generated,
    /// By kind and size.
    pub distribution: Distribution,
}

/// One patient, made.
pub(super) struct Made {
    pub(super) totals: Generated,
    pub(super) notes: Vec<Note>,
}

type Finished = (u64, Result<Made, GenerateError>);

/// Writes all patients of all facilities.
pub(super) fn run(
    profile: &Profile,
    tree: &dyn Tree,
    observer: &mut dyn Observer,
) -> Result<Report, GenerateError> {
    observer.begin().map_err(GenerateError::Manifest)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(THREADS_MAX);
    let work = Work {
        profile,
        tree,
        end: u64::from(profile.patients) * u64::from(profile.facilities),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        told: Mutex::new(0),
        moved: Condvar::new(),
    };
    thread::scope(|scope| {
        let (tell, told) = sync_channel(threads * 8);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (work, tell) = (&work, tell.clone());
                scope.spawn(move || work.take_part(&tell))
            })
            .collect();
        drop(tell);
        let mut report = Report::default();
        let mut outcome = Ok(());
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        for (index, made) in told {
            waiting.insert(index, made);
            while let Some(made) = waiting.remove(&due) {
                due += 1;
                if outcome.is_ok() {
                    outcome = take(&mut report.totals, made, observer);
                }
            }
            work.advance(due, outcome.is_err());
        }
        for worker in workers {
            let counted = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            report.distribution.merge(&counted);
        }
        outcome.map(|()| report)
    })
}

/// Adds a patient to the totals and tells the observer.
fn take(
    totals: &mut Generated,
    made: Result<Made, GenerateError>,
    observer: &mut dyn Observer,
) -> Result<(), GenerateError> {
    let made = made?;
    *totals += made.totals;
    for note in &made.notes {
        observer.note(note).map_err(GenerateError::Manifest)?;
    }
    match observer.progress(totals) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(GenerateError::Stopped {
            patients: totals.patients,
        }),
    }
}

/// What the threads share.
struct Work<'a> {
    profile: &'a Profile,
    tree: &'a dyn Tree,
    end: u64,
    next: AtomicU64,
    stop: AtomicBool,
    /// Patients told to the observer: no thread runs further ahead of them than the window.
    told: Mutex<u64>,
    moved: Condvar,
}

impl Work<'_> {
    /// Makes patients until none is left or somebody said stop; returns what was counted.
    fn take_part(&self, tell: &SyncSender<Finished>) -> Distribution {
        let mut counted = Distribution::default();
        while !self.stop.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.end || !self.wait_for_window(index) {
                break;
            }
            let patients = u64::from(self.profile.patients);
            let facility = u32::try_from(index / patients).expect("below the number of facilities");
            let number = u32::try_from(index % patients).expect("below the number of patients");
            let made =
                patient::write_patient(self.profile, facility, number, self.tree, &mut counted);
            if tell.send((index, made)).is_err() {
                break;
            }
        }
        counted
    }

    /// Waits while the slowest patient is too far behind; false when there is no point any more.
    fn wait_for_window(&self, index: u64) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        while index >= *told + WINDOW && !self.stop.load(Ordering::Relaxed) {
            told = self
                .moved
                .wait(told)
                .unwrap_or_else(PoisonError::into_inner);
        }
        !self.stop.load(Ordering::Relaxed)
    }

    fn advance(&self, due: u64, stop: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        *told = due;
        if stop {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.moved.notify_all();
    }
}

/// More threads than this wait for the file system anyway.
const THREADS_MAX: usize = 16;
/// Patients that may be made before the observer is told of the slowest one.
const WINDOW: u64 = 1_024;

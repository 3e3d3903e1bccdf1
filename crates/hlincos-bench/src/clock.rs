//! Timing of small pieces of work, in turns.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// One piece of work, done again at each call.
pub type Work = Box<dyn FnMut() + Send>;

/// What one contender's samples say.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The least time of one call.
    pub best: Duration,
    /// The middle one.
    pub median: Duration,
    /// How many samples were taken.
    pub samples: usize,
}

/// Times contenders in turns: round after round, each of them once.
///
/// Units: processor time of the thread, so that what else the machine does counts little.
/// Calls are repeated until a sample takes a few milliseconds.
pub fn take_turns(works: &mut [Work], rounds: usize) -> Vec<Sample> {
    let repeats: Vec<u32> = works.iter_mut().map(calibrate).collect();
    let mut times: Vec<Vec<Duration>> = works.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for ((work, times), repeats) in works.iter_mut().zip(&mut times).zip(&repeats) {
            let started = thread_time();
            for _ in 0..*repeats {
                black_box(&mut *work)();
            }
            times.push((thread_time() - started) / *repeats);
        }
    }
    times.into_iter().map(summary).collect()
}

/// Times the same work on several threads at once.
///
/// Units: wall time from the common start to the last end, of one call on every thread.
pub fn side_by_side(mut works: Vec<Work>, rounds: usize) -> Sample {
    // Longer than in turns: starting and stopping threads counts here.
    let repeats = works
        .iter_mut()
        .map(calibrate)
        .max()
        .unwrap_or(1)
        .saturating_mul(8);
    let (threads, mut times) = (works.len(), Vec::new());
    for _ in 0..rounds {
        let start = Barrier::new(threads);
        let spans: Vec<(Instant, Instant)> = std::thread::scope(|scope| {
            let runs = works.iter_mut().map(|work| {
                scope.spawn(|| {
                    start.wait();
                    let started = Instant::now();
                    for _ in 0..repeats {
                        black_box(&mut *work)();
                    }
                    (started, Instant::now())
                })
            });
            let runs: Vec<_> = runs.collect();
            let join = |run: ScopedJoinHandle<'_, _>| run.join().expect("work does not panic");
            runs.into_iter().map(join).collect()
        });
        let first = spans.iter().map(|(start, _)| *start).min();
        let last = spans.iter().map(|(_, end)| *end).max();
        let elapsed = last.zip(first).map(|(last, first)| last - first);
        times.push(elapsed.unwrap_or_default() / repeats);
    }
    summary(times)
}

/// How many calls make a sample long enough.
fn calibrate(work: &mut Work) -> u32 {
    let started = thread_time();
    work();
    let once = (thread_time() - started).max(Duration::from_nanos(50));
    let repeats = SAMPLE.as_nanos() / once.as_nanos();
    u32::try_from(repeats).unwrap_or(u32::MAX).clamp(1, 1 << 20)
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn summary(mut times: Vec<Duration>) -> Sample {
    times.sort_unstable();
    Sample {
        best: times[0],
        median: times[times.len() / 2],
        samples: times.len(),
    }
}

/// The least length of a sample.
const SAMPLE: Duration = Duration::from_millis(4);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contender_is_called_in_every_round() {
        let counts: Vec<_> = (0..3).map(|_| std::sync::Arc::new(0.into())).collect();
        let work = |count: &std::sync::Arc<std::sync::atomic::AtomicU64>| -> Work {
            let count = count.clone();
            Box::new(move || {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            })
        };
        let mut works: Vec<Work> = counts.iter().map(work).collect();
        let samples = take_turns(&mut works, 4);
        assert!(
            samples
                .iter()
                .all(|sample| sample.samples == 4 && sample.best <= sample.median)
        );
        let sample = side_by_side(works, 2);
        assert_eq!(sample.samples, 2);
        assert!(
            counts
                .iter()
                .all(|count| count.load(std::sync::atomic::Ordering::Relaxed) > 4)
        );
    }
}

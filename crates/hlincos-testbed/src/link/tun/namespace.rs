//! Named network namespaces that leave with their owner, or when the next one comes.
//!
//! A name tells the owner: `hlincos-<pid>-<number>-<place>`. An owner that was killed cannot clean
//! up; whoever makes a namespace next removes those whose process is gone.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Once;

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::IpError;
use super::command::ip;

/// A namespace of ours; dropping it ends the processes in it and removes it.
pub(super) struct Namespace {
    name: String,
    file: File,
}

impl Namespace {
    /// Makes an empty one for a place of the `number`th network of this process.
    pub(super) fn create(number: u32, place: &str) -> Result<Self, IpError> {
        remove_stale_once();
        let name = format!("{PREFIX}{}-{number}-{place}", std::process::id());
        ip(&["netns", "add", &name])?;
        let path = Path::new(FOLDER).join(&name);
        File::open(&path)
            .map(|file| Self {
                name: name.clone(),
                file,
            })
            .map_err(|error| IpError {
                command: format!("open {}", path.display()),
                message: error.to_string(),
            })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Runs `act` on a thread that is in the namespace: sockets, devices and processes that it
    /// makes belong there and can be used from anywhere.
    ///
    /// # Panics
    /// If `act` does.
    pub(super) fn enter<T: Send>(&self, act: impl FnOnce() -> T + Send) -> io::Result<T> {
        let inside = || {
            move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(act())
        };
        // The thread ends here: no other code ever runs in a namespace that it did not ask for.
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, inside)?;
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Removes what killed owners left; those of this process number only before its first own one.
fn remove_stale_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let stale = |name: &String| owner(name).is_some_and(|pid| !is_another_alive(pid));
        for name in names().into_iter().filter(stale) {
            remove(&name);
        }
    });
}

/// The names in the folder; none if it is not there yet.
fn names() -> Vec<String> {
    let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// The process that a name of ours tells.
fn owner(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn is_another_alive(pid: u32) -> bool {
    pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists()
}

/// Ends the processes of a namespace, which cannot do anything useful any more, and removes it.
fn remove(name: &str) {
    let pids = ip(&["netns", "pids", name]).unwrap_or_default();
    let pids = pids.lines().filter_map(|line| line.trim().parse().ok());
    for pid in pids.filter_map(Pid::from_raw) {
        // Gone already is as good.
        let _ = kill_process(pid, Signal::KILL);
    }
    if let Err(error) = ip(&["netns", "delete", name]) {
        tracing::warn!(%error, "a network namespace stays");
    }
}

const PREFIX: &str = "hlincos-";
const FOLDER: &str = "/run/netns";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_tell_an_owner() {
        assert_eq!(owner("hlincos-12-0-kochi"), Some(12));
        for foreign in [
            "hlincos",
            "hlincos-",
            "hlincos-x-0-a",
            "hlincos--1",
            "12-0-kochi",
        ] {
            assert_eq!(owner(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn only_another_living_process_keeps_its_namespaces() {
        assert!(is_another_alive(1));
        assert!(!is_another_alive(std::process::id()));
        // Above the largest number that the kernel gives.
        assert!(!is_another_alive(1 << 23));
    }
}

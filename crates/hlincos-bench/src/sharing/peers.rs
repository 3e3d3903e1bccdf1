//! Implementations of others, each as fast as its interface lets it be.
//!
//! Rust crates are linked; C libraries are taken from the system when they are installed
//! (Debian: `libisal2`, `libgfshare2`).

mod blahaj;
mod gfshare;
mod isal;
mod vsss;

use hlincos_sharing::Threshold;

use super::Contender;

/// All that are there.
pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let mut all = blahaj::contenders(threshold, bytes);
    all.extend(vsss::contenders(threshold, bytes));
    all.extend(isal::contenders(threshold, bytes));
    all.extend(gfshare::contenders(threshold, bytes));
    all
}

/// Which are not there, and how to get them.
pub(super) fn absent() -> Vec<String> {
    let mut absent = Vec::new();
    if isal::Library::open().is_none() {
        absent.push("ISA-L: install libisal2".to_owned());
    }
    if gfshare::Library::open().is_none() {
        absent.push("libgfshare: install libgfshare2".to_owned());
    }
    absent
}

fn contender(
    op: &'static str,
    scheme: &'static str,
    implementation: &str,
    threshold: Threshold,
    bytes: usize,
    work: crate::clock::Work,
) -> Contender {
    Contender {
        op,
        scheme,
        implementation: implementation.to_owned(),
        threshold: (threshold.k(), threshold.n()),
        bytes,
        work,
    }
}

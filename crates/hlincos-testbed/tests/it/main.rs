//! Generated stores, seen from outside: only what lies on disk counts.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod containers;
mod facilities;
mod links;
mod medicine;
mod messages;
mod reproducible;
mod rules;
mod store;
mod traps;
mod writing;

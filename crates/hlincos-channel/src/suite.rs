//! How frames are sealed and opened: suite 1 with pad, suites 2 to 4 with AES-256-GCM.

pub(crate) mod gcm;
pub(crate) mod pad;

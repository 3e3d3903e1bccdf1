//! The hospital's side: scans an SS-MIX2 store, sends what changed, writes what comes back.

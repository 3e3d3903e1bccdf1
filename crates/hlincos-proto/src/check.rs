//! Check: read everything back from every site and say what is whole.

use std::collections::BTreeMap;

use crate::restore::{Loss, Restored};

/// What a check found, summed over bundles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckTally {
    /// Bundles of which all n shares are there and agree.
    pub whole: u64,
    /// Bundles that restore, with a share missing, rotten or wrong.
    pub degraded: u64,
    /// Bundles that do not restore.
    pub lost: u64,
    /// Per site, what is wrong with its shares.
    pub sites: BTreeMap<usize, SiteTally>,
}

/// What is wrong at one site, in bundles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteTally {
    /// Its share is not there.
    pub absent: u64,
    /// Its share does not match its checksum.
    pub rotten: u64,
    /// Its share or answer was wrong.
    pub wrong: u64,
    /// It is among sites of which some are wrong.
    pub suspect: u64,
    /// It did not answer.
    pub silent: u64,
}

impl CheckTally {
    /// Adds one bundle that was restored by asking every site.
    pub fn add(&mut self, restored: &Restored) {
        let faults = [
            (&restored.absent, FaultKind::Absent),
            (&restored.rotten, FaultKind::Rotten),
            (&restored.culprits, FaultKind::Wrong),
            (&restored.suspects, FaultKind::Suspect),
            (&restored.silent, FaultKind::Silent),
        ];
        let mut clean = true;
        for (sites, kind) in faults {
            for site in sites {
                clean = false;
                let tally = self.sites.entry(*site).or_default();
                match kind {
                    FaultKind::Absent => tally.absent += 1,
                    FaultKind::Rotten => tally.rotten += 1,
                    FaultKind::Wrong => tally.wrong += 1,
                    FaultKind::Suspect => tally.suspect += 1,
                    FaultKind::Silent => tally.silent += 1,
                }
            }
        }
        match (&restored.bundle, clean) {
            (Ok(_), true) => self.whole += 1,
            (Ok(_), false) => self.degraded += 1,
            (Err(Loss::TooFew { .. } | Loss::Contradiction | Loss::Misfiled), _) => self.lost += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum FaultKind {
    Absent,
    Rotten,
    Wrong,
    Suspect,
    Silent,
}

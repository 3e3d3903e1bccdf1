//! Judging heads once the bundle is there.
//!
//! A head is what a site says. Class, generation, sequence and length stand in the bundle itself
//! and can be compared with it. Randomness and epoch do not: the dealer wrote the same into every
//! head, so k sites that agree vouch for them, since fewer than k lie. The link is each site's own.

use std::collections::{BTreeMap, BTreeSet};

use hlincos_record::bundle::BundleHeader;
use hlincos_record::share_object::{LinkGrade, ShareHead};
use hlincos_sharing::dispersal::Scheme;
use hlincos_sharing::{RandomnessGrade, Threshold};

/// A bundle's header and its length: what heads are held against.
#[derive(Clone, Copy)]
pub(crate) struct Truth<'a> {
    pub(crate) header: &'a BundleHeader,
    pub(crate) bundle_len: usize,
    /// How it became shares: what k of them were combined by.
    pub(crate) scheme: Scheme,
    pub(crate) threshold: Threshold,
}

impl Truth<'_> {
    /// The length of each share.
    pub(crate) fn share_len(&self) -> Option<usize> {
        self.scheme.share_len(self.threshold, self.bundle_len)
    }
}

/// Who was wrong, and what may be believed.
pub(crate) struct HeadVerdict {
    /// Sites whose head contradicts the bundle, is none, or contradicts k that agree.
    pub(crate) culprits: BTreeSet<usize>,
    /// Sites that contradict each other where no k agree.
    pub(crate) suspects: BTreeSet<usize>,
    /// What k sites vouch for, or the least that anyone says who is not found wrong.
    pub(crate) randomness: Option<RandomnessGrade>,
    /// The weakest link that anyone says who is not found wrong.
    pub(crate) link: Option<LinkGrade>,
    /// The epoch, in the same way as the randomness.
    pub(crate) epoch: Option<u32>,
}

/// Judges what sites said of a bundle; `None` stands for a head that is none of its site's.
pub(crate) fn judge_heads(said: &[(usize, Option<ShareHead>)], truth: Truth<'_>) -> HeadVerdict {
    let k = usize::from(truth.threshold.k());
    let fits = |head: &ShareHead| {
        let told = (head.class, head.generation, head.sequence);
        let header = truth.header;
        told == (header.class, header.generation, header.sequence)
            && head.scheme == truth.scheme
            && Some(head.share_len as usize) == truth.share_len()
    };
    let mut culprits = BTreeSet::new();
    let mut groups: BTreeMap<(RandomnessGrade, u32), Vec<(usize, ShareHead)>> = BTreeMap::new();
    for (site, head) in said {
        match head.filter(fits) {
            Some(head) => {
                let claim = (head.randomness, head.epoch);
                groups.entry(claim).or_default().push((*site, head));
            }
            None => drop(culprits.insert(*site)),
        }
    }
    let vouched: Vec<_> = groups
        .iter()
        .filter(|(_, sites)| sites.len() >= k)
        .map(|(claim, _)| *claim)
        .collect();
    let mut suspects = BTreeSet::new();
    if let [claim] = vouched[..] {
        groups.retain(|other, sites| {
            let right = *other == claim;
            if !right {
                culprits.extend(sites.iter().map(|(site, _)| *site));
            }
            right
        });
    } else if groups.len() > 1 {
        suspects.extend(groups.values().flatten().map(|(site, _)| *site));
    }
    let believed = || groups.values().flatten().map(|(_, head)| head);
    HeadVerdict {
        randomness: believed().map(|head| head.randomness).min(),
        link: believed().map(|head| head.link).min(),
        epoch: believed().map(|head| head.epoch).min(),
        culprits,
        suspects,
    }
}

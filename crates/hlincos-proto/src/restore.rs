//! Restore: fetch shares, combine, name the liar, give back verified bundles.

use std::collections::BTreeSet;
use std::time::Duration;

use hlincos_record::bundle::{Bundle, BundleHeader};
use hlincos_record::identifier::{BundleId, Subject};
use hlincos_record::share_object::{HEAD_BYTES, LinkGrade, ShareHead, decode};
use hlincos_sharing::dispersal::{self, AwsLcGcm, Scheme};
use hlincos_sharing::{Combined, Point, RandomnessGrade, RobustError, Threshold, combine_robust};
use zeroize::Zeroizing;

use crate::api::{ANSWER_BYTES_MAX, ITEMS_MAX};
use crate::heads::{Truth, judge_heads};
use crate::roster::Roster;
use crate::site::{GetOutcome, Site};
use crate::survey::Held;
use crate::waiting::{Waiting, gather};

/// How many sites are asked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// k holders; the rest only when a share is missing or wrong.
    Enough,
    /// Every site, so that each one's share is compared.
    All,
    /// Every site, but who is late when k have answered counts as silent.
    AllWithin(Duration),
}

/// The bytes of a bundle that came out of k agreeing shares and names itself as asked.
///
/// Only this module makes one.
pub struct Verified(Zeroizing<Vec<u8>>);

impl Verified {
    /// The bundle as it was dealt.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a bundle could not be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// Fewer than k usable shares.
    #[error("{have} of the {need} shares needed are there")]
    TooFew {
        /// Usable shares.
        have: usize,
        /// Shares needed.
        need: usize,
    },
    /// Shares contradict each other and no k of them carry a valid tag.
    #[error("the shares contradict each other and too few are right to tell which")]
    Contradiction,
    /// The bundle names another bundle or folder than it was asked for.
    #[error("the restored bundle is not the one that its names promise")]
    Misfiled,
}

/// One bundle asked for, and what came of it.
pub struct Restored {
    /// Which.
    pub id: BundleId,
    /// The bundle, or why not.
    pub bundle: Result<Verified, Loss>,
    /// Sites whose share or answer was wrong, whichever way the answers are explained.
    pub culprits: BTreeSet<usize>,
    /// Sites of which some are wrong, but the answers do not tell which.
    pub suspects: BTreeSet<usize>,
    /// Sites that were asked and answered, but have no such share.
    pub absent: BTreeSet<usize>,
    /// Sites whose share does not match its own checksum any more.
    pub rotten: BTreeSet<usize>,
    /// Sites that did not answer when they were asked.
    pub silent: BTreeSet<usize>,
    /// Sites whose share was used or compared and found right.
    pub good: BTreeSet<usize>,
    /// Randomness and link of the shares compared, the weakest that is not found wrong.
    pub grade: Option<(RandomnessGrade, LinkGrade)>,
    /// How the bundle had become shares.
    pub scheme: Option<Scheme>,
}

impl Restored {
    /// Whether it may well be there: sites that did not answer could make up for what is missing.
    #[must_use]
    pub fn wants_answers(&self) -> bool {
        match &self.bundle {
            Err(Loss::TooFew { have, need }) => have + self.silent.len() >= *need,
            Err(Loss::Contradiction) => !self.silent.is_empty(),
            Ok(_) | Err(Loss::Misfiled) => false,
        }
    }
}

/// Fetches and combines bundles, in the order asked.
///
/// The caller bounds the request: all shares of one site come in answers of up to 64 MiB and are
/// held in memory together.
/// Security: a lying site among k or more honest ones that answer is corrected and named; with
/// exactly k answers it is detected. Shares from different sites arrive over private links, so
/// no site sees another's before it answers.
pub async fn restore<S: Site>(
    roster: &Roster<S>,
    wanted: &[(Subject, Held)],
    asking: Asking,
) -> Vec<Restored> {
    let k = roster.k();
    let mut asked: Vec<Vec<usize>> = wanted
        .iter()
        .enumerate()
        .map(|(at, (_, held))| match asking {
            Asking::All | Asking::AllWithin(_) => (0..roster.members().len()).collect(),
            // Begin at another holder for each bundle, so that the sites share the work.
            Asking::Enough => {
                let count = held.holders.len();
                (0..k.min(count))
                    .map(|i| held.holders[(at + i) % count])
                    .collect()
            }
        })
        .collect();
    let mut tables: Vec<Answers> = wanted.iter().map(|_| Answers::default()).collect();
    let waiting = match asking {
        Asking::AllWithin(grace) => Waiting::Briefly(grace),
        Asking::Enough | Asking::All => Waiting::ForAll,
    };
    collect(roster, wanted, &asked, &mut tables, waiting).await;
    let mut results: Vec<Restored> = wanted
        .iter()
        .zip(&tables)
        .map(|(want, table)| judge(roster, want, table))
        .collect();

    // Where the first answers did not do, every other site is asked.
    for (at, result) in results.iter().enumerate() {
        let more = (0..roster.members().len()).filter(|site| !tables[at].asked.contains(site));
        asked[at] = if result.bundle.is_err() {
            more.collect()
        } else {
            Vec::new()
        };
    }
    if asked.iter().any(|sites| !sites.is_empty()) {
        collect(roster, wanted, &asked, &mut tables, Waiting::ForAll).await;
        for (at, result) in results.iter_mut().enumerate() {
            if !asked[at].is_empty() {
                *result = judge(roster, &wanted[at], &tables[at]);
            }
        }
    }
    results
}

/// What the sites answered for one bundle.
#[derive(Default)]
struct Answers {
    asked: BTreeSet<usize>,
    shares: Vec<(usize, ShareHead, Vec<u8>)>,
    absent: BTreeSet<usize>,
    rotten: BTreeSet<usize>,
    malformed: BTreeSet<usize>,
    silent: BTreeSet<usize>,
}

/// What one site answered, by the place of what was wanted; `None` where it did not.
type OfOneSite = Vec<(usize, Option<GetOutcome>)>;

/// Asks each site for its part of the table, all sites at once.
async fn collect<S: Site>(
    roster: &Roster<S>,
    wanted: &[(Subject, Held)],
    asked: &[Vec<usize>],
    tables: &mut [Answers],
    waiting: Waiting,
) {
    let asking = (0..roster.members().len()).map(|site| async move {
        let member = &roster.members()[site];
        let mut open: Vec<usize> = (0..wanted.len())
            .filter(|at| asked[*at].contains(&site))
            .collect();
        let mut answers = Vec::with_capacity(open.len());
        while !open.is_empty() {
            let count = request_len(wanted, &open);
            let now: Vec<usize> = open.drain(..count).collect();
            let keys: Vec<_> = now
                .iter()
                .map(|at| member.object_key(&wanted[*at].0, wanted[*at].1.id))
                .collect();
            let mut got = match member.site.get(&keys).await {
                Ok(outcomes) if outcomes.len() == keys.len() => {
                    outcomes.into_iter().map(Some).collect()
                }
                Ok(_) | Err(_) => vec![None; keys.len()],
            };
            // A site that leaves out even the first object never finishes: it counts as silent.
            if let Some(first @ Some(GetOutcome::LeftOut)) = got.first_mut() {
                *first = None;
            }
            for (at, outcome) in now.into_iter().zip(got) {
                match outcome {
                    Some(GetOutcome::LeftOut) => open.push(at),
                    other => answers.push((at, other)),
                }
            }
        }
        answers
    });
    let enough = |answers: &[Option<OfOneSite>]| {
        let good = |all: &&OfOneSite| all.iter().all(|(_, one)| one.is_some());
        answers.iter().flatten().filter(good).count() >= roster.k()
    };
    let answers = gather(asking, waiting, enough).await;
    for (site, answers) in answers.into_iter().enumerate() {
        let late = || {
            let asked = (0..wanted.len()).filter(|at| asked[*at].contains(&site));
            asked.map(|at| (at, None)).collect()
        };
        let answers = answers.unwrap_or_else(late);
        for (at, outcome) in answers {
            let table = &mut tables[at];
            table.asked.insert(site);
            match outcome {
                None => drop(table.silent.insert(site)),
                Some(GetOutcome::Absent | GetOutcome::LeftOut) => {
                    table.absent.insert(site);
                }
                Some(GetOutcome::Rotten) => drop(table.rotten.insert(site)),
                Some(GetOutcome::Present(object)) => match decode(&object) {
                    Ok((head, share))
                        if head.point == roster.members()[site].point
                            && head.threshold == roster.threshold() =>
                    {
                        table.shares.push((site, head, share.to_vec()));
                    }
                    _ => drop(table.malformed.insert(site)),
                },
            }
        }
    }
}

/// How many of the open items one request asks for: their shares fit half an answer.
fn request_len(wanted: &[(Subject, Held)], open: &[usize]) -> usize {
    let mut bytes = 0;
    let fits = |at: &&usize| {
        bytes += HEAD_BYTES + 5 + wanted[**at].1.head.share_len as usize;
        bytes <= ANSWER_BYTES_MAX / 2
    };
    open.iter().take(ITEMS_MAX).take_while(fits).count().max(1)
}

/// Combines what is there and tells who was wrong.
fn judge<S>(roster: &Roster<S>, (subject, held): &(Subject, Held), table: &Answers) -> Restored {
    let mut restored = Restored {
        id: held.id,
        bundle: Err(Loss::TooFew {
            have: table.shares.len(),
            need: roster.k(),
        }),
        culprits: table.malformed.clone(),
        suspects: BTreeSet::new(),
        absent: table.absent.clone(),
        rotten: table.rotten.clone(),
        silent: table.silent.clone(),
        good: BTreeSet::new(),
        grade: None,
        scheme: None,
    };
    if table.shares.len() < roster.k() {
        return restored;
    }
    let (scheme, combined) = match combine_by_votes(roster.threshold(), roster, table) {
        Ok(combined) => combined,
        Err(loss) => {
            restored.bundle = Err(loss);
            return restored;
        }
    };
    let header = match BundleHeader::from_bytes(&combined.secret) {
        Ok(header) if header.id == held.id && header.subject == *subject => header,
        _ => {
            restored.bundle = Err(Loss::Misfiled);
            return restored;
        }
    };
    let mut said = Vec::new();
    for (site, head, _) in &table.shares {
        let point = roster.members()[*site].point;
        if combined.culprits.contains(&point) || head.scheme != scheme {
            restored.culprits.insert(*site);
            continue;
        }
        if combined.suspects.contains(&point) {
            restored.suspects.insert(*site);
        } else {
            restored.good.insert(*site);
        }
        said.push((*site, Some(*head)));
    }
    let truth = Truth {
        header: &header,
        bundle_len: combined.secret.len(),
        scheme,
        threshold: roster.threshold(),
    };
    let heads = judge_heads(&said, truth);
    restored.culprits.extend(heads.culprits);
    restored.suspects.extend(heads.suspects);
    restored.grade = heads.randomness.zip(heads.link);
    restored.scheme = Some(scheme);
    restored.bundle = Ok(Verified(combined.secret));
    restored
}

/// Combines by the scheme that most heads name, or by another that k of them do.
///
/// A scheme that fewer than k name is a lie, or too few are left of it.
fn combine_by_votes<S>(
    threshold: Threshold,
    roster: &Roster<S>,
    table: &Answers,
) -> Result<(Scheme, Combined), Loss> {
    let answers = |scheme: Scheme| -> Vec<(Point, &[u8])> {
        let of_scheme = table
            .shares
            .iter()
            .filter(|(_, head, _)| head.scheme == scheme);
        of_scheme
            .map(|(site, _, share)| (roster.members()[*site].point, share.as_slice()))
            .collect()
    };
    let mut votes = [Scheme::Shamir, Scheme::Dispersal].map(|scheme| (scheme, answers(scheme)));
    votes.sort_by_key(|(_, answers)| core::cmp::Reverse(answers.len()));
    let mut first_loss = None;
    for (scheme, answers) in votes {
        let combined = match scheme {
            Scheme::Shamir => combine_robust(threshold, &answers),
            Scheme::Dispersal => dispersal::combine_robust::<AwsLcGcm>(threshold, &answers),
        };
        match combined {
            Ok(combined) => return Ok((scheme, combined)),
            Err(RobustError::TooFew { have, need }) => {
                first_loss.get_or_insert(Loss::TooFew { have, need });
            }
            Err(_) => drop(first_loss.get_or_insert(Loss::Contradiction)),
        }
    }
    Err(first_loss.unwrap_or(Loss::Contradiction))
}

/// Opens a verified bundle.
///
/// # Errors
/// [`Loss::Misfiled`] when it is no bundle: k sites or more, or the dealer, wrote it wrong.
pub fn open(verified: &Verified) -> Result<Bundle, Loss> {
    Bundle::open(verified.bytes()).map_err(|_| Loss::Misfiled)
}

/// Sites named by what they said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Wrong, whichever way the answers are explained.
    pub culprits: BTreeSet<usize>,
    /// Of these some are wrong, but the answers do not tell which.
    pub suspects: BTreeSet<usize>,
}

/// Settles bundles on whose heads the sites disagree: what the restored bundle says is true.
///
/// Afterwards every head is one that k sites or the bundle itself vouch for, but for randomness
/// and epoch where no k agree: there it is the least that was said. Holders are sites whose shares
/// were right. Gives the sites whose heads were wrong.
pub async fn settle<S: Site>(roster: &Roster<S>, subject: &Subject, held: &mut [Held]) -> Named {
    let mut named = Named::default();
    for held in held.iter_mut().filter(|held| !held.dissenters.is_empty()) {
        let wanted = [(subject.clone(), held.clone())];
        let mut results = restore(roster, &wanted, Asking::All).await;
        let Some(result) = results.pop() else {
            continue;
        };
        let (Ok(verified), Some(scheme)) = (&result.bundle, result.scheme) else {
            continue;
        };
        let Ok(header) = BundleHeader::from_bytes(verified.bytes()) else {
            continue;
        };
        let truth = Truth {
            header: &header,
            bundle_len: verified.bytes().len(),
            scheme,
            threshold: roster.threshold(),
        };
        let heads = judge_heads(&held.said, truth);
        held.head.class = header.class;
        held.head.generation = header.generation;
        held.head.sequence = header.sequence;
        held.head.scheme = scheme;
        held.head.share_len = truth
            .share_len()
            .and_then(|len| u32::try_from(len).ok())
            .expect("bundles are at most 10 MiB");
        held.head.randomness = heads.randomness.unwrap_or(RandomnessGrade::Drbg);
        held.head.epoch = heads.epoch.unwrap_or(0);
        held.holders = result.good.into_iter().collect();
        held.dissenters.clear();
        named.culprits.extend(heads.culprits);
        named.culprits.extend(result.culprits);
        named.suspects.extend(heads.suspects);
        named.suspects.extend(result.suspects);
    }
    held.sort_by_key(|held| (held.head.sequence, held.id));
    named
}

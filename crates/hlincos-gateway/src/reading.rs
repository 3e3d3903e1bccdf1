//! Reading subjects back, newest bundle first, with an account of every site and every loss.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hlincos_proto::gateway::{Frame, Progress, RestoreSummary, SiteCount, SiteWord};
use hlincos_proto::restore::{Asking, Named, Restored, restore, settle};
use hlincos_proto::roster::Roster;
use hlincos_proto::site::Site;
use hlincos_proto::survey::{Held, TooFewSites, survey};
use hlincos_proto::waiting::Waiting;
use hlincos_record::bundle::{BundleHeader, Class};
use hlincos_record::identifier::{BundleId, Subject};
use hlincos_record::share_object::LinkGrade;
use hlincos_sharing::RandomnessGrade;
use tokio::sync::mpsc;

use crate::directory::{DirectoryError, StoreDirectory};

/// How long a site that is late is waited for when enough others have answered.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// The same for surveys.
pub(crate) const BRIEFLY: Waiting = Waiting::Briefly(GRACE);
/// Subjects surveyed in one question to each site.
pub(crate) const SUBJECTS_AT_ONCE: usize = 128;
/// Shares of one site fetched at a time, in bytes; two such batches are under way at once.
const BATCH_BYTES: u64 = 8 << 20;
const BATCH_ITEMS: usize = 1_024;

/// Which bundles are wanted.
pub(crate) struct Wanted<'a> {
    /// Only of this store.
    pub(crate) label: Option<&'a str>,
    /// Only up to this generation.
    pub(crate) up_to: Option<u64>,
    /// Only of these classes.
    pub(crate) classes: &'a [Class],
    /// How many sites are asked at first.
    pub(crate) asking: Asking,
}

/// What finished runs promise, to tell loss from leftover.
#[derive(Default)]
pub(crate) struct Promises {
    /// Every bundle that a finished run lists.
    pub(crate) listed: HashSet<BundleId>,
    /// Of these the ones that later runs gave up and made up for.
    pub(crate) given_up: HashSet<BundleId>,
    /// Bundles that finished runs of other stores list: their loss is told there.
    pub(crate) elsewhere: HashSet<BundleId>,
    /// Unlisted bundles up to this generation are leftovers; none when runs are unknown.
    pub(crate) finished: u64,
    /// Runs whose record is lost: what they listed is not known.
    pub(crate) unknown: BTreeSet<u64>,
}

/// What a bundle that does not restore means.
enum Missing {
    Lost,
    Leftover,
    Uncertain,
    OfAnotherStore,
    GivenUp,
}

impl Promises {
    /// Adds a store's; bundles do not tell their store, so the store that finished least counts.
    pub(crate) fn add(&mut self, store: &StoreDirectory) {
        self.listed.extend(store.listed(None));
        self.given_up.extend(store.given_up(None));
        self.unknown.extend(&store.lost.runs);
        self.finished = self.finished.min(store.finished());
    }

    fn of(&self, (id, generation): (BundleId, u64)) -> Missing {
        if self.given_up.contains(&id) {
            Missing::GivenUp
        } else if self.listed.contains(&id) || self.unknown.contains(&generation) {
            Missing::Lost
        } else if self.elsewhere.contains(&id) {
            Missing::OfAnotherStore
        } else if generation <= self.finished {
            Missing::Leftover
        } else {
            Missing::Uncertain
        }
    }
}

/// Why a reading stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadingError {
    /// Too few sites.
    #[error(transparent)]
    TooFew(#[from] TooFewSites),
    /// The directory could not be read.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The catalogue could not be read anew.
    #[error("{0}")]
    Catalogue(String),
    /// Nobody listens any more.
    #[error("the caller went away")]
    Gone,
}

/// Counts while subjects are read.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) bundles: u64,
    pub(crate) lost: u64,
    pub(crate) uncertain: u64,
    pub(crate) leftovers: u64,
    unrestorable: Vec<(BundleId, u64)>,
    pub(crate) seen: HashSet<BundleId>,
    culprits: BTreeMap<usize, u64>,
    suspects: BTreeMap<usize, u64>,
    rotten: BTreeMap<usize, u64>,
    absent: BTreeMap<usize, u64>,
    silent: BTreeMap<usize, String>,
    used: BTreeSet<usize>,
    grades: Option<(RandomnessGrade, LinkGrade)>,
    generation: u64,
}

impl Tally {
    /// Notes a bundle that does not restore.
    pub(crate) fn add_unrestorable(&mut self, held: &Held) {
        self.unrestorable.push((held.id, held.head.generation.0));
    }

    /// Whether anything does not restore that these promises do not list.
    pub(crate) fn has_unlisted(&self, promises: &Promises) -> bool {
        let listed = |(id, _): &(BundleId, u64)| promises.listed.contains(id);
        !self.unrestorable.iter().all(listed)
    }

    /// Puts what does not restore where it belongs; gives what is lost.
    pub(crate) fn settle(&mut self, promises: &Promises) -> Vec<BundleId> {
        let mut lost = Vec::new();
        for missing in std::mem::take(&mut self.unrestorable) {
            match promises.of(missing) {
                Missing::Lost => lost.push(missing.0),
                Missing::Leftover => self.leftovers += 1,
                Missing::Uncertain => self.uncertain += 1,
                Missing::OfAnotherStore | Missing::GivenUp => {}
            }
        }
        self.lost += lost.len() as u64;
        lost
    }

    pub(crate) fn add_silent(&mut self, silent: impl IntoIterator<Item = (usize, String)>) {
        self.silent.extend(silent);
    }

    fn add_named(&mut self, named: &Named) {
        for (from, to) in [
            (&named.culprits, &mut self.culprits),
            (&named.suspects, &mut self.suspects),
        ] {
            for site in from {
                *to.entry(*site).or_default() += 1;
            }
        }
    }

    fn add(&mut self, restored: &Restored) {
        for (from, to) in [
            (&restored.culprits, &mut self.culprits),
            (&restored.suspects, &mut self.suspects),
            (&restored.rotten, &mut self.rotten),
            (&restored.absent, &mut self.absent),
        ] {
            for site in from {
                *to.entry(*site).or_default() += 1;
            }
        }
        for site in &restored.silent {
            self.silent
                .entry(*site)
                .or_insert_with(|| "stopped answering".into());
        }
        if restored.bundle.is_ok() {
            self.bundles += 1;
            self.used.extend(&restored.good);
            if let Some((randomness, link)) = restored.grade {
                let weakest = self.grades.unwrap_or((randomness, link));
                self.grades = Some((weakest.0.min(randomness), weakest.1.min(link)));
            }
        }
    }

    /// The account for the caller.
    pub(crate) fn summary<S>(self, roster: &Roster<S>, subjects: u64) -> RestoreSummary {
        let name = |site: &usize| roster.members()[*site].name.clone();
        let counts = |map: &BTreeMap<usize, u64>| {
            map.iter()
                .map(|(site, n)| SiteCount {
                    site: name(site),
                    bundles: *n,
                })
                .collect()
        };
        RestoreSummary {
            subjects,
            bundles: self.bundles,
            culprits: counts(&self.culprits),
            suspects: counts(&self.suspects),
            rotten: counts(&self.rotten),
            absent: counts(&self.absent),
            silent: self
                .silent
                .iter()
                .map(|(site, word)| SiteWord {
                    site: name(site),
                    word: word.clone(),
                })
                .collect(),
            used: self.used.iter().map(name).collect(),
            lost: self.lost,
            uncertain: self.uncertain,
            leftovers: self.leftovers,
            randomness: self.grades.map(|(randomness, _)| randomness.to_string()),
            link: self.grades.map(|(_, link)| link_words(link).to_owned()),
            generation: self.generation,
        }
    }
}

/// A link grade in words.
pub(crate) const fn link_words(link: LinkGrade) -> &'static str {
    match link {
        LinkGrade::PqTls => hlincos_tls::LINK_NAME,
        LinkGrade::Generated => "frames under keys of no physical source: computational",
        LinkGrade::Hybrid => "AES-256-GCM under ML-KEM-1024 and X25519",
        LinkGrade::PreShared => "AES-256-GCM under a pre-shared ratchet",
        LinkGrade::QkdAes => "AES-256-GCM under QKD keys",
        LinkGrade::OneTimePad => "one-time pad",
    }
}

/// Reads subjects and sends their bundles, newest first, with a mark after each subject.
///
/// # Errors
/// [`ReadingError`]; what was sent stays right.
pub(crate) async fn read_subjects<S: Site>(
    roster: &Roster<S>,
    subjects: &[Subject],
    wanted: &Wanted<'_>,
    out: &mpsc::Sender<Bytes>,
) -> Result<Tally, ReadingError> {
    let mut tally = Tally::default();
    let mut done = 0_u64;
    for group in subjects.chunks(SUBJECTS_AT_ONCE) {
        let survey = survey(roster, group, BRIEFLY).await?;
        tally.add_silent(
            survey
                .silent
                .iter()
                .map(|(site, why)| (*site, why.to_string())),
        );
        let mut items: Vec<(Subject, Held)> = Vec::new();
        for (subject, mut held) in group.iter().zip(survey.subjects) {
            tally.add_named(&settle(roster, subject, &mut held).await);
            tally.seen.extend(held.iter().map(|held| held.id));
            for held in held.into_iter().rev() {
                let generation = held.head.generation.0;
                let late = wanted.up_to.is_some_and(|last| generation > last);
                if late || !wanted.classes.contains(&held.head.class) {
                    continue;
                }
                if held.holders.len() < roster.k() {
                    tally.add_unrestorable(&held);
                } else {
                    items.push((subject.clone(), held));
                }
            }
        }
        send_items(roster, &items, wanted, &mut tally, out).await?;
        done += group.len() as u64;
        let progress = Progress {
            subjects: done,
            subjects_total: subjects.len() as u64,
            bundles: tally.bundles,
        };
        out.send(Frame::Progress(progress).to_bytes())
            .await
            .map_err(|_| ReadingError::Gone)?;
    }
    Ok(tally)
}

async fn send_items<S: Site>(
    roster: &Roster<S>,
    items: &[(Subject, Held)],
    wanted: &Wanted<'_>,
    tally: &mut Tally,
    out: &mpsc::Sender<Bytes>,
) -> Result<(), ReadingError> {
    let mut waiting = cut(items).into_iter();
    let mut batches = VecDeque::new();
    let mut fetching = FuturesOrdered::new();
    let mut current: Option<&Subject> = None;
    loop {
        // One batch is fetched while the one before it is sent on.
        while fetching.len() < 2
            && let Some(batch) = waiting.next()
        {
            batches.push_back(batch);
            fetching.push_back(restore(roster, batch, wanted.asking));
        }
        let (Some(results), Some(batch)) = (fetching.next().await, batches.pop_front()) else {
            break;
        };
        for ((subject, held), restored) in batch.iter().zip(results) {
            if current.is_some_and(|current| current != subject) {
                out.send(Frame::SubjectEnd.to_bytes())
                    .await
                    .map_err(|_| ReadingError::Gone)?;
            }
            current = Some(subject);
            if restored.wants_answers() {
                return Err(TooFewSites::while_fetching(roster, restored.silent).into());
            }
            tally.add(&restored);
            let Ok(verified) = restored.bundle else {
                tally.add_unrestorable(held);
                continue;
            };
            let bytes = verified.bytes();
            let Ok(header) = BundleHeader::from_bytes(bytes) else {
                continue;
            };
            let other_store = wanted.label.is_some_and(|label| label != header.label);
            if other_store || wanted.up_to.is_some_and(|last| header.generation.0 > last) {
                continue;
            }
            tally.generation = tally.generation.max(header.generation.0);
            let frame = Frame::Bundle(Bytes::copy_from_slice(bytes)).to_bytes();
            out.send(frame).await.map_err(|_| ReadingError::Gone)?;
        }
    }
    if current.is_some() {
        out.send(Frame::SubjectEnd.to_bytes())
            .await
            .map_err(|_| ReadingError::Gone)?;
    }
    Ok(())
}

/// Cuts items into batches of bounded bytes and count.
pub(crate) fn cut(items: &[(Subject, Held)]) -> Vec<&[(Subject, Held)]> {
    let mut batches = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let mut bytes = 0;
        let within = |(_, held): &&(Subject, Held)| {
            bytes += u64::from(held.head.share_len);
            bytes <= BATCH_BYTES
        };
        let count = rest
            .iter()
            .take(BATCH_ITEMS)
            .take_while(within)
            .count()
            .max(1);
        let (now, later) = rest.split_at(count);
        batches.push(now);
        rest = later;
    }
    batches
}

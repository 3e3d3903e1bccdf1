//! Deal: split bundles, store the shares, acknowledge what enough sites hold durably.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use hlincos_record::bundle::{BundleError, BundleHeader, Class};
use hlincos_record::identifier::BundleId;
use hlincos_record::limits::BUNDLE_BYTES_MAX;
use hlincos_record::share_object::{LinkGrade, ShareHead, encode};
use hlincos_sharing::dispersal::{self, AwsLcGcm, Scheme};
use hlincos_sharing::{Randomness, RandomnessError, protect_and_split};
use tokio::time::{Instant, sleep};

use crate::api::{ITEMS_MAX, REQUEST_BYTES_MAX, put_bytes};
use crate::roster::{Member, Roster};
use crate::site::{PutObject, PutOutcome, Site, SiteError};

/// A bundle split, with one share object for each site in the roster's order.
pub struct Dealing {
    /// What the bundle says of itself.
    pub header: BundleHeader,
    objects: Vec<PutObject>,
}

/// What a bundle is dealt by, besides randomness.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The scheme for bundles of documents; all others are shared by Shamir's.
    pub documents: Scheme,
    /// When.
    pub now_unix_ms: u64,
}

/// Splits a bundle for every site of the roster.
///
/// Randomness: (k-1) times the protected length, and 16 bytes per 64 KiB for the tags.
/// Security: as strong as `rng`'s grade, which goes into every share's head; the
/// link is told there by who sends it. Documents are computational if the terms say that they are dispersed.
///
/// # Errors
/// [`SplitError`]; of bytes that are no bundle nothing was drawn.
///
/// # Panics
/// Never: a bundle's length is bounded by its header's check.
pub fn split_bundle<S>(
    roster: &Roster<S>,
    bundle: &[u8],
    rng: &mut dyn Randomness,
    terms: Terms,
) -> Result<Dealing, SplitError> {
    let header = BundleHeader::from_bytes(bundle)?;
    debug_assert!(bundle.len() <= BUNDLE_BYTES_MAX);
    let threshold = roster.threshold();
    let scheme = match header.class {
        Class::Documents => terms.documents,
        Class::Messages | Class::Directory | Class::Run | Class::Root | Class::GivenUp => {
            Scheme::Shamir
        }
    };
    let randomness = scheme.grade(rng.grade());
    let shares = match scheme {
        Scheme::Shamir => protect_and_split(threshold, bundle, rng)?,
        Scheme::Dispersal => dispersal::protect_and_split::<AwsLcGcm>(threshold, bundle, rng)?,
    };
    let objects = roster
        .members()
        .iter()
        .zip(&shares)
        .map(|(member, share)| {
            let head = ShareHead {
                class: header.class,
                randomness,
                // The weakest; who sends the object writes what it really goes over.
                link: LinkGrade::PqTls,
                scheme,
                threshold,
                point: member.point,
                epoch: 0,
                generation: header.generation,
                sequence: header.sequence,
                dealt_unix_ms: terms.now_unix_ms,
                share_len: u32::try_from(share.len()).expect("bundles are at most 10 MiB"),
            };
            PutObject {
                key: member.object_key(&header.subject, header.id),
                bytes: encode(&head, share),
            }
        })
        .collect();
    Ok(Dealing { header, objects })
}

/// Why a bundle was not split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The bytes are no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The source of coefficients gives nothing.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

/// What became of one acknowledged bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The bundle.
    pub id: BundleId,
    /// Sites that do not have their share: the debt. Empty when all n have it.
    pub missing: Vec<usize>,
}

/// Why a batch was not acknowledged; what some sites hold of it is a leftover.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DealError {
    /// Fewer sites than needed have the shares durably.
    #[error("{}", too_few(*.stored, *.need, .failures))]
    TooFew {
        /// Sites that have them.
        stored: usize,
        /// Sites that must.
        need: usize,
        /// The others, by name, with what went wrong.
        failures: Vec<(String, SiteError)>,
    },
}

fn too_few(stored: usize, need: usize, failures: &[(String, SiteError)]) -> String {
    let mut text = format!("only {stored} of the {need} sites that must have the shares took them");
    for (name, error) in failures {
        text.push_str(&format!("; site {name}: {error}"));
    }
    text
}

/// How long a silent site is asked again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// In all, from an outage's first refusal.
    pub total: Duration,
    /// Between two tries.
    pub pause: Duration,
}

/// Since when each site has not answered, so that one outage is waited for once.
pub struct Outages(Vec<Mutex<Option<Instant>>>);

impl Outages {
    /// All sites of a roster answer, as far as is known.
    #[must_use]
    pub fn none<S>(roster: &Roster<S>) -> Self {
        Self(roster.members().iter().map(|_| Mutex::new(None)).collect())
    }

    /// Notes that a site does not answer; tells since when.
    fn goes_on(&self, site: usize) -> Instant {
        *self.of(site).get_or_insert_with(Instant::now)
    }

    /// Notes that a site answered.
    fn ends(&self, site: usize) {
        *self.of(site) = None;
    }

    fn of(&self, site: usize) -> MutexGuard<'_, Option<Instant>> {
        // A time is whole whoever panicked while holding it.
        self.0[site].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores the shares of a batch of bundles at all sites and waits for them.
///
/// Returns when every site answered or patience with its outage ended: a site that was waited
/// for in vain is asked once by each further batch and not waited for again until it answers; a receipt means durable at
/// [`Roster::stored_at_least`] sites or more.
///
/// # Errors
/// [`DealError::TooFew`], naming each site that failed and why. Nothing is acknowledged then.
pub async fn deal<S: Site>(
    roster: &Roster<S>,
    dealings: Vec<Dealing>,
    patience: Patience,
    outages: &Outages,
) -> Result<Vec<Receipt>, DealError> {
    let mut columns: Vec<Vec<PutObject>> = roster.members().iter().map(|_| Vec::new()).collect();
    let mut ids = Vec::with_capacity(dealings.len());
    for dealing in dealings {
        ids.push(dealing.header.id);
        for (column, object) in columns.iter_mut().zip(dealing.objects) {
            column.push(object);
        }
    }
    let sending = roster.members().iter().zip(columns).enumerate().map(
        |(site, (member, objects))| async move {
            let deadline = || outages.goes_on(site) + patience.total;
            let outcome = put_all(member, objects, patience.pause, deadline).await;
            if !outcome.as_ref().is_err_and(SiteError::is_transient) {
                outages.ends(site);
            }
            outcome
        },
    );
    let outcomes = join_all(sending).await;

    let failures: Vec<(usize, &SiteError)> = outcomes
        .iter()
        .enumerate()
        .filter_map(|(site, outcome)| outcome.as_ref().err().map(|error| (site, error)))
        .collect();
    let stored = roster.members().len() - failures.len();
    if stored < roster.stored_at_least() {
        return Err(DealError::TooFew {
            stored,
            need: roster.stored_at_least(),
            failures: failures
                .into_iter()
                .map(|(site, error)| (roster.members()[site].name.clone(), error.clone()))
                .collect(),
        });
    }
    let missing: Vec<usize> = failures.into_iter().map(|(site, _)| site).collect();
    Ok(ids
        .into_iter()
        .map(|id| Receipt {
            id,
            missing: missing.clone(),
        })
        .collect())
}

/// Puts every object at one site, in requests of bounded size, again while it is unreachable.
async fn put_all<S: Site>(
    member: &Member<S>,
    objects: Vec<PutObject>,
    pause: Duration,
    deadline: impl Fn() -> Instant,
) -> Result<(), SiteError> {
    let mut rest = objects.as_slice();
    while !rest.is_empty() {
        let (request, later) = rest.split_at(request_len(rest));
        let outcomes = loop {
            match member.site.put(request).await {
                Err(error) if error.is_transient() && Instant::now() < deadline() => {
                    sleep(pause).await;
                }
                other => break other?,
            }
        };
        if outcomes.len() != request.len() {
            return Err(SiteError::Malformed(
                "it answered for another number of objects".into(),
            ));
        }
        if outcomes.contains(&PutOutcome::Conflict) {
            return Err(SiteError::Malformed(
                "it says that a random name was taken".into(),
            ));
        }
        rest = later;
    }
    Ok(())
}

/// How many of the objects fit one request.
fn request_len(objects: &[PutObject]) -> usize {
    let mut bytes = 0;
    let fits = |object: &&PutObject| {
        bytes += put_bytes(object.bytes.len());
        bytes <= REQUEST_BYTES_MAX
    };
    objects
        .iter()
        .take(ITEMS_MAX)
        .take_while(fits)
        .count()
        .max(1)
}

//! Survey: which bundles a subject has, and which sites hold them.

use std::collections::BTreeMap;

use hlincos_record::identifier::{BundleId, Subject};
use hlincos_record::share_object::ShareHead;

use crate::api::ITEMS_MAX;
use crate::roster::{Member, Roster};
use crate::site::{HeadsPage, Site, SiteError};
use crate::waiting::{Waiting, gather};

/// Objects of one folder at one site; a list that goes on beyond is a fault, not a folder.
pub const FOLDER_OBJECTS_MAX: usize = 1 << 20;

/// A bundle of a subject as the sites list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The bundle.
    pub id: BundleId,
    /// What most sites say of it; unverified until the bundle is restored.
    pub head: ShareHead,
    /// Sites that list it with this head, in the roster's order.
    pub holders: Vec<usize>,
    /// Sites that list it with another or a malformed head.
    pub dissenters: Vec<usize>,
    /// What each site says of it that lists it; `None` for a head that is none of its site's.
    pub said: Vec<(usize, Option<ShareHead>)>,
}

/// What the sites that answered hold of some subjects.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Per subject asked, its bundles in the order of their sequence.
    pub subjects: Vec<Vec<Held>>,
    /// Sites that did not answer, and why.
    pub silent: Vec<(usize, SiteError)>,
}

/// Fewer than k sites answered: nothing can be restored now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", text(*.answered, *.need, .silent))]
pub struct TooFewSites {
    /// Sites that answered.
    pub answered: usize,
    /// Sites that must.
    pub need: usize,
    /// The others by name, with what went wrong.
    pub silent: Vec<(String, SiteError)>,
}

impl TooFewSites {
    /// Those sites were silent while bundles were fetched; where as many as k answered, their
    /// answers contradict each other and one more is needed.
    #[must_use]
    pub fn while_fetching<S>(roster: &Roster<S>, silent: impl IntoIterator<Item = usize>) -> Self {
        let silent: Vec<(String, SiteError)> = silent
            .into_iter()
            .map(|site| (roster.members()[site].name.clone(), SiteError::Late))
            .collect();
        let answered = roster.members().len() - silent.len();
        Self {
            answered,
            need: roster.k().max(answered + 1),
            silent,
        }
    }
}

fn text(answered: usize, need: usize, silent: &[(String, SiteError)]) -> String {
    let mut text = format!(
        "only {answered} of the {need} sites needed answer; bring one back and run the command again"
    );
    for (name, error) in silent {
        text.push_str(&format!("; site {name}: {error}"));
    }
    text
}

/// Asks every site what it holds of the subjects and takes the union.
///
/// With [`Waiting::Briefly`] a site that is late when k answered counts as silent.
///
/// # Errors
/// [`TooFewSites`] when fewer than k answer.
pub async fn survey<S: Site>(
    roster: &Roster<S>,
    subjects: &[Subject],
    waiting: Waiting,
) -> Result<Survey, TooFewSites> {
    let asking = roster
        .members()
        .iter()
        .map(|member| list_all(member, subjects));
    let enough = |answers: &[Option<Result<Vec<Listing>, SiteError>>]| {
        let good = answers.iter().flatten().filter(|answer| answer.is_ok());
        good.count() >= roster.k()
    };
    let answers = gather(asking, waiting, enough).await;

    let mut survey = Survey::default();
    let mut listings = Vec::new();
    for (site, answer) in answers.into_iter().enumerate() {
        match answer {
            Some(Ok(listing)) => listings.push((site, listing)),
            Some(Err(error)) => survey.silent.push((site, error)),
            None => survey.silent.push((site, SiteError::Late)),
        }
    }
    if listings.len() < roster.k() {
        return Err(TooFewSites {
            answered: listings.len(),
            need: roster.k(),
            silent: survey
                .silent
                .into_iter()
                .map(|(site, error)| (roster.members()[site].name.clone(), error))
                .collect(),
        });
    }
    for subject in 0..subjects.len() {
        let of_subject = listings
            .iter()
            .map(|(site, listing)| (*site, &listing[subject]));
        survey.subjects.push(union(roster, of_subject));
    }
    Ok(survey)
}

type Listing = BTreeMap<BundleId, Option<ShareHead>>;

/// One site's folders of the subjects, page after page.
async fn list_all<S: Site>(
    member: &Member<S>,
    subjects: &[Subject],
) -> Result<Vec<Listing>, SiteError> {
    let mut listings = vec![Listing::new(); subjects.len()];
    let mut open: Vec<_> = subjects
        .iter()
        .enumerate()
        .map(|(at, s)| (at, member.keys.handle(s), None))
        .collect();
    while !open.is_empty() {
        let now: Vec<_> = open.drain(..open.len().min(ITEMS_MAX)).collect();
        let request: Vec<_> = now
            .iter()
            .map(|(_, folder, after)| (*folder, *after))
            .collect();
        let pages = member.site.heads(&request).await?;
        if pages.len() != now.len() {
            return Err(SiteError::Malformed(
                "it answered for another number of folders".into(),
            ));
        }
        for ((at, folder, after), HeadsPage { heads, more }) in now.into_iter().zip(pages) {
            let ordered = heads.windows(2).all(|pair| pair[0].name < pair[1].name);
            let onward = heads.first().is_none_or(|first| Some(first.name) > after);
            if !ordered || !onward {
                return Err(SiteError::Malformed(
                    "a folder's names are out of order".into(),
                ));
            }
            let last = heads.last().map(|last| last.name);
            if listings[at].len() + heads.len() > FOLDER_OBJECTS_MAX {
                return Err(SiteError::Malformed("a folder's list has no end".into()));
            }
            for listed in heads {
                let id = member.keys.bundle_id(listed.name);
                listings[at].insert(id, ShareHead::from_bytes(&listed.head).ok());
            }
            if more {
                open.push((at, folder, last));
            }
        }
    }
    Ok(listings)
}

/// What heads must agree on: everything but the point, the link and the time of dealing.
fn agrees(a: &ShareHead, b: &ShareHead) -> bool {
    let same = ShareHead {
        point: a.point,
        link: a.link,
        dealt_unix_ms: a.dealt_unix_ms,
        ..*b
    };
    *a == same
}

fn union<'a, S: 'a>(
    roster: &Roster<S>,
    listings: impl Iterator<Item = (usize, &'a Listing)>,
) -> Vec<Held> {
    let mut by_id: BTreeMap<BundleId, Vec<(usize, Option<ShareHead>)>> = BTreeMap::new();
    for (site, listing) in listings {
        for (id, head) in listing {
            by_id.entry(*id).or_default().push((site, *head));
        }
    }
    let mut all: Vec<Held> = by_id
        .into_iter()
        .filter_map(|(id, said)| {
            let legal = |site: usize, head: &ShareHead| {
                head.point == roster.members()[site].point && head.threshold == roster.threshold()
            };
            let said: Vec<(usize, Option<ShareHead>)> = said
                .into_iter()
                .map(|(site, head)| (site, head.filter(|head| legal(site, head))))
                .collect();
            let heads: Vec<(usize, ShareHead)> = said
                .iter()
                .filter_map(|(site, head)| head.map(|head| (*site, head)))
                .collect();
            let votes = |head: &ShareHead| heads.iter().filter(|(_, h)| agrees(head, h)).count();
            let (_, head) = *heads.iter().max_by_key(|(_, head)| votes(head))?;
            let holders: Vec<usize> = heads
                .iter()
                .filter(|(_, h)| agrees(&head, h))
                .map(|(site, _)| *site)
                .collect();
            let dissenters = said
                .iter()
                .map(|(site, _)| *site)
                .filter(|s| !holders.contains(s))
                .collect();
            Some(Held {
                id,
                head,
                holders,
                dissenters,
                said,
            })
        })
        .collect();
    all.sort_by_key(|held| (held.head.sequence, held.id));
    all
}

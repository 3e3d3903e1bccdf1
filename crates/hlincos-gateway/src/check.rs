//! Reading everything back from every site.

use std::collections::{BTreeSet, HashSet};

use axum::body::Bytes;
use hlincos_proto::check::CheckTally;
use hlincos_proto::gateway::{CheckLine, CheckReport, Progress, SiteReport};
use hlincos_proto::restore::{Asking, restore, settle};
use hlincos_proto::roster::Roster;
use hlincos_proto::site::Site;
use hlincos_proto::survey::{Held, TooFewSites, survey};
use hlincos_proto::waiting::Waiting;
use hlincos_record::identifier::{BundleId, Subject};
use tokio::sync::mpsc;

use crate::directory::{DirectoryError, read_root, read_store};
use crate::reading::{Promises, SUBJECTS_AT_ONCE, Tally, cut};

/// Why a check stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    TooFew(#[from] TooFewSites),
    #[error("the caller went away")]
    Gone,
}

/// Checks every bundle of every store at every site.
pub(crate) async fn check<S: Site>(
    roster: &Roster<S>,
    out: &mpsc::Sender<Bytes>,
) -> Result<CheckReport, CheckError> {
    let root = read_root(roster).await?;
    let labels = &root.labels;
    let mut patients: BTreeSet<Subject> = BTreeSet::new();
    let mut folders = vec![Subject::Root];
    let mut promises = Promises {
        finished: u64::MAX,
        ..Promises::default()
    };
    let mut lost_pages: Vec<BundleId> = root.lost.ids.clone();
    for label in labels {
        let Ok(store) = Subject::store(label) else {
            continue;
        };
        let directory = read_store(roster, &store).await?;
        promises.add(&directory);
        lost_pages.extend(&directory.lost.ids);
        patients.extend(directory.members);
        folders.push(store);
    }
    let mut report = CheckReport {
        stores: labels.len() as u64,
        patients: patients
            .iter()
            .filter(|subject| is_patient(subject))
            .count() as u64,
        ..CheckReport::default()
    };
    folders.extend(patients);

    let mut sites = CheckTally::default();
    let mut losses = Tally::default();
    let mut seen: HashSet<BundleId> = HashSet::new();
    let mut done = 0_u64;
    for group in folders.chunks(SUBJECTS_AT_ONCE) {
        let survey = survey(roster, group, Waiting::ForAll).await?;
        let mut items: Vec<(Subject, Held)> = Vec::new();
        for (subject, mut held) in group.iter().zip(survey.subjects) {
            let named = settle(roster, subject, &mut held).await;
            for site in named.culprits {
                sites.sites.entry(site).or_default().wrong += 1;
            }
            for site in named.suspects {
                sites.sites.entry(site).or_default().suspect += 1;
            }
            items.extend(held.into_iter().map(|held| (subject.clone(), held)));
        }
        for batch in cut(&items) {
            let results = restore(roster, batch, Asking::All).await;
            for ((subject, held), restored) in batch.iter().zip(&results) {
                seen.insert(held.id);
                if restored.wants_answers() {
                    let silent = restored.silent.iter().copied();
                    return Err(TooFewSites::while_fetching(roster, silent).into());
                }
                let listed = promises.listed.contains(&held.id);
                let directory = matches!(subject, Subject::Root | Subject::Store { .. });
                if restored.bundle.is_err() {
                    // These pages of the directory were counted when it was read.
                    let counted = directory && held.holders.len() >= roster.k();
                    if !counted {
                        losses.add_unrestorable(held);
                    }
                    let given_up = promises.given_up.contains(&held.id);
                    if (listed || counted) && !given_up {
                        sites.add(restored);
                    }
                } else if !listed && !directory && held.head.generation.0 <= promises.finished {
                    report.leftovers += 1;
                } else {
                    sites.add(restored);
                }
            }
        }
        done += group.len() as u64;
        let progress = Progress {
            subjects: done,
            subjects_total: folders.len() as u64,
            bundles: sites.whole + sites.degraded,
        };
        out.send(line(&CheckLine::Progress(progress)))
            .await
            .map_err(|_| CheckError::Gone)?;
    }
    let hidden = promises
        .listed
        .iter()
        .filter(|id| !seen.contains(id) && !promises.given_up.contains(id))
        .count() as u64;
    report.given_up = promises.given_up.len() as u64;
    losses.settle(&promises);
    report.whole = sites.whole;
    report.degraded = sites.degraded;
    lost_pages.retain(|id| !promises.given_up.contains(id));
    report.lost = losses.lost + hidden + lost_pages.len() as u64;
    report.uncertain = losses.uncertain;
    report.leftovers += losses.leftovers;
    report.sites = sites
        .sites
        .iter()
        .map(|(site, tally)| SiteReport {
            site: roster.members()[*site].name.clone(),
            absent: tally.absent,
            rotten: tally.rotten,
            wrong: tally.wrong,
            suspect: tally.suspect,
            silent: tally.silent,
        })
        .collect();
    Ok(report)
}

/// Not the subject of files that belong to nobody.
fn is_patient(subject: &Subject) -> bool {
    matches!(subject, Subject::Patient { patient, .. } if !patient.is_empty())
}

/// A line of the check's stream.
pub(crate) fn line(line: &CheckLine) -> Bytes {
    let mut text = serde_json::to_vec(line).expect("plain structs are JSON");
    text.push(b'\n');
    Bytes::from(text)
}

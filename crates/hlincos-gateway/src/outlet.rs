//! What goes out: restores, queries and checks, as streams.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use hlincos_net::Peer;
use hlincos_pki::Role;
use hlincos_proto::gateway::{CheckLine, Frame, PatientRequest, RestoreRequest, RestoreSummary};
use hlincos_proto::restore::Asking;
use hlincos_proto::roster::Roster;
use hlincos_record::bundle::Class;
use hlincos_record::identifier::{BundleId, Subject};
use tokio::sync::mpsc;

use crate::check;
use crate::directory::{DirectoryError, all_promises, read_root, read_store};
use crate::reading::{GRACE, Promises, ReadingError, Wanted, link_words, read_subjects};
use crate::server::{Gateway, Refusal, allow, directory_refusal, refuse_several, store_subject};
use crate::site_client::HttpSite;
use crate::ways;

/// Frames waiting for a slow caller.
const FRAMES_WAITING: usize = 16;

pub(crate) async fn restore(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<RestoreRequest>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Agent], "restore")?;
    gateway.allow_store(&peer, &request.store)?;
    let store = store_subject(&request.store)?;
    let directory = read_store(&gateway.roster, &store)
        .await
        .map_err(|error| directory_refusal(&error))?;
    if directory.members.is_empty() && directory.runs.is_empty() {
        let root = read_root(&gateway.roster)
            .await
            .map_err(|e| directory_refusal(&e))?;
        let known: Vec<String> = root.labels.into_iter().collect();
        let text = format!(
            "no store called {:?} was ever backed up here; known: {}",
            request.store,
            if known.is_empty() {
                "none".into()
            } else {
                known.join(", ")
            }
        );
        return Err((StatusCode::NOT_FOUND, text));
    }
    if let Some(wanted) = request.generation
        && !directory.runs.contains_key(&wanted)
    {
        let text = format!(
            "generation {wanted} of {:?} is not a finished run; the last one is {}",
            request.store,
            directory.finished()
        );
        return Err((StatusCode::NOT_FOUND, text));
    }
    let whole = request.patient.is_none();
    let subjects: Vec<Subject> = match &request.patient {
        Some(patient) => {
            let meant = gateway.subjects(patient).await?;
            meant
                .into_iter()
                .filter(|subject| directory.members.contains(subject))
                .collect()
        }
        None => directory.members.iter().cloned().collect(),
    };
    if subjects.is_empty() && !whole {
        return Err((
            StatusCode::NOT_FOUND,
            "the store has no such patient".into(),
        ));
    }
    if !whole {
        refuse_several(&subjects)?;
    }
    let mut promises = Promises {
        listed: directory.listed(request.generation),
        given_up: directory.given_up(request.generation),
        elsewhere: HashSet::new(),
        finished: directory.finished(),
        unknown: directory.lost.runs.clone(),
    };
    Ok(stream_reading(move |out| async move {
        let wanted = Wanted {
            label: Some(&request.store),
            up_to: request.generation,
            classes: &[Class::Messages, Class::Documents],
            asking: Asking::Enough,
        };
        let mut tally = read_subjects(&gateway.roster, &subjects, &wanted, &out).await?;
        if tally.has_unlisted(&promises) {
            promises.elsewhere = listed_elsewhere(&gateway.roster, &request.store).await?;
        }
        let mut lost = tally.settle(&promises);
        let pages = directory.lost.ids.iter().copied();
        lost.extend(pages.filter(|id| !promises.given_up.contains(id)));
        if whole {
            // A listed bundle that no site shows any more is lost too.
            let hidden = |id: &&BundleId| {
                let shown = tally.seen.contains(*id)
                    || directory.pages.contains(*id)
                    || directory.lost.ids.contains(*id);
                !shown && !promises.given_up.contains(*id)
            };
            lost.extend(promises.listed.iter().filter(hidden));
        }
        tally.lost = lost.len() as u64;
        if request.losses {
            lost.extend(read_root(&gateway.roster).await?.lost.ids);
            for ids in lost.chunks(Frame::LOST_MAX) {
                let frame = Frame::Lost(ids.to_vec()).to_bytes();
                out.send(frame).await.map_err(|_| ReadingError::Gone)?;
            }
        }
        Ok(tally.summary(&gateway.roster, subjects.len() as u64))
    }))
}

pub(crate) async fn query(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<PatientRequest>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Clinician], "query a patient")?;
    one_patient(gateway, &peer, request, Class::Messages).await
}

pub(crate) async fn documents(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
    Json(request): Json<PatientRequest>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Clinician], "see a patient's documents")?;
    one_patient(gateway, &peer, request, Class::Documents).await
}

/// One patient's bundles of a class, from all sites at once.
async fn one_patient(
    gateway: Arc<Gateway>,
    peer: &Peer,
    request: PatientRequest,
    class: Class,
) -> Result<Body, Refusal> {
    let weakest = ways::weakest(&gateway.links, hlincos_channel::Class::Emergency);
    let purpose = request.purpose.clone();
    let reader = gateway
        .access
        .admit(peer, class, purpose, link_words(weakest))?;
    let subjects = gateway.subjects(&request).await?;
    let mut subjects = gateway.with_records(subjects).await?;
    refuse_several(&subjects)?;
    gateway.access.note(&reader, &subjects).await?;
    Ok(stream_reading(move |out| async move {
        let wanted = Wanted {
            label: None,
            up_to: None,
            classes: &[class],
            asking: Asking::AllWithin(GRACE),
        };
        let mut tally = read_subjects(&gateway.emergency, &subjects, &wanted, &out).await?;
        // A catalogue that knows too few facilities is read anew before nothing is said to be there.
        if request.facility.is_none() && tally.seen.is_empty() {
            let asked: HashSet<Subject> = subjects.into_iter().collect();
            let refused = |(_, text)| ReadingError::Catalogue(text);
            subjects = gateway.subjects_anew(&request).await.map_err(refused)?;
            subjects.retain(|subject| !asked.contains(subject));
            subjects = gateway.with_records(subjects).await.map_err(refused)?;
            refuse_several(&subjects).map_err(refused)?;
            let noted = gateway.access.note(&reader, &subjects).await;
            noted.map_err(refused)?;
            tally = read_subjects(&gateway.emergency, &subjects, &wanted, &out).await?;
        }
        let mut promises = Promises::default();
        if tally.has_unlisted(&promises) {
            // Lost, left behind or given up: the runs tell. It takes time, so only now.
            promises = all_promises(&gateway.roster).await?;
        }
        tally.settle(&promises);
        Ok(tally.summary(&gateway.emergency, subjects.len() as u64))
    }))
}

/// Bundles that finished runs of all other stores list.
async fn listed_elsewhere(
    roster: &Roster<HttpSite>,
    store: &str,
) -> Result<HashSet<BundleId>, DirectoryError> {
    let mut listed = HashSet::new();
    for label in read_root(roster).await?.labels {
        if label != store
            && let Ok(subject) = Subject::store(&label)
        {
            listed.extend(read_store(roster, &subject).await?.listed(None));
        }
    }
    Ok(listed)
}

/// Runs a reading and streams its frames, the last of them its account or its failure.
fn stream_reading<F, R>(reading: F) -> Body
where
    F: FnOnce(mpsc::Sender<Bytes>) -> R + Send + 'static,
    R: Future<Output = Result<RestoreSummary, ReadingError>> + Send + 'static,
{
    let (out, frames) = mpsc::channel(FRAMES_WAITING);
    tokio::spawn(async move {
        let last = match reading(out.clone()).await {
            Ok(summary) => Frame::End(Box::new(summary)),
            Err(error) => Frame::Failed(error.to_string()),
        };
        // A caller that went away hears nothing.
        let _ = out.send(last.to_bytes()).await;
    });
    body(frames)
}

fn body(frames: mpsc::Receiver<Bytes>) -> Body {
    let stream = futures_util::stream::unfold(frames, |mut frames| async {
        let frame = frames.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(frame), frames))
    });
    Body::from_stream(stream)
}

pub(crate) async fn check_all(
    State(gateway): State<Arc<Gateway>>,
    Extension(peer): Extension<Peer>,
) -> Result<Body, Refusal> {
    allow(&peer, &[Role::Operator, Role::Agent], "check")?;
    let (out, lines) = mpsc::channel(FRAMES_WAITING);
    tokio::spawn(async move {
        let last = match check::check(&gateway.roster, &out).await {
            Ok(report) => CheckLine::Report(report),
            Err(error) => CheckLine::Failed(error.to_string()),
        };
        let _ = out.send(check::line(&last)).await;
    });
    Ok(body(lines))
}

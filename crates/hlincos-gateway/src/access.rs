//! Who may read what: healthcare roles from verified certificates, and a log of every reading.
//!
//! Nothing that a certificate says is believed before its whole chain is verified again, for this
//! request and this time: revocation and expiry count on connections that were made before them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use hlincos_net::Peer;
use hlincos_pki::{
    Certificate, ChainError, Crl, HcRole, UnknownRole, Usage, VerifiedIdentity, Verifier,
    VerifierError,
};
use hlincos_record::bundle::Class;
use hlincos_record::handle::{DirectoryKey, Handle, SiteKeys};
use hlincos_record::identifier::Subject;
use serde::{Deserialize, Serialize};

use crate::server::Refusal;

/// The log's place in the data folder.
const LOG: &str = "readings.jsonl";
/// Handles in the log are those of a site of this name: no site has it, for its space.
const LOG_SITE: &str = "gateway log";
/// Characters of a purpose.
const PURPOSE_BYTES_MAX: usize = 200;

/// `[access]` in gateway.toml.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// The healthcare roles that may read messages, by their English or Japanese names.
    pub messages: Vec<String>,
    /// The same for images and documents.
    pub documents: Vec<String>,
    /// The authority's revocation lists, PEM; when it is set, a missing or old list lets nobody in.
    pub crls: Option<PathBuf>,
}

impl Default for AccessConfig {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            messages: names(&[
                "Medical Doctor",
                "Dentist",
                "Pharmacist",
                "General Nurse",
                "Public Health Nurse",
                "Midwife",
                "Emergency Medical Technician",
            ]),
            documents: names(&["Medical Doctor", "Dentist"]),
            crls: None,
        }
    }
}

/// Why the gateway cannot tell who may read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// A role of the configuration is none.
    #[error("[access] in gateway.toml: {0}")]
    Role(#[from] UnknownRole),
    /// The root cannot be used.
    #[error(transparent)]
    Root(#[from] VerifierError),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// A certificate or revocation list is none.
    #[error("{0} is no {1} in PEM; take it from the authority's folder")]
    Malformed(PathBuf, &'static str),
}

/// The policy, what it believes, and the log.
pub(crate) struct Access {
    messages: Vec<HcRole>,
    documents: Vec<HcRole>,
    root: Certificate,
    crls: Option<PathBuf>,
    verifier: Mutex<Option<(SystemTime, Arc<Verifier>)>>,
    handles: SiteKeys,
    log: Arc<Mutex<File>>,
}

/// Somebody who may read, and why.
#[derive(Clone)]
pub(crate) struct Reader {
    who: VerifiedIdentity,
    role: HcRole,
    class: Class,
    purpose: Option<String>,
    grade: &'static str,
}

/// A line of the log: no patient's identifier, the handle only.
#[derive(Serialize)]
struct Line<'a> {
    at: u64,
    who: String,
    serial: &'a str,
    role: String,
    class: &'static str,
    handle: Option<String>,
    purpose: Option<&'a str>,
    grade: &'a str,
}

impl Access {
    /// Opens the log and checks the policy.
    pub(crate) fn open(
        config: &AccessConfig,
        root: &Path,
        data: &Path,
        key: &DirectoryKey,
    ) -> Result<Self, AccessError> {
        let roles = |names: &[String]| -> Result<Vec<HcRole>, UnknownRole> {
            names.iter().map(|name| name.parse()).collect()
        };
        let file = |path: &Path| {
            let path = path.to_owned();
            move |error| AccessError::File(path, error)
        };
        let pem = fs::read_to_string(root).map_err(file(root))?;
        let malformed = |_| AccessError::Malformed(root.to_owned(), "certificate");
        let path = data.join(LOG);
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(file(&path))?;
        let access = Self {
            messages: roles(&config.messages)?,
            documents: roles(&config.documents)?,
            root: Certificate::from_pem(&pem).map_err(malformed)?,
            crls: config.crls.clone(),
            verifier: Mutex::new(None),
            handles: SiteKeys::derive(key, LOG_SITE),
            log: Arc::new(Mutex::new(log)),
        };
        access.verifier()?;
        Ok(access)
    }

    /// Lets a caller read a class of data if its certificate, verified now, carries a role for it.
    pub(crate) fn admit(
        &self,
        peer: &Peer,
        class: Class,
        purpose: Option<String>,
        grade: &'static str,
    ) -> Result<Reader, Refusal> {
        if purpose.as_ref().is_some_and(|text| !is_purpose(text)) {
            let text = format!("a purpose is up to {PURPOSE_BYTES_MAX} bytes on one line");
            return Err((StatusCode::BAD_REQUEST, text));
        }
        let Peer(shown) = peer;
        let forbidden = |error: ChainError| {
            tracing::warn!(who = %shown.dns_name(), %error, "a reading was refused");
            let text = format!("this certificate may not read {}: {error}", word(class));
            (StatusCode::FORBIDDEN, text)
        };
        let verifier = self.verifier().map_err(|error| {
            tracing::error!(%error, "nobody may read");
            forbidden(ChainError::RevocationUnknown)
        })?;
        let needed = self.needed(class);
        let who = verifier
            .readmit(shown, Usage::Client, needed, since_1970())
            .map_err(forbidden)?;
        let role = who.roles().iter().find(|role| needed.contains(role));
        Ok(Reader {
            role: *role.expect("the verifier found one"),
            who,
            class,
            purpose,
            grade,
        })
    }

    /// Writes a reading down; it is durable when this returns, and only then may the answer leave.
    pub(crate) async fn note(&self, reader: &Reader, subjects: &[Subject]) -> Result<(), Refusal> {
        let handle = |subject| Some(hex(&self.handles.handle(subject)));
        let mut handles: Vec<Option<String>> = subjects.iter().map(handle).collect();
        if handles.is_empty() {
            handles.push(None);
        }
        let lines: String = handles
            .into_iter()
            .map(|handle| reader.line(handle) + "\n")
            .collect();
        let log = self.log.clone();
        let write = move || {
            // Another thread's panic leaves whole lines: each is one write.
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.write_all(lines.as_bytes())?;
            log.sync_data()
        };
        let written = tokio::task::spawn_blocking(write).await;
        written
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| {
                tracing::error!(%error, "the log of readings cannot be written");
                let text = "the gateway cannot write its log of readings, so nothing is read; \
                            an operator must see to its disk";
                (StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
            })
    }

    fn needed(&self, class: Class) -> &[HcRole] {
        match class {
            Class::Documents => &self.documents,
            _ => &self.messages,
        }
    }

    /// The verifier with the revocation lists as they lie on disk now.
    fn verifier(&self) -> Result<Arc<Verifier>, AccessError> {
        let changed = match &self.crls {
            None => SystemTime::UNIX_EPOCH,
            Some(path) => fs::metadata(path)
                .and_then(|meta| meta.modified())
                .map_err(|error| AccessError::File(path.clone(), error))?,
        };
        let mut cached = self.verifier.lock().unwrap_or_else(PoisonError::into_inner);
        match &*cached {
            Some((of, verifier)) if *of == changed => Ok(verifier.clone()),
            _ => {
                let verifier = Arc::new(self.read_verifier()?);
                *cached = Some((changed, verifier.clone()));
                Ok(verifier)
            }
        }
    }

    fn read_verifier(&self) -> Result<Verifier, AccessError> {
        let root = self.root.to_der().expect("it was read as a certificate");
        let verifier = Verifier::new(&[root.into()])?;
        let Some(path) = &self.crls else {
            return Ok(verifier);
        };
        let pem =
            fs::read_to_string(path).map_err(|error| AccessError::File(path.clone(), error))?;
        let malformed = |_| AccessError::Malformed(path.clone(), "revocation list");
        let crls = Crl::all_from_pem(&pem).map_err(malformed)?;
        let ders: Result<Vec<_>, _> = crls.iter().map(Crl::to_der).collect();
        Ok(verifier.with_crls(&ders.map_err(malformed)?)?)
    }
}

impl Reader {
    fn line(&self, handle: Option<String>) -> String {
        let line = Line {
            at: since_1970().as_secs(),
            who: self.who.identity().dns_name(),
            serial: self.who.serial(),
            role: self.role.to_string(),
            class: word(self.class),
            handle,
            purpose: self.purpose.as_deref(),
            grade: self.grade,
        };
        serde_json::to_string(&line).expect("a plain struct")
    }
}

const fn word(class: Class) -> &'static str {
    match class {
        Class::Documents => "documents",
        _ => "messages",
    }
}

fn is_purpose(text: &str) -> bool {
    !text.is_empty() && text.len() <= PURPOSE_BYTES_MAX && !text.chars().any(char::is_control)
}

fn hex(handle: &Handle) -> String {
    handle.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

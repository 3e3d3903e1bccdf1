//! What a shareholder does for its callers.

use std::future::Future;

use hlincos_record::handle::{Handle, ObjectName};
use hlincos_record::share_object::HEAD_BYTES;

/// Where a share object lies at one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The subject's folder.
    pub folder: Handle,
    /// The bundle's name there.
    pub name: ObjectName,
}

/// A share object on its way to a site.
#[derive(Clone)]
pub struct PutObject {
    /// Where it shall lie.
    pub key: ObjectKey,
    /// Head and share (`hlincos_record::share_object::encode`).
    pub bytes: Vec<u8>,
}

/// What became of an object that was put; each is durable when the answer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is stored now.
    Stored,
    /// The same bytes were there already.
    AlreadyStored,
    /// Other bytes are there: objects are put once.
    Conflict,
}

/// A name and head in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedHead {
    /// The bundle's name at this site.
    pub name: ObjectName,
    /// The first 64 bytes of the object, unchecked.
    pub head: [u8; HEAD_BYTES],
}

/// One page of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HeadsPage {
    /// In the order of names.
    pub heads: Vec<ListedHead>,
    /// The folder goes on after the last of them.
    pub more: bool,
}

/// A site's answer for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GetOutcome {
    /// The object as stored.
    Present(Vec<u8>),
    /// The site has no such object.
    Absent,
    /// The site has it, but its checksum does not match any more.
    Rotten,
    /// The answer had reached its limit: ask again.
    LeftOut,
}

/// A shareholder, over whatever carries the bytes.
///
/// Contract: an outcome of `put` is durable when it is returned. Every call may be repeated: the
/// second `put` of the same bytes says [`PutOutcome::AlreadyStored`]. A site may lie in what it
/// returns; callers verify.
pub trait Site: Send + Sync {
    /// Stores objects, all durable on return; one outcome per object.
    fn put(
        &self,
        objects: &[PutObject],
    ) -> impl Future<Output = Result<Vec<PutOutcome>, SiteError>> + Send;

    /// Lists folders, each from after a name; one page per folder.
    fn heads(
        &self,
        folders: &[(Handle, Option<ObjectName>)],
    ) -> impl Future<Output = Result<Vec<HeadsPage>, SiteError>> + Send;

    /// Fetches objects; one outcome per key.
    fn get(
        &self,
        keys: &[ObjectKey],
    ) -> impl Future<Output = Result<Vec<GetOutcome>, SiteError>> + Send;

    /// Deletes objects; tells per key whether it was there.
    fn delete(
        &self,
        keys: &[ObjectKey],
    ) -> impl Future<Output = Result<Vec<bool>, SiteError>> + Send;
}

/// Why a site did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// Nothing answered; worth another try.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// It had not answered when enough others had.
    #[error("did not answer in time")]
    Late,
    /// It does not let us in; certificates or roles must be mended.
    #[error("refused: {0}")]
    Refused(String),
    /// Its disk is full; free space there, then run the command again.
    #[error("its disk is full: free space at the site, then run the same command again")]
    Full,
    /// It answered something that is no answer; the site is at fault.
    #[error("gave a malformed answer: {0}")]
    Malformed(String),
    /// It reported a failure of its own.
    #[error("failed: {0}")]
    Failed(String),
}

impl SiteError {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Late)
    }
}

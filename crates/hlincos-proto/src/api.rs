//! The shareholder's HTTP interface as bytes; `spec/shareholder-api.md` is the page.

use hlincos_record::handle::{Handle, ObjectName};
use hlincos_record::limits::SHARE_OBJECT_BYTES_MAX;
use hlincos_record::share_object::{HEAD_BYTES, LINK_AT, LinkGrade};

use crate::site::{GetOutcome, HeadsPage, ListedHead, ObjectKey, PutObject, PutOutcome};

/// Route of [`crate::site::Site::put`].
pub const PUT: &str = "/v1/put";
/// Route of [`crate::site::Site::heads`].
pub const HEADS: &str = "/v1/heads";
/// Route of [`crate::site::Site::get`].
pub const GET: &str = "/v1/get";
/// Route of [`crate::site::Site::delete`].
pub const DELETE: &str = "/v1/delete";
/// Route of the site's status, JSON.
pub const STATUS: &str = "/v1/status";

/// Body of one request.
pub const REQUEST_BYTES_MAX: usize = 32 << 20;
/// Body of one answer.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Objects, keys or folders of one request.
pub const ITEMS_MAX: usize = 4_096;
/// Heads of one answer, over all its folders.
pub const HEADS_MAX: usize = 131_072;

/// Heads of each folder in the answer to a request for `folders` of them: never none, so that
/// every page brings the caller on.
#[must_use]
pub const fn page_heads_max(folders: usize) -> usize {
    let even = HEADS_MAX / if folders == 0 { 1 } else { folders };
    if even == 0 { 1 } else { even }
}

const KEY_BYTES: usize = 48;

/// The bytes are no request or answer of this interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is malformed: {0}")]
pub struct ApiError(&'static str);

const SHORT: ApiError = ApiError("it ends too early");
const LONG: ApiError = ApiError("it goes on after its end");
const MANY: ApiError = ApiError("it has more items than allowed");

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ApiError> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(SHORT)?;
        self.0 = tail;
        Ok(*head)
    }

    fn len(&mut self) -> Result<usize, ApiError> {
        self.array().map(|bytes| u32::from_be_bytes(bytes) as usize)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], ApiError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(SHORT)?;
        self.0 = tail;
        Ok(head)
    }

    fn key(&mut self) -> Result<ObjectKey, ApiError> {
        Ok(ObjectKey {
            folder: Handle(self.array()?),
            name: ObjectName(self.array()?),
        })
    }

    fn end(&self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(LONG) }
    }
}

fn write_len(out: &mut Vec<u8>, len: usize) {
    let len = u32::try_from(len).expect("lengths here are bounded far below 4 GiB");
    out.extend_from_slice(&len.to_be_bytes());
}

fn write_key(out: &mut Vec<u8>, key: &ObjectKey) {
    out.extend_from_slice(&key.folder.0);
    out.extend_from_slice(&key.name.0);
}

/// Bytes that an object takes in a put request.
#[must_use]
pub const fn put_bytes(object_len: usize) -> usize {
    KEY_BYTES + 4 + object_len
}

/// Writes a put request.
#[must_use]
pub fn write_put(objects: &[PutObject]) -> Vec<u8> {
    let total = objects
        .iter()
        .map(|object| put_bytes(object.bytes.len()))
        .sum();
    let mut out = Vec::with_capacity(total);
    for object in objects {
        write_key(&mut out, &object.key);
        write_len(&mut out, object.bytes.len());
        out.extend_from_slice(&object.bytes);
    }
    out
}

/// Writes a put request that goes over a link of this grade, and says so in each object's head.
///
/// # Panics
/// When an object is shorter than its head: a bug of the caller.
#[must_use]
pub fn write_put_over(objects: &[PutObject], link: LinkGrade) -> Vec<u8> {
    let mut out = write_put(objects);
    let mut begin = 0;
    for object in objects {
        out[begin + KEY_BYTES + 4 + LINK_AT] = link as u8;
        begin += put_bytes(object.bytes.len());
    }
    out
}

/// Reads a put request.
///
/// # Errors
/// [`ApiError`]; answered with 400.
pub fn read_put(body: &[u8]) -> Result<Vec<PutObject>, ApiError> {
    let mut reader = Reader(body);
    let mut objects = Vec::new();
    while !reader.0.is_empty() {
        if objects.len() == ITEMS_MAX {
            return Err(MANY);
        }
        let key = reader.key()?;
        let len = reader.len()?;
        if !(HEAD_BYTES..=SHARE_OBJECT_BYTES_MAX).contains(&len) {
            return Err(ApiError(
                "an object is shorter than its head or longer than allowed",
            ));
        }
        objects.push(PutObject {
            key,
            bytes: reader.take(len)?.to_vec(),
        });
    }
    Ok(objects)
}

/// Writes the answer to a put request: one byte per object.
#[must_use]
pub fn write_put_answer(outcomes: &[PutOutcome]) -> Vec<u8> {
    let code = |outcome: &PutOutcome| match outcome {
        PutOutcome::Stored => 1,
        PutOutcome::AlreadyStored => 2,
        PutOutcome::Conflict => 3,
    };
    outcomes.iter().map(code).collect()
}

/// Reads the answer to a put request of `count` objects.
///
/// # Errors
/// [`ApiError`]; the site is at fault.
pub fn read_put_answer(body: &[u8], count: usize) -> Result<Vec<PutOutcome>, ApiError> {
    if body.len() != count {
        return Err(ApiError(
            "it has another number of outcomes than objects were sent",
        ));
    }
    let outcome = |code: &u8| match code {
        1 => Ok(PutOutcome::Stored),
        2 => Ok(PutOutcome::AlreadyStored),
        3 => Ok(PutOutcome::Conflict),
        _ => Err(ApiError("an outcome is unknown")),
    };
    body.iter().map(outcome).collect()
}

/// Writes a list of keys: the request of get and delete.
#[must_use]
pub fn write_keys(keys: &[ObjectKey]) -> Vec<u8> {
    let mut out = Vec::with_capacity(keys.len() * KEY_BYTES);
    keys.iter().for_each(|key| write_key(&mut out, key));
    out
}

/// Reads a list of keys.
///
/// # Errors
/// [`ApiError`]; answered with 400.
pub fn read_keys(body: &[u8]) -> Result<Vec<ObjectKey>, ApiError> {
    if body.len() > ITEMS_MAX * KEY_BYTES {
        return Err(MANY);
    }
    let mut reader = Reader(body);
    let mut keys = Vec::new();
    while !reader.0.is_empty() {
        keys.push(reader.key()?);
    }
    Ok(keys)
}

/// Writes the answer to a get request.
#[must_use]
pub fn write_get_answer(outcomes: &[GetOutcome]) -> Vec<u8> {
    let mut out = Vec::new();
    for outcome in outcomes {
        match outcome {
            GetOutcome::Present(bytes) => {
                out.push(1);
                write_len(&mut out, bytes.len());
                out.extend_from_slice(bytes);
            }
            GetOutcome::Absent => out.push(2),
            GetOutcome::Rotten => out.push(3),
            GetOutcome::LeftOut => out.push(4),
        }
    }
    out
}

/// Reads the answer to a get request of `count` keys.
///
/// # Errors
/// [`ApiError`]; the site is at fault.
pub fn read_get_answer(body: &[u8], count: usize) -> Result<Vec<GetOutcome>, ApiError> {
    let mut reader = Reader(body);
    let mut outcomes = Vec::new();
    for _ in 0..count {
        let [code] = reader.array()?;
        outcomes.push(match code {
            1 => {
                let len = reader.len()?;
                if len > SHARE_OBJECT_BYTES_MAX {
                    return Err(ApiError("an object is longer than allowed"));
                }
                GetOutcome::Present(reader.take(len)?.to_vec())
            }
            2 => GetOutcome::Absent,
            3 => GetOutcome::Rotten,
            4 => GetOutcome::LeftOut,
            _ => return Err(ApiError("an outcome is unknown")),
        });
    }
    reader.end()?;
    Ok(outcomes)
}

/// Writes a heads request; no name stands for the folder's beginning.
#[must_use]
pub fn write_heads(folders: &[(Handle, Option<ObjectName>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(folders.len() * (KEY_BYTES + 1));
    for (folder, after) in folders {
        out.extend_from_slice(&folder.0);
        out.push(u8::from(after.is_some()));
        out.extend_from_slice(&after.map_or([0; 16], |name| name.0));
    }
    out
}

/// Reads a heads request.
///
/// # Errors
/// [`ApiError`]; answered with 400.
pub fn read_heads(body: &[u8]) -> Result<Vec<(Handle, Option<ObjectName>)>, ApiError> {
    if body.len() > ITEMS_MAX * (KEY_BYTES + 1) {
        return Err(MANY);
    }
    let mut reader = Reader(body);
    let mut folders = Vec::new();
    while !reader.0.is_empty() {
        let folder = Handle(reader.array()?);
        let [some] = reader.array()?;
        let name = ObjectName(reader.array()?);
        folders.push(match some {
            0 if name.0 == [0; 16] => (folder, None),
            1 => (folder, Some(name)),
            _ => return Err(ApiError("a folder's start is malformed")),
        });
    }
    Ok(folders)
}

/// Writes the answer to a heads request.
#[must_use]
pub fn write_heads_answer(pages: &[HeadsPage]) -> Vec<u8> {
    let mut out = Vec::new();
    for page in pages {
        write_len(&mut out, page.heads.len());
        out.push(u8::from(page.more));
        for listed in &page.heads {
            out.extend_from_slice(&listed.name.0);
            out.extend_from_slice(&listed.head);
        }
    }
    out
}

/// Reads the answer to a heads request of `count` folders.
///
/// # Errors
/// [`ApiError`]; the site is at fault.
pub fn read_heads_answer(body: &[u8], count: usize) -> Result<Vec<HeadsPage>, ApiError> {
    let mut reader = Reader(body);
    let mut pages = Vec::new();
    let mut total = 0;
    for _ in 0..count {
        let len = reader.len()?;
        total += len;
        if total > HEADS_MAX {
            return Err(MANY);
        }
        let more = match reader.array()? {
            [0] => false,
            [1] if len > 0 => true,
            [1] => return Err(ApiError("a page says that it goes on, but lists nothing")),
            _ => return Err(ApiError("a page's end is malformed")),
        };
        let mut heads = Vec::new();
        for _ in 0..len {
            heads.push(ListedHead {
                name: ObjectName(reader.array()?),
                head: reader.array()?,
            });
        }
        pages.push(HeadsPage { heads, more });
    }
    reader.end()?;
    Ok(pages)
}

/// Writes the answer to a delete request: one byte per key.
#[must_use]
pub fn write_delete_answer(found: &[bool]) -> Vec<u8> {
    found.iter().map(|found| u8::from(*found)).collect()
}

/// Reads the answer to a delete request of `count` keys.
///
/// # Errors
/// [`ApiError`]; the site is at fault.
pub fn read_delete_answer(body: &[u8], count: usize) -> Result<Vec<bool>, ApiError> {
    if body.len() != count || body.iter().any(|byte| *byte > 1) {
        return Err(ApiError(
            "it has another number of outcomes than keys were sent",
        ));
    }
    Ok(body.iter().map(|byte| *byte == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> ObjectKey {
        ObjectKey {
            folder: Handle([byte; 32]),
            name: ObjectName([byte; 16]),
        }
    }

    #[test]
    fn every_message_survives_the_round_trip() {
        let put = [PutObject {
            key: key(1),
            bytes: vec![5; 70],
        }];
        let read = read_put(&write_put(&put)).unwrap();
        assert_eq!((read[0].key, &read[0].bytes), (key(1), &put[0].bytes));
        let keys = [key(1), key(2)];
        assert_eq!(read_keys(&write_keys(&keys)).unwrap(), keys);
        let got = [
            GetOutcome::Present(vec![1; 99]),
            GetOutcome::Absent,
            GetOutcome::Rotten,
            GetOutcome::LeftOut,
        ];
        assert_eq!(read_get_answer(&write_get_answer(&got), 4).unwrap(), got);
        let folders = [
            (Handle([1; 32]), None),
            (Handle([2; 32]), Some(ObjectName([3; 16]))),
        ];
        assert_eq!(read_heads(&write_heads(&folders)).unwrap(), folders);
        let listed = ListedHead {
            name: ObjectName([4; 16]),
            head: [5; 64],
        };
        let pages = [
            HeadsPage {
                heads: vec![listed],
                more: true,
            },
            HeadsPage::default(),
        ];
        assert_eq!(
            read_heads_answer(&write_heads_answer(&pages), 2).unwrap(),
            pages
        );
        let outcomes = [
            PutOutcome::Stored,
            PutOutcome::AlreadyStored,
            PutOutcome::Conflict,
        ];
        assert_eq!(
            read_put_answer(&write_put_answer(&outcomes), 3).unwrap(),
            outcomes
        );
        assert_eq!(
            read_delete_answer(&write_delete_answer(&[true, false]), 2).unwrap(),
            [true, false]
        );
    }

    #[test]
    fn an_answer_for_another_number_of_items_is_refused() {
        assert!(read_put_answer(&[1], 2).is_err());
        assert!(read_get_answer(&write_get_answer(&[GetOutcome::Absent]), 2).is_err());
        assert!(read_get_answer(&write_get_answer(&[GetOutcome::Absent]), 0).is_err());
        assert!(read_delete_answer(&[2], 1).is_err());
    }

    proptest::proptest! {
        #[test]
        fn bytes_from_outside_never_panic(
            body in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
            count in 0_usize..5,
        ) {
            let _ = read_put(&body);
            let _ = read_keys(&body);
            let _ = read_heads(&body);
            let _ = read_put_answer(&body, count);
            let _ = read_get_answer(&body, count);
            let _ = read_heads_answer(&body, count);
            let _ = read_delete_answer(&body, count);
        }
    }
}

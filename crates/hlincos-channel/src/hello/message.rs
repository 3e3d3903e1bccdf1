//! The three messages of the hello, as bytes.

use crate::hybrid::OFFER_BYTES;
use crate::kdf::{MAC_BYTES, Secret, Transcript, mac, mac_is};
use crate::ledger::at;
use crate::manifest::{KEY_ID_BYTES_MAX, KeyId};
use crate::octets::Octets;
use crate::pool::{Held, Stream};
use crate::{Generation, Level, Link, LinkId, Source};

use super::HelloError;

/// Bytes of a nonce; the caller draws it for each hello.
pub const NONCE_BYTES: usize = 32;
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 48;
const VIEWS_BYTES: usize = 4 * 24;
/// A client hello at most.
pub const CLIENT_HELLO_BYTES_MAX: usize =
    HEAD_BYTES + 8 + VIEWS_BYTES + 8 + OFFER_BYTES + 1 + KEY_ID_BYTES_MAX + MAC_BYTES;
const SERVER_HELLO_BYTES_MAX: usize = HEAD_BYTES + 8 + VIEWS_BYTES + 8 + OFFER_BYTES + MAC_BYTES;
pub(crate) const FINISH_BYTES: usize = 8 + MAC_BYTES;

const CLIENT: [u8; 4] = *b"HLQC";
const SERVER: [u8; 4] = *b"HLQS";
const FINISH: [u8; 4] = *b"HLQF";

const PSK: u8 = 1;
const HYBRID: u8 = 2;
const QKD: u8 = 4;

/// What one end knows of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct View {
    /// The ledger's end: leased by the sender, claimed by the receiver.
    pub(crate) ledger_end: u64,
    pub(crate) held: Held,
}

/// What one end knows of the streams that it sends in, and of those that it receives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Views {
    pub(crate) sending: [View; 2],
    pub(crate) receiving: [View; 2],
}

impl Views {
    pub(crate) fn of(link: &Link) -> Self {
        let state = link.ledger.state();
        let (sends, receives) = (link.own(), link.identity().end.receives());
        let mut views = Self::default();
        for source in Source::ALL {
            let held = |direction| {
                link.stream(source, direction)
                    .map_or_else(Held::default, Stream::held)
            };
            views.sending[at(source)] = View {
                ledger_end: state.leased_end[at(source)],
                held: held(sends),
            };
            views.receiving[at(source)] = View {
                ledger_end: state.claimed_end[at(source)],
                held: held(receives),
            };
        }
        views
    }

    fn write(&self, out: &mut Vec<u8>) {
        for view in self.sending.iter().chain(&self.receiving) {
            for number in [view.ledger_end, view.held.from, view.held.end] {
                out.extend_from_slice(&number.to_be_bytes());
            }
        }
    }

    fn read(octets: &mut Octets<'_>) -> Result<Self, HelloError> {
        let mut view = || {
            let view = View {
                ledger_end: long(octets)?,
                held: Held {
                    from: long(octets)?,
                    end: long(octets)?,
                },
            };
            // Offsets have 63 bits, and a block has 256 bytes at least.
            let sound = view.held.from <= view.held.end
                && view.held.end <= NUMBER_MAX
                && view.ledger_end <= NUMBER_MAX;
            sound.then_some(view).ok_or(HelloError::Malformed)
        };
        Ok(Self {
            sending: [view()?, view()?],
            receiving: [view()?, view()?],
        })
    }
}

/// No stream has a block of a higher number.
pub(crate) const NUMBER_MAX: u64 = 1 << 43;

/// A block that a hello leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) source: Source,
    pub(crate) number: u64,
}

fn first_code(first: Option<First>) -> (u8, u64) {
    match first {
        None => (0, 0),
        Some(First { source, number }) => (1 + source as u8, number),
    }
}

fn first(code: u8, number: u64) -> Result<Option<First>, HelloError> {
    let source = match code {
        0 if number == 0 => return Ok(None),
        1 => Source::Couriered,
        2 => Source::Qkd,
        _ => return Err(HelloError::Malformed),
    };
    if number >= NUMBER_MAX {
        return Err(HelloError::Malformed);
    }
    Ok(Some(First { source, number }))
}

/// A client hello, read but not yet believed.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientHello {
    pub(crate) link: LinkId,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) generation: Generation,
    pub(crate) minimum: Level,
    pub(crate) first: Option<First>,
    pub(crate) views: Views,
    /// Epoch of the chain of the channels that the server serves; none without slices.
    pub(crate) epoch: Option<u64>,
    pub(crate) exchange: Option<Vec<u8>>,
    pub(crate) qkd: Option<KeyId>,
    bytes: Vec<u8>,
}

impl core::fmt::Debug for ClientHello {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ClientHello({:?})", self.link)
    }
}

impl ClientHello {
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    pub(crate) fn new(
        key: &Secret,
        link: LinkId,
        nonce: [u8; NONCE_BYTES],
        generation: Generation,
        minimum: Level,
        first: Option<First>,
        views: Views,
        epoch: Option<u64>,
        exchange: Option<Vec<u8>>,
        qkd: Option<KeyId>,
    ) -> Self {
        let mut hello = Self {
            link,
            nonce,
            generation,
            minimum,
            first,
            views,
            epoch,
            exchange,
            qkd,
            bytes: Vec::new(),
        };
        let mut bytes = hello.fields();
        bytes.extend_from_slice(&mac(key, &[b"client", &bytes]));
        hello.bytes = bytes;
        hello
    }

    fn fields(&self) -> Vec<u8> {
        let mut flags = 0;
        flags |= if self.epoch.is_some() { PSK } else { 0 };
        flags |= if self.exchange.is_some() { HYBRID } else { 0 };
        flags |= if self.qkd.is_some() { QKD } else { 0 };
        let (source, number) = first_code(self.first);
        let mut out = CLIENT.to_vec();
        out.extend_from_slice(&[VERSION, flags]);
        out.extend_from_slice(&self.link.to_bits().to_be_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.generation.0.to_be_bytes());
        out.extend_from_slice(&[self.minimum as u8, source, 0, 0]);
        out.extend_from_slice(&number.to_be_bytes());
        self.views.write(&mut out);
        out.extend_from_slice(&self.epoch.unwrap_or_default().to_be_bytes());
        out.extend_from_slice(self.exchange.as_deref().unwrap_or_default());
        if let Some(id) = &self.qkd {
            id.write(&mut out);
        }
        let len = u16::try_from(out.len() + MAC_BYTES).expect("CLIENT_HELLO_BYTES_MAX");
        out[46..48].copy_from_slice(&len.to_be_bytes());
        out
    }

    /// Reads a client hello from the beginning of what came; `None` until all of it is there.
    ///
    /// The link's number and class in it tell which link is meant; nothing in it is authentic
    /// before [`super::accept`].
    ///
    /// # Errors
    /// [`HelloError::Malformed`], [`HelloError::Link`].
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, HelloError> {
        let Some(len) = message_len(bytes, CLIENT, CLIENT_HELLO_BYTES_MAX)? else {
            return Ok(None);
        };
        let Some(message) = bytes.get(..len) else {
            return Ok(None);
        };
        let mut octets = Octets(&message[5..len - MAC_BYTES]);
        let flags = byte(&mut octets)?;
        let link = link_id(&mut octets)?;
        let nonce = octets.array().map_err(|_| HelloError::Malformed)?;
        let generation = Generation(word(&mut octets)?);
        let minimum = Level::from_code(byte(&mut octets)?).ok_or(HelloError::Malformed)?;
        let source = byte(&mut octets)?;
        octets.array::<2>().map_err(|_| HelloError::Malformed)?;
        let number = long(&mut octets)?;
        let views = Views::read(&mut octets)?;
        let epoch = long(&mut octets)?;
        if flags & !(PSK | HYBRID | QKD) != 0 || flags & PSK == 0 && epoch != 0 {
            return Err(HelloError::Malformed);
        }
        let hello = Self {
            link,
            nonce,
            generation,
            minimum,
            first: first(source, number)?,
            views,
            epoch: (flags & PSK != 0).then_some(epoch),
            exchange: exchange(&mut octets, flags)?,
            qkd: if flags & QKD == 0 {
                None
            } else {
                Some(KeyId::read(&mut octets).map_err(|_| HelloError::Malformed)?)
            },
            bytes: message.to_vec(),
        };
        if !octets.0.is_empty() {
            return Err(HelloError::Malformed);
        }
        Ok(Some((hello, len)))
    }

    /// The link, class and direction that it speaks of.
    #[must_use]
    pub const fn link(&self) -> LinkId {
        self.link
    }

    /// The lowest level that the other end puts up with.
    #[must_use]
    pub const fn minimum(&self) -> Level {
        self.minimum
    }

    /// The QKD key that the server is to collect before it accepts.
    #[must_use]
    pub const fn qkd_key_id(&self) -> Option<&KeyId> {
        self.qkd.as_ref()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_authentic(&self, key: &Secret) -> bool {
        let (fields, told) = self.bytes.split_at(self.bytes.len() - MAC_BYTES);
        mac_is(key, &[b"client", fields], told)
    }
}

/// A server hello.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerHello {
    pub(crate) link: LinkId,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) generation: Generation,
    pub(crate) minimum: Level,
    /// Whether the block that the client leased is granted.
    pub(crate) granted: bool,
    pub(crate) first: Option<First>,
    /// Before this hello changed anything.
    pub(crate) views: Views,
    /// Epoch of the chain of the channels that this server serves; none without suite 3.
    pub(crate) epoch: Option<u64>,
    pub(crate) exchange: Option<Vec<u8>>,
}

impl ServerHello {
    pub(crate) fn write(&self, key: &Secret, client: &[u8]) -> Vec<u8> {
        let mut flags = 0;
        flags |= if self.epoch.is_some() { PSK } else { 0 };
        flags |= if self.exchange.is_some() { HYBRID } else { 0 };
        let (source, number) = first_code(self.first);
        let mut out = SERVER.to_vec();
        out.extend_from_slice(&[VERSION, flags]);
        out.extend_from_slice(&self.link.to_bits().to_be_bytes());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.generation.0.to_be_bytes());
        out.extend_from_slice(&[
            self.minimum as u8,
            source | u8::from(self.granted) << 7,
            0,
            0,
        ]);
        out.extend_from_slice(&number.to_be_bytes());
        self.views.write(&mut out);
        out.extend_from_slice(&self.epoch.unwrap_or_default().to_be_bytes());
        out.extend_from_slice(self.exchange.as_deref().unwrap_or_default());
        let len = u16::try_from(out.len() + MAC_BYTES).expect("SERVER_HELLO_BYTES_MAX");
        out[46..48].copy_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&mac(key, &[b"server", client, &out]));
        out
    }

    /// Reads a server hello, and believes it if its MAC over both hellos is right.
    pub(crate) fn read(
        key: &Secret,
        client: &[u8],
        bytes: &[u8],
    ) -> Result<Option<(Self, usize)>, HelloError> {
        let Some(len) = message_len(bytes, SERVER, SERVER_HELLO_BYTES_MAX)? else {
            return Ok(None);
        };
        let Some(message) = bytes.get(..len) else {
            return Ok(None);
        };
        let (fields, told) = message.split_at(len - MAC_BYTES);
        if !mac_is(key, &[b"server", client, fields], told) {
            return Err(HelloError::Mac);
        }
        let mut octets = Octets(&fields[5..]);
        let flags = byte(&mut octets)?;
        let link = link_id(&mut octets)?;
        let nonce = octets.array().map_err(|_| HelloError::Malformed)?;
        let generation = Generation(word(&mut octets)?);
        let minimum = Level::from_code(byte(&mut octets)?).ok_or(HelloError::Malformed)?;
        let source = byte(&mut octets)?;
        octets.array::<2>().map_err(|_| HelloError::Malformed)?;
        let number = long(&mut octets)?;
        let views = Views::read(&mut octets)?;
        let epoch = long(&mut octets)?;
        if flags & !(PSK | HYBRID) != 0 || flags & PSK == 0 && epoch != 0 {
            return Err(HelloError::Malformed);
        }
        let hello = Self {
            link,
            nonce,
            generation,
            minimum,
            granted: source & 0x80 != 0,
            first: first(source & 0x7F, number)?,
            views,
            epoch: (flags & PSK != 0).then_some(epoch),
            exchange: exchange(&mut octets, flags)?,
        };
        if !octets.0.is_empty() {
            return Err(HelloError::Malformed);
        }
        Ok(Some((hello, len)))
    }
}

/// The client's proof that it has the server's nonce and has written its ledger; `granted` tells
/// whether it claimed the block that the server leased.
pub(crate) fn finish(key: &Secret, transcript: &Transcript, granted: bool) -> [u8; FINISH_BYTES] {
    let mut out = [0; FINISH_BYTES];
    out[..4].copy_from_slice(&FINISH);
    out[4] = VERSION;
    out[5] = u8::from(granted);
    let proof = mac(key, &[b"finish", &out[..8], &transcript.0]);
    out[8..].copy_from_slice(&proof);
    out
}

/// Whether this is the proof; gives `granted`.
pub(crate) fn read_finish(
    key: &Secret,
    transcript: &Transcript,
    bytes: &[u8; FINISH_BYTES],
) -> Result<bool, HelloError> {
    [false, true]
        .into_iter()
        .find(|granted| {
            let expected = finish(key, transcript, *granted);
            expected[..8] == bytes[..8]
                && mac_is(
                    key,
                    &[b"finish", &expected[..8], &transcript.0],
                    &bytes[8..],
                )
        })
        .ok_or(HelloError::Mac)
}

/// The length that a message tells, once its first 48 bytes are there.
fn message_len(bytes: &[u8], magic: [u8; 4], max: usize) -> Result<Option<usize>, HelloError> {
    let known = bytes.len().min(4);
    if bytes[..known] != magic[..known] || bytes.get(4).is_some_and(|it| *it != VERSION) {
        return Err(HelloError::Malformed);
    }
    let Some(len) = bytes.get(46..HEAD_BYTES) else {
        return Ok(None);
    };
    let len = usize::from(u16::from_be_bytes([len[0], len[1]]));
    if len <= HEAD_BYTES + MAC_BYTES || len > max {
        return Err(HelloError::Malformed);
    }
    Ok(Some(len))
}

fn exchange(octets: &mut Octets<'_>, flags: u8) -> Result<Option<Vec<u8>>, HelloError> {
    if flags & HYBRID == 0 {
        return Ok(None);
    }
    let bytes = octets
        .take(OFFER_BYTES)
        .map_err(|_| HelloError::Malformed)?;
    Ok(Some(bytes.to_vec()))
}

fn link_id(octets: &mut Octets<'_>) -> Result<LinkId, HelloError> {
    let bits = octets.u16().map_err(|_| HelloError::Malformed)?;
    LinkId::from_bits(bits).ok_or(HelloError::Link)
}

fn byte(octets: &mut Octets<'_>) -> Result<u8, HelloError> {
    octets.u8().map_err(|_| HelloError::Malformed)
}

fn word(octets: &mut Octets<'_>) -> Result<u32, HelloError> {
    octets.u32().map_err(|_| HelloError::Malformed)
}

fn long(octets: &mut Octets<'_>) -> Result<u64, HelloError> {
    octets.u64().map_err(|_| HelloError::Malformed)
}

/// Four bytes of length, then the bytes.
pub(crate) fn push_long(out: &mut Vec<u8>, part: &[u8]) {
    let len = u32::try_from(part.len()).expect("keys are short");
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(part);
}

//! The DER of hcRole, both ways.

use der::asn1::{AnyRef, ContextSpecific, Utf8StringRef};
use der::{Any, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use spki::ObjectIdentifier;

use super::HcRole;

/// id-hcpki-at-healthcareactor, ISO 17090-2.
const HEALTHCARE_ACTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.0.17090.0.1");
/// The Japanese ministry's coding scheme of roles.
const SCHEME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.100495.1.6.1.1");
/// Actors that one certificate may carry.
const ACTORS_MAX: usize = 8;
/// Characters of a code or a free text.
const TEXT_BYTES_MAX: usize = 256;

/// One coded role as it stands in a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HcActor {
    /// The coding scheme that says what code and text mean.
    pub scheme: ObjectIdentifier,
    /// The code: digits and spaces.
    pub code: Option<String>,
    /// The name.
    pub text: Option<String>,
}

/// Why the roles of a certificate cannot be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HcRoleError {
    /// The bytes are not the structure, or not DER.
    #[error("the certificate's healthcare role is not in the form of ISO 17090")]
    Malformed,
    /// The policy's English name of the role is not known to this release.
    #[error("{0} has no English name in this release and so cannot stand in a certificate yet")]
    Nameless(HcRole),
    /// Too many roles.
    #[error("a certificate carries 1 to {ACTORS_MAX} healthcare roles")]
    Count,
}

impl From<der::Error> for HcRoleError {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl HcActor {
    /// A role in the ministry's scheme, by its name.
    ///
    /// # Errors
    /// [`HcRoleError::Nameless`].
    pub fn of(role: HcRole) -> Result<Self, HcRoleError> {
        let text = role.english().ok_or(HcRoleError::Nameless(role))?;
        Ok(Self {
            scheme: SCHEME,
            code: None,
            text: Some(text.to_owned()),
        })
    }

    /// The role of the table; none for other schemes and other names.
    #[must_use]
    pub fn role(&self) -> Option<HcRole> {
        let ours = self.scheme == SCHEME;
        self.text
            .as_deref()
            .filter(|_| ours)
            .and_then(HcRole::from_english)
    }

    /// Writes one HCActor.
    ///
    /// # Errors
    /// [`HcRoleError::Malformed`] when the code holds anything but digits and spaces, or code or
    /// text are empty or longer than 256 bytes.
    pub fn to_der(&self) -> Result<Vec<u8>, HcRoleError> {
        let mut data = explicit(0, &self.scheme.to_der()?)?;
        if let Some(code) = &self.code {
            check_code(code)?;
            data.extend(explicit(1, &tlv(Tag::NumericString, code.as_bytes())?)?);
        }
        if let Some(text) = &self.text {
            check_length(text)?;
            data.extend(explicit(2, &Utf8StringRef::new(text)?.to_der()?)?);
        }
        tlv(Tag::Sequence, &explicit(0, &tlv(Tag::Set, &data)?)?)
    }

    /// Reads one HCActor.
    ///
    /// Regional data is passed over: no role of ours stands there.
    ///
    /// # Errors
    /// [`HcRoleError::Malformed`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, HcRoleError> {
        let mut actor = SliceReader::new(contents(bytes, Tag::Sequence)?)?;
        let coded: AnyRef<'_> = tagged(&mut actor, 0)?.ok_or(HcRoleError::Malformed)?;
        if !actor.is_finished() {
            let regional = AnyRef::decode(&mut actor)?.tag();
            if regional != context(1) || !actor.is_finished() {
                return Err(HcRoleError::Malformed);
            }
        }
        if coded.tag() != Tag::Set {
            return Err(HcRoleError::Malformed);
        }
        let mut data = SliceReader::new(coded.value())?;
        let scheme = tagged(&mut data, 0)?.ok_or(HcRoleError::Malformed)?;
        let code = tagged::<AnyRef<'_>>(&mut data, 1)?
            .map(|code| numeric(&code))
            .transpose()?;
        let text = tagged::<Utf8StringRef<'_>>(&mut data, 2)?
            .map(|text| check_length(text.as_str()).map(|()| text.as_str().to_owned()))
            .transpose()?;
        if !data.is_finished() {
            return Err(HcRoleError::Malformed);
        }
        Ok(Self { scheme, code, text })
    }
}

/// Writes the value of the extension subjectDirectoryAttributes.
///
/// # Errors
/// [`HcRoleError`].
pub fn encode_actors(actors: &[HcActor]) -> Result<Vec<u8>, HcRoleError> {
    let encoded: Result<Vec<_>, _> = actors.iter().map(HcActor::to_der).collect();
    let mut encoded = encoded?;
    encoded.sort();
    encoded.dedup();
    if encoded.is_empty() || encoded.len() > ACTORS_MAX {
        return Err(HcRoleError::Count);
    }
    let data = tlv(Tag::Set, &encoded.concat())?;
    let mut attribute = HEALTHCARE_ACTOR.to_der()?;
    attribute.extend(tlv(Tag::Set, &data)?);
    tlv(Tag::Sequence, &tlv(Tag::Sequence, &attribute)?)
}

/// Reads the value of the extension subjectDirectoryAttributes; other attributes are passed over.
///
/// # Errors
/// [`HcRoleError`]: anything that [`encode_actors`] would not write, but for regional data.
pub fn decode_actors(bytes: &[u8]) -> Result<Vec<HcActor>, HcRoleError> {
    let mut actors = Vec::new();
    let mut attributes = SliceReader::new(contents(bytes, Tag::Sequence)?)?;
    let mut seen = false;
    while !attributes.is_finished() {
        let attribute = AnyRef::decode(&mut attributes)?;
        if attribute.tag() != Tag::Sequence {
            return Err(HcRoleError::Malformed);
        }
        let mut fields = SliceReader::new(attribute.value())?;
        let kind = ObjectIdentifier::decode(&mut fields)?;
        let values = AnyRef::decode(&mut fields)?;
        if values.tag() != Tag::Set || !fields.is_finished() {
            return Err(HcRoleError::Malformed);
        }
        if kind == HEALTHCARE_ACTOR {
            if seen {
                return Err(HcRoleError::Malformed);
            }
            seen = true;
            actors = decode_data(contents(values.value(), Tag::Set)?)?;
        }
    }
    Ok(actors)
}

/// The HCActors of one HCActorData, in the order of DER.
fn decode_data(bytes: &[u8]) -> Result<Vec<HcActor>, HcRoleError> {
    let mut actors = Vec::new();
    let mut before: &[u8] = &[];
    let mut reader = SliceReader::new(bytes)?;
    while !reader.is_finished() {
        let actor = reader.tlv_bytes()?;
        if actor <= before {
            return Err(HcRoleError::Malformed);
        }
        before = actor;
        actors.push(HcActor::from_der(actor)?);
    }
    if actors.is_empty() || actors.len() > ACTORS_MAX {
        return Err(HcRoleError::Count);
    }
    Ok(actors)
}

/// The contents of exactly one element.
fn contents(bytes: &[u8], tag: Tag) -> Result<&[u8], HcRoleError> {
    let any = AnyRef::from_der(bytes)?;
    if any.tag() == tag {
        Ok(any.value())
    } else {
        Err(HcRoleError::Malformed)
    }
}

fn tagged<'a, T>(reader: &mut SliceReader<'a>, number: u32) -> Result<Option<T>, HcRoleError>
where
    T: Decode<'a, Error = der::Error> + Tagged,
{
    let field = ContextSpecific::decode_explicit(reader, TagNumber(number))?;
    Ok(field.map(|field| field.value))
}

fn numeric(code: &AnyRef<'_>) -> Result<String, HcRoleError> {
    if code.tag() != Tag::NumericString {
        return Err(HcRoleError::Malformed);
    }
    let text = str::from_utf8(code.value()).map_err(|_| HcRoleError::Malformed)?;
    check_code(text)?;
    Ok(text.to_owned())
}

fn check_code(text: &str) -> Result<(), HcRoleError> {
    let legal = |byte: u8| byte.is_ascii_digit() || byte == b' ';
    if !text.bytes().all(legal) {
        return Err(HcRoleError::Malformed);
    }
    check_length(text)
}

fn check_length(text: &str) -> Result<(), HcRoleError> {
    if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        return Err(HcRoleError::Malformed);
    }
    Ok(())
}

const fn context(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

fn explicit(number: u32, element: &[u8]) -> Result<Vec<u8>, HcRoleError> {
    tlv(context(number), element)
}

fn tlv(tag: Tag, contents: &[u8]) -> Result<Vec<u8>, HcRoleError> {
    Ok(Any::new(tag, contents)?.to_der()?)
}

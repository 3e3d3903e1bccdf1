//! Reading a file with everything that is wrong with it, and where.
//!
//! Nothing is refused: whatever can be read is read, and what is wrong is told beside it.

mod conditions;
mod sets;

use core::fmt;

use crate::characters::{decode, places_in_bytes};
use crate::fields::Field;
use crate::hl7::{Message, Segment};
use crate::kinds::Kind;
use crate::path::{Placed, StandardName, place};
use crate::rule::Rule;

/// Bytes read of one message; what follows is told as a defect.
pub const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// Defects kept of one file.
pub const DEFECTS_MAX: usize = 1_000;

/// A rule that a file breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The rule.
    pub rule: Rule,
    /// In bytes from the file's beginning; `None` when it is the path that is wrong.
    pub offset: Option<usize>,
    /// The field, where it is one.
    pub field: Option<FieldName>,
}

/// A field of a message, such as `PID-7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldName {
    segment: [u8; 3],
    /// Its number; 0 for the segment itself.
    pub number: usize,
}

impl FieldName {
    /// Names a field; a segment's name is cut to its first three bytes of ASCII.
    #[must_use]
    pub fn new(segment: &str, number: usize) -> Self {
        let mut name = *b"???";
        for (to, from) in name.iter_mut().zip(segment.bytes()) {
            if from.is_ascii_graphic() {
                *to = from;
            }
        }
        Self {
            segment: name,
            number,
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = core::str::from_utf8(&self.segment).unwrap_or("???");
        match self.number {
            0 => f.write_str(name),
            number => write!(f, "{name}-{number}"),
        }
    }
}

/// A message and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// The message; without MSH, whatever segments there are.
    pub message: Message<'a>,
    /// In the order of their places; the first [`DEFECTS_MAX`].
    pub defects: Vec<Defect>,
}

/// Reads a message.
///
/// Time: linear. Memory: bounded by [`MESSAGE_BYTES_MAX`] and the limits of [`crate::hl7`].
#[must_use]
pub fn read(bytes: &[u8]) -> Reading<'_> {
    reading(bytes, None)
}

/// Reads the message of a file and checks it against its place in the store.
///
/// Outside the standard storage only the path is looked at, and the message is an empty one.
/// Time and memory: as [`read`].
#[must_use]
pub fn lint<'a>(path: &[u8], bytes: &'a [u8]) -> Reading<'a> {
    let (placed, broken) = place(path);
    let mut reading = match &placed {
        Placed::Standard(name) => reading(bytes, Some(name)),
        _ => read(&[]),
    };
    if !matches!(placed, Placed::Standard(_)) {
        reading.defects.clear();
    }
    let of_path = broken.into_iter().map(|rule| Defect {
        rule: Rule::Path(rule),
        offset: None,
        field: None,
    });
    reading.defects.splice(..0, of_path);
    reading.defects.truncate(DEFECTS_MAX);
    reading
}

/// Tells which rules a file breaks that matter to whoever keeps it: names, characters, patient,
/// message type. Each once.
///
/// Files outside the standard storage are looked at by their path alone.
/// Time: linear.
#[must_use]
pub fn inspect(path: &[u8], content: &[u8]) -> Vec<Rule> {
    let (placed, broken) = place(path);
    let broken = broken.into_iter().filter(|defect| !defect.is_note());
    let mut rules: Vec<Rule> = broken.map(Rule::Path).collect();
    if let Placed::Standard(name) = placed {
        let decoded = decode(&content[..content.len().min(MESSAGE_BYTES_MAX)]);
        let of_text = decoded.defects.iter().map(|defect| Rule::Text(defect.kind));
        rules.extend(of_text);
        let message = Message::of(decoded.text);
        if message.begins_with_msh() {
            let mut found = Findings::default();
            whose(&message, &name, &mut found);
            rules.extend(found.0.iter().map(|found| found.rule));
        } else {
            rules.push(Rule::NotHl7);
        }
    }
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// Something found at a place of the decoded text.
#[derive(Clone, Copy)]
struct Found {
    rule: Rule,
    text: usize,
    field: Option<FieldName>,
}

#[derive(Default)]
struct Findings(Vec<Found>);

impl Findings {
    fn add(&mut self, rule: Rule, text: usize, field: Option<FieldName>) {
        if self.0.len() < DEFECTS_MAX {
            self.0.push(Found { rule, text, field });
        }
    }

    fn at_field(&mut self, rule: Rule, segment: Segment<'_>, number: usize) {
        self.of(rule, segment.name(), segment, number);
    }

    /// At a field of the first segment of a name; at the beginning where there is none.
    fn at_first(&mut self, rule: Rule, message: &Message<'_>, name: &str, number: usize) {
        self.of(rule, name, message.first(name), number);
    }

    fn of(&mut self, rule: Rule, name: &str, segment: Segment<'_>, number: usize) {
        let name = FieldName::new(name, number);
        let text = match number {
            0 => segment.offset(),
            number => segment.field_offset(number),
        };
        self.add(rule, text, Some(name));
    }
}

fn reading<'a>(bytes: &'a [u8], name: Option<&StandardName<'_>>) -> Reading<'a> {
    let (read, too_long) = bytes.split_at(bytes.len().min(MESSAGE_BYTES_MAX));
    let decoded = decode(read);
    let mut defects: Vec<Defect> = decoded
        .defects
        .iter()
        .map(|defect| Defect {
            rule: Rule::Text(defect.kind),
            offset: Some(defect.offset),
            field: None,
        })
        .collect();
    sets::notes(read, &mut defects);
    let message = Message::of(decoded.text);
    let mut found = Findings::default();
    whole(&message, &mut found);
    if message.begins_with_msh() {
        segments(
            &message,
            name.and_then(|name| Kind::of(name.kind)),
            &mut found,
        );
        if let Some(name) = name {
            whose(&message, name, &mut found);
            care_date(&message, name, &mut found);
        }
    }
    found.0.sort_by_key(|found| found.text);
    let places: Vec<usize> = found.0.iter().map(|found| found.text).collect();
    let offsets = places_in_bytes(read, &places);
    defects.extend(found.0.iter().zip(offsets).map(|(found, offset)| Defect {
        rule: found.rule,
        offset: Some(offset),
        field: found.field,
    }));
    if !too_long.is_empty() {
        defects.push(Defect {
            rule: Rule::TooLong,
            offset: Some(MESSAGE_BYTES_MAX),
            field: None,
        });
    }
    defects.sort_by_key(|defect| defect.offset);
    defects.truncate(DEFECTS_MAX);
    Reading { message, defects }
}

/// What concerns the message as a whole.
fn whole(message: &Message<'_>, found: &mut Findings) {
    if !message.begins_with_msh() {
        found.add(Rule::NotHl7, 0, None);
        return;
    }
    let msh = message.first("MSH");
    if !message.separators_are_well_formed() {
        found.at_field(Rule::Separators, msh, 1);
    }
    if let Some(at) = message.ends_at() {
        found.add(Rule::TooMany, at, None);
    }
    if let Some(at) = message.first_line_feed() {
        found.add(Rule::LineFeed, at, None);
    }
    if let Some(at) = message.end_byte() {
        found.add(Rule::EndByte, at, None);
    }
    let text = message.text().trim_end_matches('\u{1C}');
    if !text.ends_with(['\r', '\n']) {
        found.add(Rule::NoLastEnd, text.len(), None);
    }
    if msh.field(18).has_value() && msh.field(18).raw() != "~ISO IR87" {
        found.at_field(Rule::CharacterSet, msh, 18);
    }
    if msh.field(20).has_value() && msh.field(20).raw() != "ISO 2022-1994" {
        found.at_field(Rule::CharacterHandling, msh, 20);
    }
    let sent = msh.field(7).raw();
    if sent.len() == 17 && sent.bytes().all(|byte| byte.is_ascii_digit()) {
        found.at_field(Rule::TimeRunOn, msh, 7);
    }
    if msh.field(12).has_value() && msh.field(12).component(1).raw() != "2.5" {
        found.at_field(Rule::Version, msh, 12);
    }
}

/// Names, order, required fields and times of the segments.
fn segments(message: &Message<'_>, kind: Option<&Kind>, found: &mut Findings) {
    let msh9 = message.first("MSH").field(9);
    let names = message.segments().map(|segment| segment.name());
    match crate::order::check(msh9.component(1).raw(), msh9.component(2).raw(), names) {
        Ok(()) => {}
        Err(crate::order::OrderError::Unexpected(at)) => {
            if let Some(segment) = message.segments().nth(at) {
                found.at_field(Rule::SegmentOrder, segment, 0);
            }
        }
        Err(crate::order::OrderError::Incomplete) => {
            found.add(Rule::Incomplete, message.text().len(), None);
        }
    }
    if let Some(kind) = kind {
        conditions::check(message, kind, found);
    }
    for segment in message.segments() {
        let name = segment.name().as_bytes();
        let capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if name.len() != 3 || !name.iter().all(capital) {
            found.at_field(Rule::SegmentName, segment, 0);
            continue;
        }
        coded(segment, found);
        person_names(segment, found);
        for field in crate::fields::of_segment(segment.name()) {
            fields(segment, field, kind, found);
        }
    }
}

/// Codes that other systems send and SS-MIX2 has not.
fn coded(segment: Segment<'_>, found: &mut Findings) {
    let code = segment.field(2);
    match segment.name() {
        "PV1" if code.has_value() && !matches!(code.raw().as_bytes(), [b'A'..=b'Z']) => {
            found.at_field(Rule::PatientClass, segment, 2);
        }
        "OBX" if code.raw() == "SN" => found.at_field(Rule::ValueType, segment, 2),
        _ => {}
    }
}

/// Names whose representation (I, A, P) stands where the name's type should.
fn person_names(segment: Segment<'_>, found: &mut Findings) {
    let number = match segment.name() {
        "PID" => 5,
        "NK1" => 2,
        _ => return,
    };
    let is_short = |name: crate::hl7::Value<'_>| {
        let [degree, kind, representation] = [6, 7, 8].map(|at| name.component(at));
        degree.has_value() && matches!(kind.raw(), "I" | "A" | "P") && !representation.has_value()
    };
    if segment.field(number).repetitions().any(is_short) {
        found.at_field(Rule::NameComponents, segment, number);
    }
}

fn fields(segment: Segment<'_>, field: &Field, kind: Option<&Kind>, found: &mut Findings) {
    let value = segment.field(field.number);
    if value.is_empty() {
        if kind.is_some_and(|kind| field.is_required_in(kind.code)) {
            found.at_field(Rule::Required, segment, field.number);
        }
    } else if field.is_time() && !value.is_null() {
        let whole = |value: crate::hl7::Value<'_>| {
            let time = value.component(1);
            !time.has_value() || crate::time::Time::parse(time.raw()).is_some()
        };
        if !value.repetitions().all(whole) {
            found.at_field(Rule::Time, segment, field.number);
        }
    }
}

/// Whether the message is of the patient and the kind that its name says.
fn whose(message: &Message<'_>, name: &StandardName<'_>, found: &mut Findings) {
    let pid = message.first("PID");
    if pid.field(3).component(1).raw() != name.patient {
        found.at_first(Rule::PatientDiffers, message, "PID", 3);
    }
    let msh = message.first("MSH");
    let told = msh.field(9);
    let (code, trigger) = (told.component(1).raw(), told.component(2).raw());
    // Kinds that are none are told by the path.
    let fits = Kind::of(name.kind).is_none_or(|kind| kind.event(code, trigger).is_some());
    if !fits {
        found.at_first(Rule::MessageType, message, "MSH", 9);
    }
}

/// Whether the care date of the name is that of its field, and the field is there.
fn care_date(message: &Message<'_>, name: &StandardName<'_>, found: &mut Findings) {
    let told = message.first("MSH").field(9);
    let (code, trigger) = (told.component(1).raw(), told.component(2).raw());
    let event = Kind::of(name.kind).and_then(|kind| kind.event(code, trigger));
    let Some((segment, number)) = event.and_then(|event| event.care_date) else {
        return;
    };
    let dated = |segment: &Segment<'_>| segment.field(number).has_value();
    let Some(first) = message.all(segment).find(dated) else {
        if name.care_date.is_some() {
            found.at_first(Rule::CareDateMissing, message, segment, number);
        }
        return;
    };
    let day = first.field(number).raw().get(..8);
    if name.care_date.is_some_and(|date| Some(date) != day) {
        found.at_field(Rule::CareDateDiffers, first, number);
    }
}

#[cfg(test)]
mod tests;

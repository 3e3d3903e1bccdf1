//! One pass over a text: where its segments and fields begin.

use memchr::memchr3_iter;

use super::separators::Separators;

/// Segments indexed of one message; what follows is told as a defect.
pub const SEGMENTS_MAX: usize = 200_000;
/// Field separators indexed of one message.
pub const FIELDS_MAX: usize = 2_000_000;

/// One segment's line, and its part of the list of separators.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Its first separator's place in the list.
    pub(super) first: u32,
    pub(super) count: u32,
}

/// Where everything is. Places are in bytes of the text, which is shorter than 4 GiB.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub(super) lines: Vec<Line>,
    /// Every field separator.
    pub(super) cuts: Vec<u32>,
    /// Where the index ends before the text does.
    pub(super) ends_at: Option<usize>,
    /// The first line that ends in LF.
    pub(super) line_feed: Option<usize>,
    /// MLLP's end byte, 0x1C.
    pub(super) end_byte: Option<usize>,
}

impl Index {
    /// Indexes a text from a place on. Ends of segments are CR, LF or both; empty lines are none.
    ///
    /// Time: linear. Memory: four bytes per separator.
    pub(super) fn of(text: &str, from: usize, separators: Separators) -> Self {
        let bytes = text.as_bytes();
        let bytes = &bytes[..bytes.len().min(u32::MAX as usize - 1)];
        let mut index = Self::default();
        index.cuts.reserve(bytes.len() / 8);
        let (mut start, mut first) = (from, 0);
        let ends = memchr3_iter(separators.field, b'\r', b'\n', &bytes[from..]);
        for at in ends.map(|at| from + at) {
            if bytes[at] == separators.field {
                if index.cuts.len() == FIELDS_MAX {
                    index.line(bytes, start, at, first);
                    index.ends_at = Some(at);
                    return index;
                }
                index.cuts.push(small(at));
                continue;
            }
            if bytes[at] == b'\n' && index.line_feed.is_none() {
                index.line_feed = Some(at);
            }
            index.line(bytes, start, at, first);
            (start, first) = (at + 1, index.cuts.len());
            if index.lines.len() >= SEGMENTS_MAX || index.cuts.len() >= FIELDS_MAX {
                index.ends_at = Some(start).filter(|start| *start < bytes.len());
                return index;
            }
        }
        index.line(bytes, start, bytes.len(), first);
        index
    }

    fn line(&mut self, bytes: &[u8], mut start: usize, mut end: usize, first: usize) {
        while end > start && bytes[end - 1] == 0x1C {
            end -= 1;
            self.end_byte = Some(end);
        }
        while start < end && matches!(bytes[start], 0x1C | 0x0B) {
            start += 1;
        }
        if start < end {
            self.lines.push(Line {
                start: small(start),
                end: small(end),
                first: small(first),
                count: small(self.cuts.len() - first),
            });
        }
    }
}

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

//! Opens the log: checks the index against it, replays the rest, cuts a torn tail
//! (`spec/segment.md`, sections 7 and 8).

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::disk::Disk;
use crate::error::OpenError;
use crate::figures::Figures;
use crate::index::{INDEX_NAME, Index, IndexError};
use crate::log::{Active, Log};
use crate::options::{Options, SEGMENT_BYTES_CEILING};
use crate::record::{
    Place, RECORD_HEADER_BYTES, RecordHeader, SEGMENT_HEADER_BYTES, segment_header, stored_crc,
};
use crate::segments::{Segments, segment_name, segment_number};

mod replay;

use replay::Replay;

/// What a store goes on with.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) index: Index,
    pub(crate) figures: Figures,
    pub(crate) log: Log,
    pub(crate) rotten: Vec<Place>,
}

/// Brings index and log to the same state; everything in them is durable afterwards.
pub(crate) fn recover(
    disk: &Arc<dyn Disk>,
    segments: &Arc<Segments>,
    options: &Options,
) -> Result<Recovered, OpenError> {
    let mut lengths = segment_lengths(disk.as_ref(), segments)?;
    if lengths.is_empty() {
        disk.create(&segment_name(1))
            .map_err(|source| failed("making a segment", source))?;
        lengths.insert(1, 0);
    }
    let (index, figures) = fitting_index(disk.as_ref(), segments, &lengths, options)?;
    let mut replay = Replay::new(segments, index, figures);
    let active = replay.run(&lengths)?;
    // Records found in the file may still be only in the system's cache: before anything is
    // acknowledged, even as stored already, they are made durable.
    active
        .file
        .sync()
        .map_err(|source| failed("syncing a segment", source))?;
    disk.sync_names()
        .map_err(|source| failed("syncing the folder", source))?;
    let (index, figures, rotten) = replay.finish()?;
    let segment_bytes = options.segment_bytes.min(SEGMENT_BYTES_CEILING);
    let log = Log::new(
        Arc::clone(disk),
        Arc::clone(segments),
        segment_bytes,
        active,
    );
    Ok(Recovered {
        index,
        figures,
        log,
        rotten,
    })
}

/// Begins a segment anew: an empty file with a header.
fn begin(segments: &Segments, number: u32) -> Result<Active, OpenError> {
    let begin = || -> io::Result<Active> {
        let file = segments.open(number)?;
        file.set_length(0)?;
        file.write_at(0, &segment_header(number))?;
        Ok(Active {
            number,
            file,
            end: SEGMENT_HEADER_BYTES as u64,
        })
    };
    begin().map_err(|source| failed("beginning a segment", source))
}

/// Opens the index if it fits the log, and an empty one otherwise.
fn fitting_index(
    disk: &dyn Disk,
    segments: &Segments,
    lengths: &BTreeMap<u32, u64>,
    options: &Options,
) -> Result<(Index, Figures), OpenError> {
    let known = Index::open(disk, options.index_cache_bytes)
        .and_then(|index| Ok((index.figures()?, index)));
    match known {
        Ok((Some(figures), index)) if fits(&figures, segments, lengths) => {
            return Ok((index, figures));
        }
        Ok((None, index)) => return Ok((index, Figures::default())),
        Ok((Some(_), index)) => {
            tracing::warn!("the index does not fit the segments: rebuilding it");
            drop(index);
        }
        Err(error) => tracing::warn!(%error, "the index cannot be read: rebuilding it"),
    }
    disk.remove(INDEX_NAME)
        .map_err(|source| failed("removing the index", source))?;
    let index = Index::open(disk, options.index_cache_bytes).map_err(OpenError::Index)?;
    Ok((index, Figures::default()))
}

/// Tells whether the index speaks of this log and no more than is there.
fn fits(figures: &Figures, segments: &Segments, lengths: &BTreeMap<u32, u64>) -> bool {
    let Some((reached, _)) = figures.segments().next_back() else {
        return false;
    };
    let listed = figures.segments().all(|(number, row)| {
        lengths.get(&number).is_some_and(|length| {
            if number == reached {
                *length >= row.end
            } else {
                *length == row.end
            }
        })
    });
    let unlisted = lengths
        .range(..reached)
        .any(|(number, _)| figures.segment(*number).is_none());
    listed && !unlisted && last_record_stands(figures, segments)
}

/// Tells whether the last record that the index knows is the one in the log.
fn last_record_stands(figures: &Figures, segments: &Segments) -> bool {
    let Some((place, crc)) = figures.last else {
        return figures.objects == 0;
    };
    let mut header = [0; RECORD_HEADER_BYTES];
    let read = segments
        .open(place.segment)
        .and_then(|file| file.read_at(u64::from(place.offset), &mut header));
    read.is_ok()
        && stored_crc(&header) == crc
        && RecordHeader::decode(&header, place).is_some()
        && figures
            .segment(place.segment)
            .is_some_and(|row| u64::from(place.offset) < row.end)
}

fn segment_lengths(disk: &dyn Disk, segments: &Segments) -> Result<BTreeMap<u32, u64>, OpenError> {
    let names = disk
        .names()
        .map_err(|source| failed("listing the folder", source))?;
    names
        .iter()
        .filter_map(|name| segment_number(name))
        .map(|number| Ok((number, segments.open(number)?.length()?)))
        .collect::<io::Result<_>>()
        .map_err(|source| failed("opening a segment", source))
}

fn failed(doing: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { doing, source }
}

fn index_failed(error: IndexError) -> OpenError {
    OpenError::Index(error)
}

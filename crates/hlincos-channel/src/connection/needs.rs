//! What a channel needs from outside: records on disk, blocks from disk; and its end.

use zeroize::Zeroizing;

use super::lane::Block;
use super::{ChannelError, Connection, Event, Kind, Resume, State, Step, Want};
use crate::control::{Control, Row};
use crate::hello::keys;
use crate::ledger::{Durable, LEASE_BLOCKS_MAX, at};
use crate::{BlockId, Direction, End, Level, Link, Source};

impl Connection {
    /// What the channel needs or tells, until there is nothing more.
    pub fn poll(&mut self, link: &mut Link) -> Option<Step> {
        if core::mem::take(&mut self.wipe) {
            let server = self.server();
            link.wipe_slices(server);
        }
        if let Some(event) = self.events.pop_front() {
            return Some(Step::Event(event));
        }
        if let Some(id) = self.loads.pop_front() {
            return Some(Step::Load(id));
        }
        while !link.ledger.pending() {
            let want = self.wants.pop_front()?;
            let durable = match want {
                Want::Lease(source) => self.lease(link, source),
                Want::Grant(row) => self.grant(link, row),
                Want::Prove => self.proved(link),
            };
            if let Some(durable) = durable {
                return Some(Step::Persist(durable));
            }
        }
        None
    }

    /// Goes on with what is durable now.
    ///
    /// # Errors
    /// As [`Self::receive`]: frames that waited are read now.
    pub fn resume(
        &mut self,
        link: &mut Link,
        resume: Resume,
        now_ms: u64,
    ) -> Result<(), ChannelError> {
        match resume.0 {
            Kind::Leased(row, blocks) => {
                let heard = &mut link.announced[at(row.source)];
                *heard = (*heard).max(row.numbers().end);
                self.asked = blocks;
                self.queue.push_back(Control::Lease(row));
            }
            Kind::Granted(row, blocks) => {
                self.receiver.lane.blocks.extend(blocks);
                self.queue.push_back(Control::Granted(row));
            }
            Kind::Proved => {
                self.state = State::Open;
                self.wipe = true;
            }
        }
        self.process(link, now_ms)
    }

    /// The bytes of a couriered block; what is on disk is to be erased now: [`Link::take_erase`].
    ///
    /// # Errors
    /// As [`Self::receive`]: frames that waited are read now.
    ///
    /// # Panics
    /// When they are not as many as the block has: pad files are checked before.
    pub fn load(
        &mut self,
        link: &mut Link,
        id: BlockId,
        bytes: Zeroizing<Vec<u8>>,
        now_ms: u64,
    ) -> Result<(), ChannelError> {
        let expected = link.block_bytes(id.source);
        assert_eq!(bytes.len() as u64, expected, "pad files are checked before");
        self.loading.remove(&id);
        let mut bytes = Some(bytes);
        if self.sender.lane.fill(id, &mut bytes) || self.receiver.lane.fill(id, &mut bytes) {
            link.loaded(id);
        }
        self.process(link, now_ms)
    }

    /// Ends the channel and gives the link back what it does not use. Always call it.
    pub fn end(mut self, link: &mut Link, now_ms: u64) {
        // Of a channel that was never proved, the other end may never have heard.
        let heard = !matches!(self.state, State::Unproven(_));
        self.sender.end(link, now_ms, heard);
        self.sender
            .lane
            .blocks
            .extend(core::mem::take(&mut self.asked));
        self.sender.end(link, now_ms, true);
        let direction = self.receiver.lane.scope.link.direction;
        for block in &self.receiver.lane.blocks {
            if let Block::Absent(id) = block {
                link.loaded(*id);
            }
            let left = block.left(link.block_bytes(block.id().source));
            link.counters.of_mut(direction).wasted(now_ms, left);
        }
        for block in self.offered.values() {
            let own = link.own();
            link.counters.of_mut(own).wasted(now_ms, block.len() as u64);
        }
    }

    fn lease(&mut self, link: &mut Link, source: Source) -> Option<Durable<Resume>> {
        let own = link.own();
        let window = self.sender.next_window(link.block_bytes(source));
        let stream = link.stream(source, own);
        let next = stream.and_then(|stream| {
            let first = stream.first_from(0)?;
            Some((first, stream.in_a_row(first, window)))
        });
        let (row, blocks) = match next {
            Some((first, count)) => {
                let count = u8::try_from(count).expect("LEASE_BLOCKS_MAX");
                let row = Row {
                    source,
                    first,
                    count,
                };
                (row, take(link, row, own))
            }
            None => {
                let block = keys::next_block(link, source, 0..u64::MAX)?;
                let row = Row {
                    source,
                    first: block.id().number,
                    count: 1,
                };
                (row, vec![block])
            }
        };
        self.sender.asked = Some(row);
        let resume = Resume(Kind::Leased(row, blocks));
        let durable = link.commit(
            |state| {
                let end = &mut state.leased_end[at(source)];
                *end = (*end).max(row.numbers().end);
            },
            resume,
        );
        durable.ok()
    }

    fn grant(&mut self, link: &mut Link, row: Row) -> Option<Durable<Resume>> {
        let direction = self.receiver.lane.scope.link.direction;
        let stream = link.stream(row.source, direction)?;
        if !row.numbers().all(|number| stream.holds(number)) {
            // The first that it may ask for; at the end of the stock, the one that comes next.
            let claimed = link.ledger.state().claimed_end[at(row.source)];
            let end = stream.held().end.max(claimed);
            let first = stream.first_from(claimed).unwrap_or(end);
            self.queue
                .push_back(Control::Declined(Row { first, ..row }));
            return None;
        }
        let blocks = take(link, row, direction);
        let resume = Resume(Kind::Granted(row, blocks));
        let durable = link.commit(
            |state| {
                let end = &mut state.claimed_end[at(row.source)];
                *end = (*end).max(row.numbers().end);
            },
            resume,
        );
        durable.ok()
    }

    fn proved(&mut self, link: &mut Link) -> Option<Durable<Resume>> {
        let State::Proven(chain) = &mut self.state else {
            return None;
        };
        let chain = chain.take();
        let server = link.identity().end;
        let durable = link.commit(
            |state| {
                keys::advance(state, server, chain);
                state.guessed = false;
            },
            Resume(Kind::Proved),
        );
        durable.ok()
    }

    fn server(&self) -> End {
        if self.generation().0.is_multiple_of(2) {
            End::A
        } else {
            End::B
        }
    }

    pub(super) fn want_lease(&mut self, source: Source) {
        let waits = self.wants.iter().any(|want| matches!(want, Want::Lease(_)));
        if self.sender.asked.is_none() && !waits {
            self.wants.push_back(Want::Lease(source));
        }
    }

    pub(super) fn ask_in_time(&mut self, link: &Link) {
        if let Some(source) = self.sender.wants_lease(link) {
            self.want_lease(source);
        }
    }

    pub(super) fn want_load(&mut self, id: BlockId) {
        if self.loading.insert(id) {
            self.loads.push_back(id);
        }
    }

    pub(super) fn told_level(&mut self, level: Level) {
        if self.sender.last != Some(level) {
            self.events.push_back(Event::LevelChanged {
                from: self.sender.last,
                to: level,
            });
            self.sender.last = Some(level);
        }
    }
}

fn take(link: &mut Link, row: Row, direction: Direction) -> Vec<Block> {
    debug_assert!(u64::from(row.count) <= LEASE_BLOCKS_MAX);
    row.numbers()
        .map(|number| {
            let id = BlockId {
                source: row.source,
                direction,
                number,
            };
            Block::new(id, link.take(id))
        })
        .collect()
}

//! Bytes from the socket: frames are opened in order, plaintext waits for its reader.

use zeroize::Zeroizing;

use super::receiver::Opened;
use super::{ChannelError, Connection, INPUT_BYTES_MAX, PLAIN_BYTES_MAX, State, Want};
use crate::control::Control;
use crate::frame::{FrameHead, TAG_BYTES};
use crate::hello::message::{FINISH_BYTES, read_finish};
use crate::suite::pad::wipe;
use crate::{HelloError, Link, Suite};

impl Connection {
    /// Takes bytes from the socket; tells how many. Fewer than there are while plaintext waits
    /// for its reader, a record for the disk or a block for its bytes.
    ///
    /// # Errors
    /// [`ChannelError::Frame`], [`ChannelError::Proof`]: the channel is closed for good, and what
    /// was read of it before stands.
    pub fn receive(
        &mut self,
        link: &mut Link,
        bytes: &[u8],
        now_ms: u64,
    ) -> Result<usize, ChannelError> {
        if let State::Failed(error) = &self.state {
            return Err(*error);
        }
        let mut taken = 0;
        loop {
            let room = INPUT_BYTES_MAX - self.input.len();
            let piece = &bytes[taken..bytes.len().min(taken + room)];
            self.input.extend_from_slice(piece);
            taken += piece.len();
            let before = self.input.len();
            self.process(link, now_ms)?;
            if taken == bytes.len() || self.input.len() == before {
                return Ok(taken);
            }
        }
    }

    /// Copies plaintext out; tells how much.
    pub fn read(&mut self, link: &mut Link, out: &mut [u8], now_ms: u64) -> usize {
        let plain = &self.plain[self.plain_at..];
        let len = plain.len().min(out.len());
        out[..len].copy_from_slice(&plain[..len]);
        self.plain_at += len;
        if self.plain_at == self.plain.len() {
            wipe(&mut self.plain[..]);
            self.plain.clear();
            self.plain_at = 0;
            // An error is kept, and told by the next receive.
            let _ = self.process(link, now_ms);
        }
        len
    }

    /// Plaintext that waits to be read.
    #[must_use]
    pub fn readable(&self) -> usize {
        self.plain.len() - self.plain_at
    }

    /// The socket has ended.
    ///
    /// # Errors
    /// [`ChannelError::Truncated`] unless the other end has said before that it is done.
    pub fn receive_end(&mut self) -> Result<(), ChannelError> {
        match &self.state {
            State::Failed(error) => Err(*error),
            _ if self.receiver.lane.closed => Ok(()),
            _ => {
                self.state = State::Failed(ChannelError::Truncated);
                Err(ChannelError::Truncated)
            }
        }
    }

    /// Reads what is there until something is missing.
    pub(super) fn process(&mut self, link: &mut Link, now_ms: u64) -> Result<(), ChannelError> {
        let mut at = 0;
        let result = self.process_from(link, now_ms, &mut at);
        wipe(&mut self.input[..at]);
        self.input.drain(..at);
        self.receiver.leave_spent(link, now_ms);
        self.flush(link, now_ms);
        if let Err(error) = result {
            let direction = self.receiver.lane.scope.link.direction;
            link.counters.of_mut(direction).rejected += 1;
            self.state = State::Failed(error);
        }
        result
    }

    fn process_from(
        &mut self,
        link: &mut Link,
        now_ms: u64,
        at: &mut usize,
    ) -> Result<(), ChannelError> {
        loop {
            match &self.state {
                State::Failed(error) => return Err(*error),
                State::Proven(_) => return Ok(()),
                State::Unproven(_) => {
                    if !self.prove(at).map_err(ChannelError::Proof)? {
                        return Ok(());
                    }
                }
                State::Open => {}
            }
            if self.readable() >= PLAIN_BYTES_MAX || !matches!(self.state, State::Open) {
                return Ok(());
            }
            let from = self.plain.len();
            let bytes = &mut self.input[*at..];
            let opened = self.receiver.open(link.kernel, bytes, &mut self.plain)?;
            let head = match opened {
                Opened::Frame(head) => head,
                Opened::Incomplete => return Ok(()),
                Opened::Absent(id) => {
                    self.want_load(id);
                    return Ok(());
                }
            };
            *at += head.frame_len();
            self.count(link, &head, now_ms);
            if head.control {
                let payload = Zeroizing::new(self.plain.split_off(from));
                self.heed(link, Control::read(&payload)?, now_ms)?;
            }
        }
    }

    fn count(&self, link: &mut Link, head: &FrameHead, now_ms: u64) {
        let direction = self.receiver.lane.scope.link.direction;
        let counts = link.counters.of_mut(direction);
        let len = u64::from(head.payload_len);
        if head.suite == Suite::Otp {
            counts.spent(now_ms, len, TAG_BYTES as u64);
        }
        if !head.control {
            counts.contents(now_ms, self.sender.class, head.suite.level(), len);
        }
    }

    /// Reads the client's proof; whether it was there.
    fn prove(&mut self, at: &mut usize) -> Result<bool, HelloError> {
        let State::Unproven(unproven) = &mut self.state else {
            return Ok(true);
        };
        let Some((bytes, _)) = self.input[*at..].split_first_chunk::<FINISH_BYTES>() else {
            return Ok(false);
        };
        let claimed = read_finish(&unproven.key, &unproven.transcript, bytes)?;
        *at += FINISH_BYTES;
        if !claimed {
            // The client has it no more, so nobody can spend it.
            self.sender.lane.blocks.clear();
        }
        self.state = State::Proven(unproven.chain.take());
        self.wants.push_back(Want::Prove);
        Ok(true)
    }
}

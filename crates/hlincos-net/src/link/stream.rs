//! A channel as a stream of bytes.
//!
//! Reading and writing both pump the channel: a writer may wait for a lease that only a frame of
//! the other end grants, and a reader may have to answer first. Whoever pumps wakes the other.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use hlincos_channel::{Connection, Event};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::end::{LinkEnd, State, closed};

/// Bytes read from the socket at once.
const READ_BYTES: usize = 64 << 10;

/// One channel over TCP.
pub(crate) struct FrameStream {
    socket: TcpStream,
    end: Arc<LinkEnd>,
    /// Given back to the link when the stream is dropped.
    connection: Option<Connection>,
    /// Came from the socket, not yet taken by the channel.
    came: Vec<u8>,
    came_at: usize,
    ended: bool,
    /// Whether the last work on the channel made something happen outside, such as a block read.
    moved: bool,
    /// Was read already, and is to be read again.
    lead: Vec<u8>,
    events: Vec<Event>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl FrameStream {
    /// A channel whose hello is done, and what came behind it.
    pub(crate) fn new(
        socket: TcpStream,
        end: Arc<LinkEnd>,
        connection: Connection,
        came: Vec<u8>,
    ) -> Self {
        Self {
            socket,
            end,
            connection: Some(connection),
            came,
            came_at: 0,
            ended: false,
            moved: false,
            lead: Vec::new(),
            events: Vec::new(),
            reader: None,
            writer: None,
        }
    }

    /// Works on the channel with its link locked.
    pub(crate) fn with<T>(
        &mut self,
        work: impl FnOnce(&mut Connection, &mut State, u64) -> io::Result<T>,
    ) -> io::Result<T> {
        let end = self.end.clone();
        let now = end.now_ms();
        let connection = self.connection.as_mut().ok_or(ErrorKind::NotConnected)?;
        let mut state = end.lock();
        state.usable()?;
        let result = work(connection, &mut state, now);
        let served = state.serve(connection, now);
        let readable = connection.readable() > 0;
        drop(state);
        let (events, moved) = served?;
        self.events.extend(events);
        self.moved = moved;
        // Whoever works on the channel may do what the other side waits for.
        if readable {
            self.wake_reader();
        }
        if moved {
            self.wake_writer();
        }
        result
    }

    /// What the channel told since this was asked.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    fn connection(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("there until the stream is dropped")
    }

    /// Whether the socket has ended.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads the first bytes and keeps them for the reader: what is said first tells who speaks.
    pub(crate) async fn peek<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut first = [0; N];
        self.read_exact(&mut first).await?;
        self.lead = first.to_vec();
        Ok(first)
    }

    /// Waits until the other end is known to be there.
    pub(crate) async fn opened(&mut self) -> io::Result<()> {
        std::future::poll_fn(|context| {
            while !self.connection().is_open() {
                match self.poll_pump(context) {
                    Poll::Ready(pumped) => pumped?,
                    Poll::Pending if self.connection().is_open() => {}
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Moves bytes in both directions as far as socket and channel let it; ready when something
    /// came in.
    pub(crate) fn poll_pump(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|_, _, _| Ok(()))?;
        loop {
            // Not waiting for it: what comes in may be what the other end waits for.
            let _ = self.poll_send(context)?;
            if self.take_in()? {
                return Poll::Ready(Ok(()));
            }
            if self.came_at < self.came.len() {
                // The channel takes nothing while a reader is slow.
                return Poll::Pending;
            }
            if self.ended {
                return Poll::Ready(Ok(()));
            }
            self.came.resize(READ_BYTES, 0);
            self.came_at = 0;
            let mut buffer = ReadBuf::new(&mut self.came);
            let came = Pin::new(&mut self.socket).poll_read(context, &mut buffer);
            let len = buffer.filled().len();
            self.came.truncate(len);
            match came {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) if len == 0 => {
                    self.ended = true;
                    let ended = |connection: &mut Connection| connection.receive_end();
                    self.with(|connection, _, _| ended(connection).map_err(closed))?;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(())) => {}
            }
        }
    }

    /// Gives the channel what came; whether it took any.
    fn take_in(&mut self) -> io::Result<bool> {
        if self.came_at == self.came.len() {
            return Ok(false);
        }
        let came = core::mem::take(&mut self.came);
        let at = self.came_at;
        let taken = self.with(|connection, state, now| {
            let taken = connection.receive(&mut state.link, &came[at..], now);
            taken.map_err(closed)
        });
        self.came = came;
        let taken = taken?;
        self.came_at += taken;
        if self.came_at == self.came.len() {
            self.came.clear();
            self.came_at = 0;
        }
        Ok(taken > 0)
    }

    /// Sends what the channel has for the socket; ready when there is nothing more.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut moved = false;
        while let Some(connection) = self.connection.as_mut()
            && !connection.output().is_empty()
        {
            let sent = Pin::new(&mut self.socket).poll_write(context, connection.output());
            match ready!(sent)? {
                0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                len => connection.sent(len),
            }
            moved = true;
        }
        if moved {
            self.wake_writer();
        }
        Poll::Ready(Ok(()))
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }
}

impl AsyncRead for FrameStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.lead.is_empty() {
            let len = this.lead.len().min(buffer.remaining());
            buffer.put_slice(&this.lead[..len]);
            this.lead.drain(..len);
            return Poll::Ready(Ok(()));
        }
        loop {
            if this.connection().readable() > 0 {
                let room = buffer.initialize_unfilled();
                let len = this.with(|connection, state, now| {
                    Ok(connection.read(&mut state.link, room, now))
                })?;
                buffer.advance(len);
                // What was read makes room, and an answer to a lease may be among the output.
                let _ = this.poll_send(context)?;
                this.wake_writer();
                return Poll::Ready(Ok(()));
            }
            if this.connection().peer_closed() {
                return Poll::Ready(Ok(()));
            }
            match this.poll_pump(context) {
                Poll::Ready(result) => result?,
                // A step outside, such as a block that was read, can have made bytes readable.
                Poll::Pending if this.connection().readable() > 0 => continue,
                Poll::Pending => {
                    this.reader = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
            this.wake_writer();
        }
    }
}

impl AsyncWrite for FrameStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            let taken = this.with(|connection, state, now| {
                let taken = connection.write(&mut state.link, bytes, now);
                taken.map_err(closed)
            })?;
            let moved = this.moved;
            let waited = !this.connection().output().is_empty();
            let sent = this.poll_send(context)?;
            if taken > 0 || bytes.is_empty() {
                return Poll::Ready(Ok(taken));
            }
            // A block that was read, or room in the output: it may be taken now.
            if moved || waited && sent.is_ready() {
                continue;
            }
            if this.ended {
                return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
            }
            // A lease, a proof or the socket is waited for.
            match this.poll_pump(context) {
                Poll::Ready(result) => result?,
                Poll::Pending => {
                    this.writer = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
            this.wake_reader();
            if this.connection().readable() > 0 && this.came_at < this.came.len() {
                // Only the reader can go on.
                this.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.with(|connection, state, now| {
            connection.close(&mut state.link, now);
            Ok(())
        })?;
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.socket).poll_shutdown(context)
    }
}

impl Drop for FrameStream {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let now = self.end.now_ms();
            let mut state = self.end.lock();
            connection.end(&mut state.link, now);
            state.tidy();
            drop(state);
            self.end.moved.notify_waiters();
        }
    }
}

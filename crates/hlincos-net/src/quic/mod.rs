//! QUIC: one round trip less than TLS over TCP, and no waiting for a lost packet of another stream.
//!
//! Each secure stream is one bidirectional stream of a connection, so that HTTP runs on it as it
//! does on TLS. Certificates, groups and signatures are those of the TLS configuration.

mod accept;
mod dial;

pub(crate) use accept::{QuicCaller, QuicDoor};
pub use dial::QuicDial;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::CubicConfig;
use quinn::{IdleTimeout, TransportConfig, VarInt};

/// What is known of the link that a connection crosses.
///
/// The defaults suit terrestrial links. On a link with a long way the sender's first window and the
/// expected round trip decide how many round trips an answer takes, since nothing can be learnt of a
/// link before the first round trip is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkProfile {
    /// Round trip to expect before one was measured.
    pub initial_rtt: Duration,
    /// Bytes that may be under way before the first acknowledgement; on a link that others share,
    /// more than it takes costs them packets.
    pub initial_window_bytes: u64,
    /// A connection is kept warm by a packet so often.
    pub keep_alive: Duration,
    /// A connection without any answer for so long is dead.
    pub idle: Duration,
}

impl Default for LinkProfile {
    fn default() -> Self {
        Self {
            initial_rtt: Duration::from_millis(100),
            initial_window_bytes: 12_000,
            keep_alive: Duration::from_secs(15),
            idle: Duration::from_secs(45),
        }
    }
}

impl LinkProfile {
    /// A geostationary satellite that one terminal has to itself.
    #[must_use]
    pub const fn satellite() -> Self {
        Self {
            initial_rtt: Duration::from_millis(700),
            initial_window_bytes: 256 << 10,
            keep_alive: Duration::from_secs(15),
            idle: Duration::from_secs(60),
        }
    }

    fn transport(&self) -> io::Result<Arc<TransportConfig>> {
        let mut cubic = CubicConfig::default();
        cubic.initial_window(self.initial_window_bytes);
        let idle = IdleTimeout::try_from(self.idle).map_err(io::Error::other)?;
        let mut transport = TransportConfig::default();
        transport
            .initial_rtt(self.initial_rtt)
            .congestion_controller_factory(Arc::new(cubic))
            .keep_alive_interval(Some(self.keep_alive))
            .max_idle_timeout(Some(idle))
            .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
            .max_concurrent_uni_streams(VarInt::from_u32(0))
            .stream_receive_window(VarInt::from_u32(WINDOW_BYTES))
            .receive_window(VarInt::from_u32(4 * WINDOW_BYTES))
            .send_window(u64::from(WINDOW_BYTES))
            .crypto_buffer_size(CERTIFICATES_BYTES_MAX);
        Ok(Arc::new(transport))
    }
}

/// Streams that one caller may have open.
const STREAMS_MAX: u32 = 64;
const WINDOW_BYTES: u32 = 16 << 20;
/// Handshake bytes that may wait out of order: chains of post-quantum certificates are long.
const CERTIFICATES_BYTES_MAX: usize = 128 << 10;

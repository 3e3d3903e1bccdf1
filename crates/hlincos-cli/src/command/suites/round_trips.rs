//! How many round trips a cold call takes on a long link, counted from the bytes of its flights.
//!
//! Counted is what the protocols must wait for; nothing is lost, and computing takes no time:
//!
//! - TCP: one for its own handshake; one for TLS; one for the request; and one more for each
//!   window that a flight needs beyond the first of ten segments (RFC 6928), doubling.
//! - QUIC: one for the handshake and one for the request; and one more when the server's flight is
//!   longer than three times what the caller has sent (RFC 9000, section 8.1). The caller's first
//!   flight fills datagrams of 1,200 bytes (section 14.1). Windows do not count: on such links the
//!   product starts with 256 KiB.

/// Ten segments of 1,448 bytes.
const TCP_WINDOW_BYTES: u64 = 14_480;
const DATAGRAM_BYTES: u64 = 1_200;
/// Bytes of a datagram that are header, frame and tag, at most.
const DATAGRAM_OVERHEAD_BYTES: u64 = 60;
const AMPLIFICATION: u64 = 3;

/// Bytes of the three flights of a handshake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flights {
    /// The caller's first.
    pub(super) hello: u64,
    /// The server's only one.
    pub(super) server: u64,
    /// The caller's second, before its request.
    pub(super) client: u64,
}

impl Flights {
    /// From the first packet to the first byte of an answer, over TCP.
    pub(super) const fn over_tcp(self) -> u32 {
        1 + windows(self.hello) + windows(self.server) - 1 + windows(self.client)
    }

    /// From the first packet to the first byte of an answer, over QUIC.
    pub(super) const fn over_quic(self) -> u32 {
        let sent = in_datagrams(self.hello).next_multiple_of(DATAGRAM_BYTES);
        let waits = in_datagrams(self.server) > AMPLIFICATION * sent;
        2 + waits as u32
    }
}

/// Windows that a flight needs, each twice the one before.
const fn windows(bytes: u64) -> u32 {
    let (mut count, mut window, mut sent) = (1, TCP_WINDOW_BYTES, TCP_WINDOW_BYTES);
    while sent < bytes {
        window *= 2;
        sent += window;
        count += 1;
    }
    count
}

/// Bytes on the wire of a flight in datagrams.
const fn in_datagrams(bytes: u64) -> u64 {
    let datagrams = bytes.div_ceil(DATAGRAM_BYTES - DATAGRAM_OVERHEAD_BYTES);
    bytes + datagrams * DATAGRAM_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: u64, client: u64) -> (u32, u32) {
        let flights = Flights {
            hello: 1_397,
            server,
            client,
        };
        (flights.over_tcp(), flights.over_quic())
    }

    #[test]
    fn the_count_is_what_was_measured_between_two_network_namespaces() {
        // 600 ms a round trip: 1.81 s and 1.21 s; 1.81 s and 1.83 s; 2.47 s and 2.41 s over TCP.
        assert_eq!(of(4_778, 3_496), (3, 2));
        assert_eq!(of(6_128, 4_846), (3, 2));
        assert_eq!(of(8_480, 7_198), (3, 3));
        assert_eq!(of(9_518, 8_236), (3, 3));
        assert_eq!(of(11_174, 9_892).0, 3);
        assert_eq!(of(14_876, 13_594).0, 4);
    }
}

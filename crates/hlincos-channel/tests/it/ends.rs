//! Two ends of a link, each with a disk of two slots and its half of the pad, and a wire.

use hlincos_channel::{BlockId, Source};
use hlincos_channel::{
    ChannelError, Class, ClientHello, Connection, CourieredPad, Durable, End, Event, Greeting,
    HelloError, Identity, LedgerError, LedgerKey, Link, LinkBlock, LinkNumber, Policy, QkdKey,
    Setup, Step, accept,
};
use zeroize::Zeroizing;

/// How the two ends are set up.
#[derive(Clone, Copy)]
pub struct Kind {
    pub policy: Policy,
    pub block_bytes: usize,
    pub couriered_blocks: u64,
    pub slices: usize,
}

pub struct Site {
    pub end: End,
    pub kind: Kind,
    pub disk: [Option<Vec<u8>>; 2],
    pub link: Link,
    pub connection: Option<Connection>,
    pub read: Vec<u8>,
    pub events: Vec<Event>,
    pub now_ms: u64,
}

/// The bytes of a couriered block: both ends have the same.
pub fn block(id: BlockId, len: usize) -> Zeroizing<Vec<u8>> {
    let seed = id.number << 2 | (id.direction as u64) << 1 | id.source as u64;
    Zeroizing::new(noise(seed + 1, len))
}

pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[2]
        })
        .collect()
}

pub fn setup(end: End, kind: Kind) -> Setup {
    let couriered = (kind.couriered_blocks > 0).then_some(CourieredPad {
        block_bytes: kind.block_bytes,
        a_to_b: kind.couriered_blocks,
        b_to_a: kind.couriered_blocks,
    });
    let block = LinkBlock::new(&noise(99, 64 + 64 * kind.slices)).unwrap();
    Setup {
        identity: Identity {
            number: LinkNumber::new(7).unwrap(),
            end,
            pad_id: [3; 16],
        },
        policy: kind.policy,
        ledger_key: LedgerKey::new([end as u8; 32]),
        control: (kind.couriered_blocks > 0).then_some(block.control),
        slices: (kind.slices > 0).then_some(block.slices),
        couriered,
        qkd_block_bytes: kind.block_bytes,
    }
}

impl Site {
    pub fn new(end: End, kind: Kind) -> Self {
        let (link, first) = Link::create(setup(end, kind));
        let mut site = Self {
            end,
            kind,
            disk: [None, None],
            link,
            connection: None,
            read: Vec::new(),
            events: Vec::new(),
            now_ms: 0,
        };
        site.persist(first);
        site
    }

    /// A new process over what is on disk.
    pub fn restart(&mut self) -> Result<(), LedgerError> {
        let [one, two] = &self.disk;
        self.link = Link::open(setup(self.end, self.kind), [one.as_deref(), two.as_deref()])?;
        self.connection = None;
        Ok(())
    }

    pub fn persist<T>(&mut self, durable: Durable<T>) -> T {
        let record = durable.record();
        self.disk[record.slot()] = Some(record.bytes().to_vec());
        self.link.persisted(durable)
    }

    /// Does what the channel needs until it needs nothing.
    pub fn settle(&mut self) -> Result<(), ChannelError> {
        while let Some(mut connection) = self.connection.take() {
            let step = connection.poll(&mut self.link);
            let now_ms = self.now_ms;
            let result = match step {
                None => {
                    self.connection = Some(connection);
                    return Ok(());
                }
                Some(Step::Event(event)) => {
                    self.events.push(event);
                    Ok(())
                }
                Some(Step::Load(id)) => {
                    assert_eq!(id.source, Source::Couriered);
                    let bytes = block(id, self.kind.block_bytes);
                    connection.load(&mut self.link, id, bytes, now_ms)
                }
                Some(Step::Persist(durable)) => {
                    let resume = self.persist(durable);
                    connection.resume(&mut self.link, resume, now_ms)
                }
            };
            self.connection = Some(connection);
            result?;
        }
        Ok(())
    }

    pub fn write(&mut self, data: &[u8]) -> Result<usize, ChannelError> {
        let connection = self.connection.as_mut().expect("a channel");
        connection.write(&mut self.link, data, self.now_ms)
    }

    pub fn output(&mut self) -> Vec<u8> {
        let connection = self.connection.as_mut().expect("a channel");
        let bytes = connection.output().to_vec();
        connection.sent(bytes.len());
        bytes
    }

    /// Receives all of it, reading on the way.
    pub fn receive(&mut self, mut bytes: &[u8]) -> Result<(), ChannelError> {
        loop {
            let connection = self.connection.as_mut().expect("a channel");
            let taken = connection.receive(&mut self.link, bytes, self.now_ms)?;
            bytes = &bytes[taken..];
            self.settle()?;
            let connection = self.connection.as_mut().expect("a channel");
            let mut room = [0; 4_096];
            let mut some = false;
            loop {
                let len = connection.read(&mut self.link, &mut room, self.now_ms);
                self.read.extend_from_slice(&room[..len]);
                some |= len > 0;
                if len == 0 {
                    break;
                }
            }
            self.settle()?;
            if bytes.is_empty() && !some {
                return Ok(());
            }
        }
    }

    pub fn end_channel(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.end(&mut self.link, self.now_ms);
        }
    }
}

/// A link of two ends.
pub struct Ends {
    pub a: Site,
    pub b: Site,
    nonces: u8,
}

impl Ends {
    pub fn new(kind: Kind) -> Self {
        Self {
            a: Site::new(End::A, kind),
            b: Site::new(End::B, kind),
            nonces: 0,
        }
    }

    /// One hello; `from` is the client.
    pub fn hello(&mut self, from: End, class: Class) -> Result<(), HelloError> {
        self.hello_with(from, class, None, None)
    }

    pub fn hello_with(
        &mut self,
        from: End,
        class: Class,
        client_key: Option<QkdKey>,
        server_key: Option<QkdKey>,
    ) -> Result<(), HelloError> {
        self.nonces += 1;
        let nonce = [self.nonces; 32];
        let (client, server) = self.pair(from);
        client.end_channel();
        server.end_channel();
        let greeting = Greeting::begin(&mut client.link, class, nonce, client_key, client.now_ms)?;
        let mut greeting = client.persist(greeting);
        let (hello, used) = ClientHello::read(greeting.bytes())?.expect("all of it");
        assert_eq!(used, greeting.bytes().len());
        let answered = accept(&mut server.link, &hello, [!nonce[0]; 32], server_key, 0)?;
        server.connection = Some(server.persist(answered));
        let answer = server.output();
        let finished = greeting.finish(&mut client.link, &answer, client.now_ms);
        match finished {
            Ok(Some((connection, used))) => {
                assert_eq!(used, answer.len());
                client.connection = Some(client.persist(connection));
                Ok(())
            }
            Ok(None) => panic!("all of the answer was there"),
            Err(error) => {
                greeting.abandon(&mut client.link);
                server.end_channel();
                Err(error)
            }
        }
    }

    pub fn pair(&mut self, client: End) -> (&mut Site, &mut Site) {
        match client {
            End::A => (&mut self.a, &mut self.b),
            End::B => (&mut self.b, &mut self.a),
        }
    }

    /// Carries bytes until nobody has any.
    pub fn carry(&mut self) -> Result<(), ChannelError> {
        loop {
            self.a.settle()?;
            self.b.settle()?;
            let (there, back) = (self.a.output(), self.b.output());
            if there.is_empty() && back.is_empty() {
                return Ok(());
            }
            self.b.receive(&there)?;
            self.a.receive(&back)?;
        }
    }

    /// Sends all of it; carries as needed.
    pub fn send(&mut self, from: End, data: &[u8]) -> Result<(), ChannelError> {
        let mut at = 0;
        let mut idle = 0;
        while at < data.len() {
            let taken = self.pair(from).0.write(&data[at..])?;
            at += taken;
            self.carry()?;
            idle = if taken == 0 { idle + 1 } else { 0 };
            assert!(
                idle < 100,
                "nothing goes on at byte {at}: {:?} {:?} {:?}",
                self.a.events,
                self.b.events,
                from
            );
        }
        self.carry()
    }
}

//! Targets of channels: frames and hellos that somebody changed, and ledgers that rotted.

use hlincos_channel::pad_file::PadHead;
use hlincos_channel::{
    Class, ClassPolicy, ClientHello, Connection, CourieredPad, Durable, End, FrameHead, Greeting,
    Identity, LedgerKey, Level, Link, LinkBlock, LinkNumber, Policy, RECORD_BYTES, Setup, Step,
    accept,
};

const BLOCK_BYTES: usize = 4_096;

/// Frames of a channel, changed as the bytes say: what is read is what was sent, up to the first
/// change. And the bytes themselves, as a head.
pub fn frames(bytes: &[u8]) {
    if let Ok(head) = FrameHead::from_bytes(bytes) {
        assert_eq!(head.to_bytes(), bytes[..32], "one way to write each head");
    }
    let (mut a, mut b) = channel();
    let sent: Vec<u8> = (0..3_000_u32).map(|at| at.to_be_bytes()[3]).collect();
    let mut frames = Vec::new();
    for piece in sent.chunks(700) {
        a.write(piece);
        frames.extend(a.output());
    }
    let changed = edited(&frames, bytes);
    let mut at = 0;
    while at < changed.len() {
        match b.connection.receive(&mut b.link, &changed[at..], 0) {
            Ok(0) | Err(_) => break,
            Ok(taken) => at += taken,
        }
        b.settle();
    }
    let mut read = vec![0; 8_192];
    let len = b.connection.read(&mut b.link, &mut read, 0);
    assert!(sent.starts_with(&read[..len]), "something else was read");
    if changed == frames {
        assert_eq!(len, sent.len());
    }
}

/// A client hello and its answer, changed as the bytes say: no channel comes of it. And the bytes
/// themselves, as a hello and as the head of a pad file.
pub fn hello(bytes: &[u8]) {
    let _ = ClientHello::read(bytes);
    let _ = PadHead::from_bytes(bytes);
    let (mut a, mut b) = (link(End::A), link(End::B));
    let greeting = Greeting::begin(&mut a, Class::Bulk, [1; 32], None, 0).expect("there is pad");
    let mut greeting = persisted(&mut a, greeting);
    let said = greeting.bytes().to_vec();
    let changed = edited(&said, bytes);
    if let Ok(Some((hello, _))) = ClientHello::read(&changed) {
        let accepted = accept(&mut b, &hello, [2; 32], None, 0);
        assert_eq!(
            accepted.is_ok(),
            changed.starts_with(&said),
            "a changed hello"
        );
        if let Ok(durable) = accepted {
            let server = persisted(&mut b, durable);
            let answer = server.output().to_vec();
            let changed = edited(&answer, bytes);
            let made = matches!(greeting.finish(&mut a, &changed, 0), Ok(Some(_)));
            assert_eq!(made, changed.starts_with(&answer), "a changed answer");
        }
    }
}

/// Two slots out of the bytes, and two whole slots changed as they say: what opens was written.
pub fn ledger(bytes: &[u8]) {
    let middle = bytes.len() / 2;
    let (one, two) = bytes.split_at(middle);
    assert!(Link::open(setup(End::A), [Some(one), Some(two)]).is_err());

    let mut disk = [vec![0; RECORD_BYTES], vec![0; RECORD_BYTES]];
    let (mut link, first) = Link::create(setup(End::A));
    write(&mut disk, &first);
    link.persisted(first);
    for nonce in 0..3 {
        let begun = Greeting::begin(&mut link, Class::Bulk, [nonce; 32], None, 0);
        let begun = begun.expect("there is pad");
        write(&mut disk, &begun);
        link.persisted(begun);
    }
    let changed = edited(&disk.concat(), bytes);
    let slots = [
        changed.get(..RECORD_BYTES),
        changed.get(RECORD_BYTES..2 * RECORD_BYTES),
    ];
    if let Ok((opened, _)) = Link::open(setup(End::A), slots) {
        // Nothing that was leased is in stock again.
        let left = |link: &Link| link.stock(0).pad_bytes;
        assert!(left(&opened) <= left(&link), "the ledger went back");
    }
}

fn write<T>(disk: &mut [Vec<u8>; 2], durable: &Durable<T>) {
    let record = durable.record();
    disk[record.slot()].copy_from_slice(record.bytes());
}

/// Changes: two bytes of place and one to add; a last single byte cuts as many off.
fn edited(right: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut changed = right.to_vec();
    let (edits, cut) = edits.as_chunks::<3>();
    for [high, low, by] in edits {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % changed.len();
        changed[at] ^= by;
    }
    if let [cut] = cut {
        changed.truncate(right.len() - usize::from(*cut) % right.len());
    }
    changed
}

struct Site {
    link: Link,
    connection: Connection,
}

impl Site {
    fn settle(&mut self) {
        while let Some(step) = self.connection.poll(&mut self.link) {
            match step {
                Step::Event(_) => {}
                Step::Load(id) => {
                    let fill = id.number.to_be_bytes()[7] ^ 0x5A;
                    let block = vec![fill; BLOCK_BYTES].into();
                    let _ = self.connection.load(&mut self.link, id, block, 0);
                }
                Step::Persist(durable) => {
                    let resume = persisted(&mut self.link, durable);
                    let _ = self.connection.resume(&mut self.link, resume, 0);
                }
            }
        }
    }

    fn write(&mut self, piece: &[u8]) {
        for _ in 0..2 {
            let taken = self.connection.write(&mut self.link, piece, 0);
            if taken == Ok(piece.len()) {
                return;
            }
            assert_eq!(taken, Ok(0), "a block takes it whole");
            self.settle();
        }
        panic!("a block of pad takes it");
    }

    fn output(&mut self) -> Vec<u8> {
        let bytes = self.connection.output().to_vec();
        self.connection.sent(bytes.len());
        bytes
    }
}

fn setup(end: End) -> Setup {
    let class = ClassPolicy {
        preferred: Level::Otp,
        minimum: Level::Otp,
    };
    let block = LinkBlock::new(&[7; 64]).expect("a link block");
    Setup {
        identity: Identity {
            number: LinkNumber::new(1).expect("a number"),
            end,
            pad_id: [1; 16],
        },
        policy: Policy {
            bulk: class,
            reserve_bytes: 0,
            green_seconds: 0,
            ..Policy::default()
        },
        ledger_key: LedgerKey::new([2; 32]),
        control: Some(block.control),
        slices: None,
        couriered: Some(CourieredPad {
            block_bytes: BLOCK_BYTES,
            a_to_b: 1 << 20,
            b_to_a: 1 << 20,
        }),
        qkd_block_bytes: BLOCK_BYTES,
    }
}

fn link(end: End) -> Link {
    let (mut link, first) = Link::create(setup(end));
    link.persisted(first);
    link
}

/// There is no disk here.
fn persisted<T>(link: &mut Link, durable: Durable<T>) -> T {
    link.persisted(durable)
}

fn channel() -> (Site, Site) {
    let (mut a, mut b) = (link(End::A), link(End::B));
    let greeting = Greeting::begin(&mut a, Class::Bulk, [1; 32], None, 0).expect("there is pad");
    let mut greeting = persisted(&mut a, greeting);
    let (hello, _) = ClientHello::read(greeting.bytes())
        .expect("a hello")
        .expect("all of it");
    let server = accept(&mut b, &hello, [2; 32], None, 0).expect("a hello of this link");
    let connection = persisted(&mut b, server);
    let mut b = Site {
        link: b,
        connection,
    };
    let answer = b.output();
    let finished = greeting.finish(&mut a, &answer, 0).expect("an answer");
    let (client, _) = finished.expect("all of it");
    let connection = persisted(&mut a, client);
    let mut a = Site {
        link: a,
        connection,
    };
    let proof = a.output();
    let taken = b.connection.receive(&mut b.link, &proof, 0);
    assert_eq!(taken, Ok(proof.len()));
    b.settle();
    (a, b)
}

//! For whoever changes a suite: `cargo bench -p hlincos-channel`.
//!
//! Frames of 16 KiB of a whole channel, one way, on one core, beside the cipher of the library
//! alone. The mark: suite 1 at least as fast as AES-256-GCM.

#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use hlincos_channel::{
    Class, ClassPolicy, ClientHello, Connection, CourieredPad, Durable, End, Greeting, Identity,
    LedgerKey, Level, Link, LinkBlock, LinkNumber, PAYLOAD_BYTES_MAX, Policy, Setup, Step, accept,
};
use hlincos_sharing::Kernel;
use hlincos_sharing::ghash::Ghash;
use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 1 << 20;
const FRAMES: usize = 60;
const CONTENTS_BYTES: usize = FRAMES * PAYLOAD_BYTES_MAX;

fn main() {
    divan::main();
}

/// One end of a link and its channel.
struct Site {
    link: Link,
    connection: Connection,
}

fn link(end: End, level: Level) -> Link {
    let class = ClassPolicy {
        preferred: level,
        minimum: level,
    };
    let block = LinkBlock::new(&[7; 4_096]).unwrap();
    let (mut link, first) = Link::create(Setup {
        identity: Identity {
            number: LinkNumber::new(1).unwrap(),
            end,
            pad_id: [1; 16],
        },
        policy: Policy {
            emergency: class,
            reserve_bytes: 0,
            ..Policy::default()
        },
        ledger_key: LedgerKey::new([2; 32]),
        control: Some(block.control),
        slices: Some(block.slices),
        couriered: Some(CourieredPad {
            block_bytes: BLOCK_BYTES,
            a_to_b: 8,
            b_to_a: 8,
        }),
        qkd_block_bytes: BLOCK_BYTES,
    });
    persisted(&mut link, first);
    link
}

/// No disk here: what a disk costs is not what is measured.
fn persisted<T>(link: &mut Link, durable: Durable<T>) -> T {
    link.persisted(durable)
}

fn settle(site: &mut Site) {
    while let Some(step) = site.connection.poll(&mut site.link) {
        match step {
            Step::Event(_) => {}
            Step::Load(id) => {
                let pad = Zeroizing::new(vec![0x5A; BLOCK_BYTES]);
                site.connection.load(&mut site.link, id, pad, 0).unwrap();
            }
            Step::Persist(durable) => {
                let resume = persisted(&mut site.link, durable);
                site.connection.resume(&mut site.link, resume, 0).unwrap();
            }
        }
    }
}

/// A channel on which one small frame has gone, so that pad is in memory at both ends.
fn channel(level: Level) -> (Site, Site) {
    let (mut a, mut b) = (link(End::A, level), link(End::B, level));
    let greeting = Greeting::begin(&mut a, Class::Emergency, [1; 32], None, 0).unwrap();
    let mut greeting = persisted(&mut a, greeting);
    let (hello, _) = ClientHello::read(greeting.bytes()).unwrap().unwrap();
    let answered = accept(&mut b, &hello, [2; 32], None, 0).unwrap();
    let mut server = persisted(&mut b, answered);
    let answer = server.output().to_vec();
    server.sent(answer.len());
    let (client, _) = greeting.finish(&mut a, &answer, 0).unwrap().unwrap();
    let connection = persisted(&mut a, client);
    let mut a = Site {
        link: a,
        connection,
    };
    let mut b = Site {
        link: b,
        connection: server,
    };
    while a.connection.write(&mut a.link, b"first", 0).unwrap() == 0 {
        settle(&mut a);
    }
    carry(&mut a, &mut b);
    read(&mut b);
    (a, b)
}

fn carry(a: &mut Site, b: &mut Site) {
    let bytes = a.connection.output().to_vec();
    a.connection.sent(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        at += b.connection.receive(&mut b.link, &bytes[at..], 0).unwrap();
        settle(b);
    }
    settle(b);
}

fn read(site: &mut Site) -> usize {
    let mut room = [0; PAYLOAD_BYTES_MAX];
    let mut all = 0;
    loop {
        match site.connection.read(&mut site.link, &mut room, 0) {
            0 => return all,
            len => all += len,
        }
    }
}

fn write_all(site: &mut Site, contents: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < contents.len() {
        at += site
            .connection
            .write(&mut site.link, &contents[at..], 0)
            .unwrap();
        out.extend_from_slice(site.connection.output());
        site.connection.sent(site.connection.output().len());
    }
}

#[divan::bench(args = [Level::Otp, Level::Psk, Level::Hybrid])]
fn seal(bencher: Bencher<'_, '_>, level: Level) {
    let contents = vec![7; CONTENTS_BYTES];
    bencher
        .counter(BytesCount::new(CONTENTS_BYTES))
        .with_inputs(|| channel(level).0)
        .bench_local_refs(|site| {
            let mut at = 0;
            while at < contents.len() {
                let piece = black_box(&contents[at..]);
                at += site.connection.write(&mut site.link, piece, 0).unwrap();
                site.connection.sent(site.connection.output().len());
            }
        });
}

#[divan::bench(args = [Level::Otp, Level::Psk, Level::Hybrid])]
fn open(bencher: Bencher<'_, '_>, level: Level) {
    let contents = vec![7; CONTENTS_BYTES];
    bencher
        .counter(BytesCount::new(CONTENTS_BYTES))
        .with_inputs(|| {
            let (mut a, b) = channel(level);
            let mut frames = Vec::new();
            write_all(&mut a, &contents, &mut frames);
            (b, frames)
        })
        .bench_local_refs(|(site, frames)| {
            let (mut at, mut all) = (0, 0);
            while all < CONTENTS_BYTES {
                let piece = black_box(&frames[at..]);
                at += site.connection.receive(&mut site.link, piece, 0).unwrap();
                all += read(site);
            }
        });
}

/// What the library's cipher takes, in place, without a channel around it.
#[divan::bench]
fn aes_256_gcm_alone(bencher: Bencher<'_, '_>) {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[3; 32]).unwrap());
    let mut contents = vec![7; CONTENTS_BYTES];
    bencher
        .counter(BytesCount::new(CONTENTS_BYTES))
        .bench_local(|| {
            for (seq, payload) in contents.chunks_mut(PAYLOAD_BYTES_MAX).enumerate() {
                let mut nonce = [0; 12];
                nonce[4..].copy_from_slice(&(seq as u64).to_be_bytes());
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from([0; 32]), black_box(payload))
                    .unwrap();
                let _ = black_box(tag);
            }
        });
}

/// The pad and the tag of suite 1, without a channel around them.
#[divan::bench]
fn pad_and_tag_alone(bencher: Bencher<'_, '_>) {
    let begun = Ghash::new(Kernel::best(), &[3; 16]);
    let text = vec![7; CONTENTS_BYTES];
    let (mut pad, mut out) = (vec![9; CONTENTS_BYTES], vec![0; PAYLOAD_BYTES_MAX]);
    bencher
        .counter(BytesCount::new(CONTENTS_BYTES))
        .bench_local(|| {
            let frames = text.chunks(PAYLOAD_BYTES_MAX);
            for (text, pad) in frames.zip(pad.chunks_mut(PAYLOAD_BYTES_MAX)) {
                let mut sum = begun.clone();
                sum.update(&[0; 32]);
                sum.seal(black_box(text), pad, &mut out);
                sum.update(&[0; 16]);
                black_box(sum.finish());
            }
        });
}

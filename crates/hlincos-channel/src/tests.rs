//! Vectors of `spec/reference/channel.py`, and what one half of a suite does to the other.

use std::fs;
use std::path::Path;

use hlincos_sharing::Kernel;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::control::Control;
use crate::hello::message::{ClientHello, FINISH_BYTES, ServerHello, finish, read_finish};
use crate::hybrid::Ingredients;
use crate::kdf::{Scope, Secret, Transcript, derive};
use crate::link_block::ControlKey;
use crate::pad_file::{self, PadFileError, PadHead, PadKey};
use crate::ratchet::Chain;
use crate::suite::gcm::{GcmKey, Steps};
use crate::suite::pad::{Lease, confirm};
use crate::{
    BlockId, Class, Direction, End, FrameError, FrameHead, Generation, HEAD_BYTES, HelloError,
    LinkBlock, LinkId, LinkNumber, PadOffset, Source, Suite, TAG_BYTES,
};

/// The vectors whose names begin so.
pub(crate) fn cases(prefix: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/channel");
    let mut names: Vec<String> = fs::read_dir(folder.clone())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "vectors of {prefix}");
    names
        .into_iter()
        .map(|name| {
            let text = fs::read_to_string(folder.join(&name)).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(crate) fn bytes(case: &Value, field: &str) -> Vec<u8> {
    hex(case[field].as_str().unwrap())
}

pub(crate) fn secret(case: &Value, field: &str) -> Secret {
    Secret::new(bytes(case, field).try_into().unwrap())
}

fn scope(transcript: Vec<u8>) -> Scope {
    Scope {
        link: LinkId {
            number: LinkNumber::new(7).unwrap(),
            class: Class::Emergency,
            direction: Direction::AToB,
        },
        generation: Generation(2),
        transcript: Transcript(transcript.try_into().unwrap()),
    }
}

fn frame_error(expect: &str) -> FrameError {
    match expect {
        "truncated" => FrameError::Truncated,
        "magic" => FrameError::Magic,
        "suite" => FrameError::Suite,
        "flags" => FrameError::Flags,
        "link" => FrameError::Link,
        "length" => FrameError::Length,
        "pad" => FrameError::Pad,
        "tag" => FrameError::Tag,
        "control" => FrameError::Control,
        other => panic!("{other}"),
    }
}

#[test]
fn heads_are_read_and_refused_as_the_reference_does() {
    for (name, case) in cases("head_") {
        let bytes = bytes(&case, "bytes");
        let read = FrameHead::from_bytes(&bytes);
        let expect = case["expect"].as_str().unwrap();
        if expect != "ok" {
            assert_eq!(read, Err(frame_error(expect)), "{name}");
            continue;
        }
        let head = read.unwrap();
        let told = |field: &str| case[field].as_u64().unwrap();
        assert_eq!(head.suite as u64, told("suite"));
        assert_eq!(u64::from(head.control), told("flags"));
        assert_eq!(u64::from(head.link.number.get()), told("link"));
        assert_eq!(head.link.class as u64, told("class"));
        assert_eq!(head.link.direction as u64, told("direction"));
        assert_eq!((head.seq, head.place), (told("seq"), told("place")));
        assert_eq!(u64::from(head.payload_len), told("length"));
        assert_eq!(u64::from(head.generation.0), told("generation"));
        assert_eq!(head.to_bytes().as_slice(), bytes, "{name}");
    }
}

/// A frame's head, and what is behind it.
fn taken_apart(frame: &[u8]) -> (FrameHead, [u8; HEAD_BYTES], Vec<u8>) {
    let (head, rest) = frame.split_first_chunk::<HEAD_BYTES>().unwrap();
    (FrameHead::from_bytes(head).unwrap(), *head, rest.to_vec())
}

#[test]
fn pad_frames_are_sealed_and_opened_as_the_reference_does_by_every_kernel() {
    for (name, case) in cases("pad_") {
        if name.starts_with("pad_file") || name.starts_with("pad_block") {
            continue;
        }
        let (head, head_bytes, mut rest) = taken_apart(&bytes(&case, "frame"));
        let pad = bytes(&case, "pad");
        let place = PadOffset::from_bits(head.place);
        let expect = case["expect"].as_str().unwrap();
        // Bad ones are read against block 0 of couriered pad, good ones against their own.
        let (source, number) = match expect {
            "ok" => (place.source, place.at / pad.len() as u64),
            _ => (Source::Couriered, 0),
        };
        let id = BlockId {
            source,
            direction: Direction::AToB,
            number,
        };
        for kernel in Kernel::available() {
            let lease = || Lease::new(kernel, id, Zeroizing::new(pad.clone()));
            let mut opening = lease();
            let mut opened = rest.clone();
            let (payload, tag) = opened.split_at_mut(head.payload());
            let mut plain = vec![0; payload.len()];
            let result = opening.open(place, &head_bytes, payload, tag, &mut plain);
            if expect != "ok" {
                assert_eq!(result, Err(frame_error(expect)), "{name}, {kernel}");
                assert!(plain.iter().all(|byte| *byte == 0), "{name} gave something");
                assert_eq!(opening.left(), pad.len() - 32, "{name} spent something");
                continue;
            }
            result.unwrap();
            assert_eq!(plain, bytes(&case, "plain"), "{name}, {kernel}");
            let at = usize::try_from(place.at % pad.len() as u64).unwrap();
            assert_eq!(opening.left(), pad.len() - at - TAG_BYTES - plain.len());

            let mut sealing = lease();
            sealing.spend_to(at);
            let mut sealed = vec![0; plain.len()];
            let tag = sealing.seal(&head_bytes, &plain, &mut sealed);
            sealed.extend_from_slice(&tag);
            assert_eq!(sealed, rest, "{name}, {kernel}");
            assert_eq!(sealing.left(), opening.left());
        }
        rest.clear();
    }
}

#[test]
fn a_frame_is_opened_once() {
    let id = BlockId {
        source: Source::Couriered,
        direction: Direction::AToB,
        number: 0,
    };
    let lease = || Lease::new(Kernel::best(), id, Zeroizing::new(vec![0x3C; 512]));
    let (mut sealing, mut opening) = (lease(), lease());
    let place = sealing.place();
    let mut sealed = vec![0; 100];
    let tag = sealing.seal(&[1; HEAD_BYTES], &[7; 100], &mut sealed);
    let mut plain = vec![0; 100];
    let mut open = |plain: &mut [u8]| opening.open(place, &[1; HEAD_BYTES], &sealed, &tag, plain);
    open(&mut plain).unwrap();
    assert_eq!(plain, [7; 100]);
    assert_eq!(open(&mut plain), Err(FrameError::Pad));
}

#[test]
fn the_pad_of_what_was_sealed_or_opened_is_wiped() {
    let id = BlockId {
        source: Source::Qkd,
        direction: Direction::BToA,
        number: 3,
    };
    let mut lease = Lease::new(Kernel::best(), id, Zeroizing::new(vec![0x3C; 512]));
    let mut sealed = vec![0; 100];
    lease.seal(&[1; HEAD_BYTES], &[7; 100], &mut sealed);
    let (spent, left) = lease.bytes().split_at(32 + 16 + 100);
    assert!(spent.iter().all(|byte| *byte == 0));
    assert!(left.iter().all(|byte| *byte == 0x3C));
}

#[test]
fn epoch_frames_are_opened_as_the_reference_seals_them() {
    for (name, case) in cases("epoch_frame") {
        let (head, head_bytes, mut rest) = taken_apart(&bytes(&case, "frame"));
        let place = PadOffset::from_bits(head.place);
        let id = BlockId {
            source: Source::Qkd,
            direction: Direction::AToB,
            number: 0,
        };
        let lease = Lease::new(Kernel::best(), id, Zeroizing::new(bytes(&case, "pad")));
        let slice = lease.slice_at(place).unwrap();
        let key = GcmKey::of_slice(&slice, &scope(bytes(&case, "transcript")), head.place);
        key.open(head.seq, &head_bytes, &mut rest).unwrap();
        assert_eq!(rest[..head.payload()], bytes(&case, "plain"), "{name}");
    }
}

#[test]
fn chains_and_secrets_are_those_of_the_reference() {
    let (_, case) = cases("ratchet").remove(0);
    let control = ControlKey(secret(&case, "control"));
    let list = |field: &str| -> Vec<Secret> {
        let list = case[field].as_array().unwrap().iter();
        list.map(|it| Secret::new(hex(it.as_str().unwrap()).try_into().unwrap()))
            .collect()
    };
    let (slices, expected) = (list("slices"), list("chains"));
    let mut chains = vec![Chain::start(&control, End::B)];
    for slice in &slices {
        chains.push(chains.last().unwrap().step(slice));
    }
    for (chain, expected) in chains.iter().zip(&expected) {
        assert_eq!(chain.key, *expected, "epoch {}", chain.epoch);
    }
    let scope = scope(bytes(&case, "transcript"));
    let info = scope.info(Suite::Psk, 0);
    assert_eq!(
        derive(&*chains[2].key, &*slices[2], &[&info]),
        secret(&case, "psk")
    );
    let (kem, x25519) = (bytes(&case, "kem"), bytes(&case, "x25519"));
    let alone = Ingredients {
        chain_key: &[],
        qkd_key: &[],
        kem: &kem,
        x25519: &x25519,
        slice: &[],
        qkd_key_id: &[],
    };
    assert_eq!(alone.secret(&scope), secret(&case, "hybrid_alone"));
    let all = Ingredients {
        chain_key: &*chains[2].key,
        qkd_key: &bytes(&case, "qkd"),
        slice: &*slices[2],
        qkd_key_id: case["key_id"].as_str().unwrap().as_bytes(),
        ..alone
    };
    assert_eq!(all.secret(&scope), secret(&case, "hybrid"));
}

#[test]
fn frames_of_the_ratchet_are_opened_in_their_step_and_the_next() {
    for suite in ["psk", "hybrid"] {
        let frames = cases(&format!("{suite}_frame"));
        let mut steps = Steps::new(secret(&frames[0].1, "secret"));
        for (name, case) in &frames {
            let (head, head_bytes, mut rest) = taken_apart(&bytes(case, "frame"));
            steps
                .open(head.place, head.seq, &head_bytes, &mut rest)
                .unwrap();
            assert_eq!(rest[..head.payload()], bytes(case, "plain"), "{name}");
        }
        // What is behind is forgotten, and nobody jumps ahead.
        let (_, head_bytes, mut rest) = taken_apart(&bytes(&frames[0].1, "frame"));
        for step in [0, 3] {
            let opened = steps.open(step, 0, &head_bytes, &mut rest);
            assert_eq!(opened, Err(FrameError::Key));
        }
    }
}

fn hello_error(expect: &str) -> HelloError {
    match expect {
        "malformed" => HelloError::Malformed,
        "link" => HelloError::Link,
        "mac" => HelloError::Mac,
        other => panic!("{other}"),
    }
}

#[test]
fn client_hellos_are_read_and_refused_as_the_reference_does() {
    for (name, case) in cases("client_hello_") {
        let (bytes, key) = (bytes(&case, "bytes"), secret(&case, "key"));
        let read = ClientHello::read(&bytes);
        match case["expect"].as_str().unwrap() {
            "ok" => {
                let (hello, used) = read.unwrap().unwrap();
                assert!(hello.is_authentic(&key) && used == bytes.len(), "{name}");
                let id = hello.qkd_key_id().map(crate::KeyId::as_str);
                assert_eq!(id, case["qkd"].as_str(), "{name}");
                assert_eq!(again(&hello, &key).bytes(), bytes, "{name}");
            }
            "more" => assert_eq!(read.map(|it| it.is_none()), Ok(true), "{name}"),
            "mac" => assert!(!read.unwrap().unwrap().0.is_authentic(&key), "{name}"),
            expect => assert_eq!(read.unwrap_err(), hello_error(expect), "{name}"),
        }
    }
}

/// Writes what was read.
fn again(hello: &ClientHello, key: &Secret) -> ClientHello {
    ClientHello::new(
        key,
        hello.link,
        hello.nonce,
        hello.generation,
        hello.minimum,
        hello.first,
        hello.views,
        hello.epoch,
        hello.exchange.clone(),
        hello.qkd.clone(),
    )
}

#[test]
fn server_hellos_and_proofs_are_those_of_the_reference() {
    for (name, case) in cases("hello_") {
        let (client, server) = (bytes(&case, "client"), bytes(&case, "server"));
        let (key, proof) = (secret(&case, "key"), bytes(&case, "finish"));
        let (hello, used) = ServerHello::read(&key, &client, &server).unwrap().unwrap();
        assert_eq!(used, server.len());
        assert_eq!(hello.write(&key, &client), server, "{name}");
        let transcript = Transcript::of(&client, &server);
        assert_eq!(transcript.0.as_slice(), bytes(&case, "transcript"));
        let granted = case["granted"].as_bool().unwrap();
        assert_eq!(finish(&key, &transcript, granted).as_slice(), proof);
        let read = read_finish(&key, &transcript, &proof.try_into().unwrap());
        assert_eq!(read, Ok(granted), "{name}");
    }
    for (name, case) in cases("server_hello_") {
        let (key, client) = (secret(&case, "key"), bytes(&case, "client"));
        let read = ServerHello::read(&key, &client, &bytes(&case, "bytes"));
        let error = read.map(drop).unwrap_err();
        assert_eq!(
            error,
            hello_error(case["expect"].as_str().unwrap()),
            "{name}"
        );
    }
    for (name, case) in cases("finish_") {
        let transcript = Transcript(bytes(&case, "transcript").try_into().unwrap());
        let proof: [u8; FINISH_BYTES] = bytes(&case, "bytes").try_into().unwrap();
        let read = read_finish(&secret(&case, "key"), &transcript, &proof);
        assert_eq!(read, Err(HelloError::Mac), "{name}");
    }
}

#[test]
fn control_frames_are_read_and_refused_as_the_reference_does() {
    for (name, case) in cases("control_") {
        let bytes = bytes(&case, "bytes");
        match case["expect"].as_str().unwrap() {
            "ok" => assert_eq!(Control::read(&bytes).unwrap().write(), bytes, "{name}"),
            expect => assert_eq!(Control::read(&bytes), Err(frame_error(expect)), "{name}"),
        }
    }
}

#[test]
fn confirms_are_those_of_the_reference() {
    for (name, case) in cases("confirm_") {
        let number = case["number"].as_u64().unwrap();
        for kernel in Kernel::available() {
            let tag = confirm(kernel, number, &bytes(&case, "block"));
            assert_eq!(tag.as_slice(), bytes(&case, "tag"), "{name}, {kernel}");
        }
    }
}

fn pad_error(expect: &str) -> PadFileError {
    match expect {
        "truncated" => PadFileError::Truncated,
        "magic" => PadFileError::Magic,
        "version" => PadFileError::Version,
        "field" => PadFileError::Field,
        "scrypt" => PadFileError::Scrypt,
        "passphrase" => PadFileError::Passphrase,
        "block" => PadFileError::Block,
        "gone" => PadFileError::Gone,
        other => panic!("{other}"),
    }
}

#[test]
fn heads_of_pad_files_are_read_and_refused_as_the_reference_does() {
    for (name, case) in cases("pad_file_") {
        let bytes_of_head = bytes(&case, "head");
        let key = PadKey::new(&secret(&case, "key"));
        let read = PadHead::from_bytes(&bytes_of_head);
        let checked = read.and_then(|head| key.check(&bytes_of_head).map(|()| head));
        let expect = case["expect"].as_str().unwrap();
        if expect != "ok" {
            assert_eq!(checked, Err(pad_error(expect)), "{name}");
            continue;
        }
        let head = checked.unwrap();
        assert_eq!(head.to_bytes(&key).unwrap().as_slice(), bytes_of_head);
        let derived = pad_file::derive_key(&bytes(&case, "passphrase"), &head);
        assert_eq!(derived.check(&bytes_of_head), Ok(()));
        let wrong = pad_file::derive_key(b"another", &head);
        assert_eq!(wrong.check(&bytes_of_head), Err(PadFileError::Passphrase));

        let index = case["number"].as_u64().unwrap();
        let opened = derived.open(&head, index, &bytes(&case, "block")).unwrap();
        assert_eq!(*opened, bytes(&case, "plain"));
        let mut sealed = bytes(&case, "plain");
        sealed.extend_from_slice(&[0; pad_file::SEAL_BYTES]);
        derived.seal(&head, index, &mut sealed);
        assert_eq!(sealed, bytes(&case, "block"));
    }
}

#[test]
fn blocks_of_pad_files_are_refused_as_the_reference_does() {
    for (name, case) in cases("pad_block_") {
        let head = PadHead::from_bytes(&bytes(&case, "head")).unwrap();
        let key = PadKey::new(&secret(&case, "key"));
        let index = case["number"].as_u64().unwrap();
        let opened = key.open(&head, index, &bytes(&case, "block"));
        let expect = pad_error(case["expect"].as_str().unwrap());
        assert_eq!(opened, Err(expect), "{name}");
    }
}

#[test]
fn each_block_of_a_stream_has_its_place_in_the_file() {
    let (_, case) = cases("pad_file_good").remove(0);
    let head = PadHead::from_bytes(&bytes(&case, "head")).unwrap();
    let index = |source, direction, number| {
        head.index(BlockId {
            source,
            direction,
            number,
        })
    };
    let courier = Source::Couriered;
    assert_eq!(index(courier, Direction::AToB, 0), Some(1));
    assert_eq!(index(courier, Direction::AToB, 1), Some(2));
    assert_eq!(index(courier, Direction::AToB, 2), None);
    assert_eq!(index(courier, Direction::BToA, 0), Some(3));
    assert_eq!(index(courier, Direction::BToA, 1), None);
    assert_eq!(index(Source::Qkd, Direction::AToB, 0), None);
    assert_eq!((head.blocks(), head.place(3)), (4, 160 + 3 * 4_112));
}

#[test]
fn a_link_block_becomes_the_keys_of_the_reference() {
    let (_, case) = cases("link_block").remove(0);
    let block = LinkBlock::new(&bytes(&case, "block")).unwrap();
    assert_eq!(block.control.0, secret(&case, "control"));
    assert_eq!(block.ledger.0, secret(&case, "ledger"));
    assert_eq!(block.slices.count(), 2);
    for (epoch, pair) in case["slices"].as_array().unwrap().iter().enumerate() {
        for (server, slice) in [End::A, End::B].into_iter().zip(pair.as_array().unwrap()) {
            let expected = hex(slice.as_str().unwrap());
            let slice = block.slices.slice(server, epoch as u64).unwrap();
            assert_eq!(slice.as_slice(), expected);
        }
    }
    assert!(LinkBlock::new(&[0; 4_096]).is_err(), "a destroyed one");
    assert!(LinkBlock::new(&[1; 63]).is_err(), "a short one");
}

#[test]
fn hellos_are_as_long_as_the_page_says_at_most() {
    assert_eq!(crate::CLIENT_HELLO_BYTES_MAX, 1_873);
    let server = cases("hello_good")[0].1["server"].as_str().unwrap().len() / 2;
    assert_eq!(server, 1_808);
}

#[test]
fn links_and_channels_may_go_to_another_thread() {
    fn sends<T: Send>() {}
    sends::<crate::Link>();
    sends::<crate::Greeting>();
    sends::<crate::Connection>();
    sends::<crate::Durable<crate::Connection>>();
    sends::<crate::Step>();
}

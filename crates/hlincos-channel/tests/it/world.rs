//! Two ends, two disks, a wire and somebody on it; every byte of pad that leaves is written down.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use hlincos_channel::{
    Alarm, Class, ClassPolicy, ClientHello, Connection, Direction, Durable, End, FrameHead,
    Greeting, HEAD_BYTES, HelloError, LedgerError, Level, Link, PadOffset, Policy, Resume, Source,
    Step, Suite, TAG_BYTES, accept,
};

use crate::ends::{Kind, block, setup};

const BLOCK_BYTES: usize = 512;
const MESSAGE_BYTES: usize = 200;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    /// Says hello.
    Begin(End),
    /// Writes the record that waits, and goes on.
    Persist(End),
    /// Writes the record that waits, and dies before anything comes of it.
    PersistThenDie(End),
    /// Dies within the write: the slot is torn.
    Tear(End),
    /// Dies, and the newest slot of its disk rots.
    Rot(End),
    /// Dies, and starts anew.
    Die(End),
    /// Sends a message.
    Write(End),
    /// Seals a message, and dies before it leaves.
    WriteThenDie(End),
    /// Gets what is on the wire.
    Deliver(End),
    /// Gets what is on the wire, changed.
    Attack(End, Change),
    /// The wire is cut; what was on it is lost.
    Cut,
    /// Somebody says an old hello again, and all that followed it.
    Replay(End),
    /// Gets the disk of so many records ago, and starts anew.
    RollBack(End, usize),
}

/// How an attacker changes what is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Twice.
    Repeat,
    /// The last frame first.
    Swap,
    /// Instead, what the end itself sent last.
    Reflect,
    /// Instead, what it got in an earlier channel.
    Old,
    /// Without its last byte, and then nothing more.
    Shorten,
    /// With one bit changed.
    Flip,
}

pub(crate) const CHANGES: [Change; 6] = [
    Change::Repeat,
    Change::Swap,
    Change::Reflect,
    Change::Old,
    Change::Shorten,
    Change::Flip,
];

enum Waiting {
    Greeting(Durable<Greeting>),
    Client(Durable<Connection>),
    Server(Durable<Connection>),
    Resume(Durable<Resume>),
}

#[expect(clippy::large_enum_variant, reason = "there are two of them")]
enum Talk {
    None,
    /// A hello was said.
    Asked(Greeting),
    Open(Connection),
}

type Disk = [Option<Vec<u8>>; 2];

struct Node {
    end: End,
    disk: Disk,
    /// Every state that the disk was in.
    images: Vec<Disk>,
    link: Link,
    talk: Talk,
    waiting: Option<Waiting>,
    /// On the wire to this end.
    wire: Vec<u8>,
    /// What this end sent last, and all that it got in earlier channels.
    sent_last: Vec<u8>,
    old: Vec<u8>,
    got: Vec<u8>,
    hellos: u8,
    read: Vec<u8>,
    unsent: Vec<u8>,
    /// Numbers of the messages that it got, ever.
    messages: Vec<u32>,
    /// Alarms of a rolled-back ledger, in all its lives.
    rolled_back: u32,
    was_rolled_back: bool,
}

pub(crate) struct World {
    a: Node,
    b: Node,
    spent: BTreeMap<(Direction, u64), u64>,
    written: u32,
    /// The hello that was said last, and all that its client sent after it.
    said: Option<(End, Vec<u8>, Vec<u8>)>,
}

fn kind() -> Kind {
    let class = ClassPolicy {
        preferred: Level::Otp,
        minimum: Level::Otp,
    };
    Kind {
        policy: Policy {
            emergency: class,
            reserve_bytes: 0,
            ..Policy::default()
        },
        block_bytes: BLOCK_BYTES,
        couriered_blocks: 1 << 20,
        slices: 0,
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn newest(disk: &Disk) -> usize {
    let number = |slot: usize| disk[slot].as_ref().map(|bytes| bytes[8..16].to_vec());
    usize::from(number(1) > number(0))
}

/// `leased_end` and `claimed_end` of couriered pad in the newer of the slots: `spec/channel.md`,
/// section 7.1.
fn ends(disk: &Disk) -> (u64, u64) {
    let long = |slot: &[u8], at: usize| u64::from_be_bytes(slot[at..at + 8].try_into().unwrap());
    disk.iter()
        .flatten()
        .max_by_key(|slot| long(slot, 8))
        .map_or((0, 0), |slot| (long(slot, 40), long(slot, 56)))
}

impl Node {
    fn new(end: End) -> Self {
        let (link, first) = Link::create(setup(end, kind()));
        let mut node = Self {
            end,
            disk: [None, None],
            images: Vec::new(),
            link,
            talk: Talk::None,
            waiting: None,
            wire: Vec::new(),
            sent_last: Vec::new(),
            old: Vec::new(),
            got: Vec::new(),
            hellos: 0,
            read: Vec::new(),
            unsent: Vec::new(),
            messages: Vec::new(),
            rolled_back: 0,
            was_rolled_back: false,
        };
        node.persist(first);
        node
    }

    fn persist<T>(&mut self, durable: Durable<T>) -> T {
        let record = durable.record();
        self.disk[record.slot()] = Some(record.bytes().to_vec());
        self.images.push(self.disk.clone());
        self.link.persisted(durable)
    }

    fn store_waiting(&mut self) {
        let record = match self.waiting.as_ref().unwrap() {
            Waiting::Greeting(durable) => durable.record(),
            Waiting::Client(durable) | Waiting::Server(durable) => durable.record(),
            Waiting::Resume(durable) => durable.record(),
        };
        self.disk[record.slot()] = Some(record.bytes().to_vec());
        self.images.push(self.disk.clone());
    }

    /// Forgets all that is in memory, and reads the disk.
    fn restart(&mut self) {
        self.talk = Talk::None;
        self.waiting = None;
        self.note_alarms();
        let slots = [self.disk[0].as_deref(), self.disk[1].as_deref()];
        match Link::open(setup(self.end, kind()), slots) {
            Ok((link, mended)) => {
                self.link = link;
                if let Some(mended) = mended {
                    self.persist(mended);
                }
            }
            Err(LedgerError::Damaged | LedgerError::Missing) => {
                panic!("one torn write must not lose the ledger")
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn note_alarms(&mut self) {
        while let Some(alarm) = self.link.take_alarm() {
            if let Alarm::RolledBack { .. } = alarm {
                assert!(self.was_rolled_back, "a false alarm: {alarm}");
                self.rolled_back += 1;
            }
        }
    }

    /// Runs until something must be written.
    fn settle(&mut self) {
        while self.waiting.is_none() {
            let Talk::Open(connection) = &mut self.talk else {
                break;
            };
            match connection.poll(&mut self.link) {
                None => break,
                Some(Step::Event(_)) => {}
                Some(Step::Load(id)) => {
                    let bytes = block(id, BLOCK_BYTES);
                    // A failed channel stays failed; that is seen where it is used.
                    let _ = connection.load(&mut self.link, id, bytes, 0);
                }
                Some(Step::Persist(durable)) => self.waiting = Some(Waiting::Resume(durable)),
            }
            self.read_all();
        }
        while self.link.take_erase().is_some() {}
        self.note_alarms();
    }

    /// Writes what is queued, as far as that goes.
    fn pump(&mut self) {
        loop {
            let Talk::Open(connection) = &mut self.talk else {
                return;
            };
            let taken = connection.write(&mut self.link, &self.unsent, 0);
            let taken = taken.unwrap_or(0);
            self.unsent.drain(..taken);
            let blocked = self.waiting.is_some();
            self.settle();
            if taken == 0 && (blocked || self.waiting.is_some()) || self.unsent.is_empty() {
                return;
            }
            if taken == 0 {
                // Perhaps a block was read; else the other end is waited for.
                let Talk::Open(connection) = &mut self.talk else {
                    return;
                };
                match connection.write(&mut self.link, &self.unsent, 0) {
                    Ok(0) | Err(_) => return,
                    Ok(taken) => drop(self.unsent.drain(..taken)),
                }
            }
        }
    }

    fn read_all(&mut self) {
        let Talk::Open(connection) = &mut self.talk else {
            return;
        };
        let mut room = [0; 512];
        loop {
            let len = connection.read(&mut self.link, &mut room, 0);
            self.read.extend_from_slice(&room[..len]);
            if len == 0 {
                break;
            }
        }
        while self.read.len() >= MESSAGE_BYTES {
            let message: Vec<u8> = self.read.drain(..MESSAGE_BYTES).collect();
            let number = u32::from_be_bytes(message[..4].try_into().unwrap());
            assert_eq!(message, text(number), "another message than was sent");
            assert!(
                !self.messages.contains(&number),
                "message {number} came twice"
            );
            self.messages.push(number);
        }
    }

    fn hang_up(&mut self) {
        match std::mem::replace(&mut self.talk, Talk::None) {
            Talk::None => {}
            Talk::Asked(greeting) => greeting.abandon(&mut self.link),
            Talk::Open(connection) => connection.end(&mut self.link, 0),
        }
        self.read.clear();
        self.unsent.clear();
        let got = std::mem::take(&mut self.got);
        if !got.is_empty() {
            self.old = got;
        }
    }
}

fn text(number: u32) -> Vec<u8> {
    let mut text = number.to_be_bytes().to_vec();
    text.resize(MESSAGE_BYTES, b'a' + (number % 26) as u8);
    text
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            a: Node::new(End::A),
            b: Node::new(End::B),
            spent: BTreeMap::new(),
            written: 0,
            said: None,
        }
    }

    fn pair(&mut self, end: End) -> (&mut Node, &mut Node) {
        match end {
            End::A => (&mut self.a, &mut self.b),
            End::B => (&mut self.b, &mut self.a),
        }
    }

    fn node(&mut self, end: End) -> &mut Node {
        self.pair(end).0
    }

    /// What can happen now.
    pub(crate) fn acts(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        let replayable = self.said.is_some();
        for end in [End::A, End::B] {
            let said_by = self.said.as_ref().map(|(by, ..)| *by);
            let (node, other) = self.pair(end);
            if node.waiting.is_some() {
                acts.extend([Act::Persist(end), Act::PersistThenDie(end), Act::Tear(end)]);
            } else {
                match &node.talk {
                    Talk::None if matches!(other.talk, Talk::None) && other.waiting.is_none() => {
                        acts.push(Act::Begin(end));
                        if replayable && said_by == Some(end.other()) {
                            acts.push(Act::Replay(end));
                        }
                    }
                    Talk::Open(connection) if connection.is_open() => {
                        acts.extend([Act::Write(end), Act::WriteThenDie(end)]);
                    }
                    _ => {}
                }
                if !node.wire.is_empty() {
                    acts.push(Act::Deliver(end));
                    if matches!(node.talk, Talk::Open(_)) {
                        acts.extend(CHANGES.map(|change| Act::Attack(end, change)));
                    }
                }
            }
            acts.push(Act::Die(end));
            if node.disk.iter().all(Option::is_some) {
                acts.push(Act::Rot(end));
            }
            if node.images.len() > 1 && !node.was_rolled_back && !other.was_rolled_back {
                acts.extend((1..node.images.len().min(4)).map(|back| Act::RollBack(end, back)));
            }
        }
        let silent = |node: &Node| matches!(node.talk, Talk::None) && node.waiting.is_none();
        if !(silent(&self.a) && silent(&self.b)) {
            acts.push(Act::Cut);
        }
        acts
    }

    pub(crate) fn act(&mut self, act: Act) {
        match act {
            Act::Begin(end) => self.begin(end),
            Act::Persist(end) => self.persist(end),
            Act::PersistThenDie(end) => {
                self.node(end).store_waiting();
                self.die(end);
            }
            Act::Tear(end) => {
                let node = self.node(end);
                let before = node.disk.clone();
                node.store_waiting();
                node.images.pop();
                // Some bytes of the new record, then the old ones: no whole record.
                for (slot, before) in node.disk.iter_mut().zip(before) {
                    if *slot != before {
                        let slot = slot.as_mut().unwrap();
                        let old = before.unwrap_or_else(|| vec![0; slot.len()]);
                        slot[100..].copy_from_slice(&old[100..]);
                    }
                }
                self.die(end);
            }
            Act::Rot(end) => {
                let node = self.node(end);
                let newest = newest(&node.disk);
                node.disk[newest].as_mut().unwrap()[50] ^= 4;
                self.die(end);
            }
            Act::Die(end) => self.die(end),
            Act::Write(end) => {
                self.write(end);
                self.send(end);
            }
            Act::WriteThenDie(end) => {
                self.write(end);
                self.die(end);
            }
            Act::Deliver(end) => {
                let bytes = std::mem::take(&mut self.node(end).wire);
                let whole = self.deliver(end, &bytes);
                assert!(whole, "what was not changed must be accepted");
            }
            Act::Attack(end, change) => self.attack(end, change),
            Act::Cut => self.cut(),
            Act::Replay(end) => self.replay(end),
            Act::RollBack(end, back) => {
                let node = self.node(end);
                let at = node.images.len() - 1 - back;
                node.disk = node.images[at].clone();
                node.was_rolled_back = true;
                self.die(end);
            }
        }
    }

    fn cut(&mut self) {
        for end in [End::A, End::B] {
            let node = self.node(end);
            // What waits to be written is written: cutting is no crash.
            while node.waiting.is_some() {
                node.store_waiting();
                match node.waiting.take().unwrap() {
                    Waiting::Greeting(durable) => {
                        node.talk = Talk::Asked(node.link.persisted(durable));
                    }
                    Waiting::Client(durable) | Waiting::Server(durable) => {
                        node.hang_up();
                        node.talk = Talk::Open(node.link.persisted(durable));
                    }
                    Waiting::Resume(durable) => drop(node.link.persisted(durable)),
                }
            }
            node.hang_up();
            node.wire.clear();
        }
    }

    /// One end dies; the other finds the wire cut.
    fn die(&mut self, end: End) {
        let node = self.node(end);
        node.restart();
        node.read.clear();
        node.unsent.clear();
        self.cut();
    }

    fn begin(&mut self, end: End) {
        let node = self.node(end);
        node.hellos += 1;
        let nonce = [(end as u8) << 7 | node.hellos; 32];
        match Greeting::begin(&mut node.link, Class::Emergency, nonce, None, 0) {
            Ok(durable) => node.waiting = Some(Waiting::Greeting(durable)),
            Err(error) => panic!("{error}"),
        }
    }

    fn persist(&mut self, end: End) {
        let node = self.node(end);
        node.store_waiting();
        match node.waiting.take().unwrap() {
            Waiting::Greeting(durable) => {
                let greeting = node.link.persisted(durable);
                let bytes = greeting.bytes().to_vec();
                node.talk = Talk::Asked(greeting);
                self.said = Some((end, bytes.clone(), Vec::new()));
                self.node(end.other()).wire.extend_from_slice(&bytes);
                return;
            }
            Waiting::Client(durable) => {
                node.talk = Talk::Open(node.link.persisted(durable));
            }
            Waiting::Server(durable) => {
                node.talk = Talk::Open(node.link.persisted(durable));
            }
            Waiting::Resume(durable) => {
                let resume = node.link.persisted(durable);
                let Talk::Open(connection) = &mut node.talk else {
                    unreachable!("a channel waited");
                };
                let _ = connection.resume(&mut node.link, resume, 0);
            }
        }
        node.settle();
        self.send(end);
    }

    /// Queues a message and sends as much of what is queued as goes.
    fn write(&mut self, end: End) {
        self.written += 1;
        let number = self.written;
        let node = self.node(end);
        node.unsent.extend(text(number));
        node.pump();
    }

    /// Puts what an end has for the wire on it, and writes down every byte of pad in it.
    fn send(&mut self, end: End) {
        let node = self.node(end);
        node.pump();
        let Talk::Open(connection) = &mut node.talk else {
            return;
        };
        let bytes = connection.output().to_vec();
        connection.sent(bytes.len());
        if bytes.is_empty() {
            return;
        }
        node.sent_last.clone_from(&bytes);
        self.node(end.other()).wire.extend_from_slice(&bytes);
        self.write_down(&bytes);
        if let Some((by, _, followed)) = &mut self.said
            && *by == end
        {
            followed.extend_from_slice(&bytes);
        }
    }

    fn write_down(&mut self, bytes: &[u8]) {
        for frame in frames(bytes) {
            let head = FrameHead::from_bytes(frame).unwrap();
            assert_eq!(head.suite, Suite::Otp);
            let place = PadOffset::from_bits(head.place);
            assert_eq!(place.source, Source::Couriered);
            let content = hash(frame);
            let pad = place.at..place.at + (frame.len() - HEAD_BYTES) as u64;
            assert_eq!(
                pad.end - pad.start,
                (TAG_BYTES + head.payload_len as usize) as u64
            );
            // The head of a block is its hash key, which frames share and none may touch.
            assert!(pad.start % BLOCK_BYTES as u64 >= 32);
            assert_eq!(
                pad.start / BLOCK_BYTES as u64,
                (pad.end - 1) / BLOCK_BYTES as u64
            );
            for at in pad {
                let other = self.spent.insert((head.link.direction, at), content);
                assert!(
                    other.is_none_or(|other| other == content),
                    "byte {at} of the pad from {:?} was spent twice",
                    head.link.direction.sender()
                );
            }
        }
    }

    /// Hands bytes to an end; whether it took them for right.
    fn deliver(&mut self, end: End, bytes: &[u8]) -> bool {
        let node = self.node(end);
        match &mut node.talk {
            Talk::None => {
                let Ok(Some((hello, _))) = ClientHello::read(bytes) else {
                    return false;
                };
                node.hellos += 1;
                let nonce = [(end as u8) << 7 | node.hellos; 32];
                match accept(&mut node.link, &hello, nonce, None, 0) {
                    Ok(durable) => node.waiting = Some(Waiting::Server(durable)),
                    Err(_) => return false,
                }
                node.note_alarms();
            }
            Talk::Asked(greeting) => match greeting.finish(&mut node.link, bytes, 0) {
                Ok(Some((durable, used))) => {
                    node.waiting = Some(Waiting::Client(durable));
                    node.wire = bytes[used..].to_vec();
                    node.note_alarms();
                }
                Ok(None) => return false,
                Err(HelloError::Again) => {
                    node.note_alarms();
                    self.cut();
                }
                Err(_) => return false,
            },
            Talk::Open(connection) => {
                node.got.extend_from_slice(bytes);
                let mut at = 0;
                while at < bytes.len() {
                    match connection.receive(&mut node.link, &bytes[at..], 0) {
                        Ok(0) => panic!("a channel in which nothing goes on"),
                        Ok(taken) => at += taken,
                        Err(_) => {
                            node.read_all();
                            return false;
                        }
                    }
                }
                node.read_all();
                node.settle();
                self.send(end);
            }
        }
        true
    }

    fn attack(&mut self, end: End, change: Change) {
        let node = self.node(end);
        let right = std::mem::take(&mut node.wire);
        let mut bytes = right.clone();
        match change {
            Change::Repeat => bytes.extend_from_slice(&right),
            Change::Swap => {
                let parts: Vec<&[u8]> = frames(&right).collect();
                if let [first, .., last] = parts[..] {
                    bytes = [last, first].concat();
                }
            }
            Change::Reflect => bytes.clone_from(&node.sent_last),
            Change::Old => bytes.clone_from(&node.old),
            Change::Shorten => drop(bytes.pop()),
            Change::Flip => {
                let at = bytes.len() * 2 / 3;
                bytes[at] ^= 0x10;
            }
        }
        if bytes == right {
            assert!(self.deliver(end, &right));
            return;
        }
        let mut refused = !self.deliver(end, &bytes);
        while self.node(end).waiting.is_some() {
            self.persist(end);
        }
        if let Talk::Open(connection) = &mut self.node(end).talk {
            refused |= connection.receive_end().is_err();
        }
        assert!(refused, "{change:?} was not noticed");
        self.cut();
    }

    fn replay(&mut self, end: End) {
        let Some((_, hello, followed)) = self.said.clone() else {
            return;
        };
        let before = self.node(end).messages.len();
        if self.deliver(end, &hello) {
            while self.node(end).waiting.is_some() {
                self.persist(end);
            }
            self.deliver(end, &followed);
        }
        let node = self.node(end);
        assert_eq!(node.messages.len(), before, "a replay was believed");
        if let Talk::Open(connection) = &node.talk {
            assert!(!connection.is_open(), "a replay opened a channel");
        }
        self.cut();
    }

    /// Whatever happened: after a few hellos, messages go both ways, and who was rolled back has
    /// been told.
    pub(crate) fn finale(&mut self) {
        self.cut();
        for attempt in 0.. {
            assert!(attempt < 4, "no hello comes through");
            let due = [End::A, End::B].map(|end| {
                let (node, other) = self.pair(end);
                // Guesses accuse nobody, and who guesses was told why.
                let guess = |disk: &Disk| disk[newest(disk)].as_ref().unwrap()[152] == 1;
                let guessed = guess(&other.disk) || guess(&node.disk);
                let behind = ends(&other.disk).1 > ends(&node.disk).0 + 1;
                node.was_rolled_back && behind && !guessed
            });
            self.begin(End::A);
            self.persist(End::A);
            while self.go_on() {}
            for (end, due) in [End::A, End::B].into_iter().zip(due) {
                let told = self.node(end).rolled_back > 0;
                assert!(told || !due, "{end:?} was rolled back and not told");
            }
            if matches!(&self.a.talk, Talk::Open(connection) if connection.is_open()) {
                break;
            }
            self.cut();
        }
        for end in [End::A, End::B] {
            self.write(end);
            self.send(end);
            while self.go_on() {}
            let number = self.written;
            let read = &self.node(end.other()).messages;
            assert_eq!(read.last(), Some(&number), "a message did not come");
        }
    }

    /// Alarms of a rolled-back ledger that an end gave.
    pub(crate) fn alarms(&self, end: End) -> u32 {
        match end {
            End::A => self.a.rolled_back,
            End::B => self.b.rolled_back,
        }
    }

    fn go_on(&mut self) -> bool {
        for end in [End::A, End::B] {
            if self.node(end).waiting.is_some() {
                self.persist(end);
                return true;
            }
            if !self.node(end).wire.is_empty() {
                self.act(Act::Deliver(end));
                return true;
            }
        }
        false
    }

    /// Equal for worlds that go on alike, as far as can be seen from outside.
    pub(crate) fn print(&self) -> u64 {
        let node = |node: &Node| {
            let (talk, open) = match &node.talk {
                Talk::None => (0, None),
                Talk::Asked(_) => (1, None),
                Talk::Open(connection) => {
                    (2, Some((connection.generation(), connection.is_open())))
                }
            };
            let waiting = match &node.waiting {
                None => 0,
                Some(Waiting::Greeting(_)) => 1,
                Some(Waiting::Client(_)) => 2,
                Some(Waiting::Server(_)) => 3,
                Some(Waiting::Resume(_)) => 4,
            };
            let stock = [Direction::AToB, Direction::BToA]
                .map(|direction| node.link.stock_bytes(Source::Couriered, direction));
            let counts = [Direction::AToB, Direction::BToA]
                .map(|direction| node.link.counters().of(direction).wasted);
            let part = hash((&node.disk, &node.wire, &node.old, &node.unsent, &node.read));
            let flags = (node.was_rolled_back, node.rolled_back, node.hellos);
            hash((
                part,
                talk,
                open,
                waiting,
                stock,
                counts,
                flags,
                &node.messages,
            ))
        };
        hash((node(&self.a), node(&self.b), &self.spent, &self.said))
    }
}

/// The frames in a piece of a channel, without hellos.
fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            let len = match bytes.get(..4)? {
                b"HLQS" => usize::from(u16::from_be_bytes([bytes[46], bytes[47]])),
                b"HLQF" => 56,
                _ => {
                    let head = FrameHead::from_bytes(bytes).unwrap();
                    let (frame, rest) = bytes.split_at(head.frame_len());
                    bytes = rest;
                    return Some(frame);
                }
            };
            bytes = &bytes[len..];
        }
    })
}

//! Sites in memory, honest, down, full or lying.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hlincos_proto::deal::{Outages, Patience, Terms, deal, split_bundle};
use hlincos_proto::roster::Roster;
use hlincos_proto::site::{
    GetOutcome, HeadsPage, ListedHead, ObjectKey, PutObject, PutOutcome, Site, SiteError,
};
use hlincos_record::bundle::{BundleBuilder, Class, Entry, Modified, Part};
use hlincos_record::handle::{DirectoryKey, Handle, ObjectName};
use hlincos_record::identifier::{BundleId, Generation, Sequence, Subject};
use hlincos_record::share_object::LinkGrade;
use hlincos_sharing::dispersal::Scheme;
use hlincos_sharing::{Randomness, RandomnessError, RandomnessGrade};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Honest,
    Down,
    /// Takes connections and never answers.
    Hangs,
    /// Refuses connections so many times, then is honest.
    Waking(usize),
    Full,
    /// Every share byte is wrong.
    WrongShares,
    /// One bit of the share is wrong.
    OneBit,
    /// The head tells another generation.
    WrongGeneration,
    /// The head claims a link better than the one used.
    BetterLink,
    /// The head claims better randomness.
    BetterRandomness,
    /// The head tells another length.
    WrongLength,
    /// The head tells another epoch.
    WrongEpoch,
    /// The head claims another site's point.
    WrongPoint,
    /// Lists nothing and has nothing.
    Hides,
    /// Answers with another object's share.
    Swaps,
    /// Cuts the share.
    Cuts,
    /// Answers with bytes that are no share object.
    Garbage,
}

/// Every way of lying that a restore must survive.
pub(crate) const LIES: [Mood; 11] = [
    Mood::WrongShares,
    Mood::OneBit,
    Mood::WrongGeneration,
    Mood::BetterRandomness,
    Mood::WrongLength,
    Mood::WrongEpoch,
    Mood::WrongPoint,
    Mood::Hides,
    Mood::Swaps,
    Mood::Cuts,
    Mood::Garbage,
];

pub(crate) struct MemorySite {
    objects: Mutex<BTreeMap<ObjectKey, Vec<u8>>>,
    mood: Mutex<Mood>,
    pub(crate) puts: AtomicUsize,
    pub(crate) gets: AtomicUsize,
}

impl MemorySite {
    pub(crate) fn new() -> Self {
        Self {
            objects: Mutex::default(),
            mood: Mutex::new(Mood::Honest),
            puts: AtomicUsize::new(0),
            gets: AtomicUsize::new(0),
        }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn lose_everything(&self) {
        self.objects.lock().unwrap().clear();
    }

    async fn mood(&self) -> Result<Mood, SiteError> {
        if *self.mood.lock().unwrap() == Mood::Hangs {
            std::future::pending::<()>().await;
        }
        let mut mood = self.mood.lock().unwrap();
        match *mood {
            Mood::Down => Err(SiteError::Unreachable("connection refused".into())),
            Mood::Waking(0) => {
                *mood = Mood::Honest;
                Ok(Mood::Honest)
            }
            Mood::Waking(times) => {
                *mood = Mood::Waking(times - 1);
                Err(SiteError::Unreachable("connection refused".into()))
            }
            other => Ok(other),
        }
    }

    fn tell(&self, mood: Mood, key: &ObjectKey, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match mood {
            Mood::WrongShares => bytes[64..].iter_mut().for_each(|byte| *byte ^= 0x5A),
            Mood::OneBit => bytes[100] ^= 1,
            Mood::WrongGeneration => bytes[23] ^= 1,
            Mood::BetterLink => bytes[7] = LinkGrade::OneTimePad as u8,
            Mood::BetterRandomness => bytes[6] = RandomnessGrade::Physical as u8,
            Mood::WrongLength => bytes[43] ^= 1,
            Mood::WrongEpoch => bytes[15] ^= 1,
            Mood::WrongPoint => bytes[10] = if bytes[10] == 1 { 2 } else { 1 },
            Mood::Swaps => {
                let objects = self.objects.lock().unwrap();
                let other = objects
                    .iter()
                    .find(|(k, v)| *k != key && v.len() == bytes.len());
                if let Some((_, other)) = other {
                    bytes[64..].copy_from_slice(&other[64..]);
                }
            }
            Mood::Cuts => bytes.truncate(80),
            Mood::Garbage => bytes = vec![7; 99],
            _ => {}
        }
        bytes
    }
}

impl Site for MemorySite {
    async fn put(&self, objects: &[PutObject]) -> Result<Vec<PutOutcome>, SiteError> {
        self.puts.fetch_add(1, Ordering::SeqCst);
        if self.mood().await? == Mood::Full {
            return Err(SiteError::Full);
        }
        let mut kept = self.objects.lock().unwrap();
        let put = |object: &PutObject| match kept.get(&object.key) {
            Some(bytes) if *bytes == object.bytes => PutOutcome::AlreadyStored,
            Some(_) => PutOutcome::Conflict,
            None => {
                kept.insert(object.key, object.bytes.clone());
                PutOutcome::Stored
            }
        };
        Ok(objects.iter().map(put).collect())
    }

    async fn heads(
        &self,
        folders: &[(Handle, Option<ObjectName>)],
    ) -> Result<Vec<HeadsPage>, SiteError> {
        let mood = self.mood().await?;
        let kept = self.objects.lock().unwrap().clone();
        let page = |(folder, after): &(Handle, Option<ObjectName>)| {
            let mine = kept.iter().filter(|(key, _)| {
                mood != Mood::Hides && key.folder == *folder && Some(key.name) > *after
            });
            // Pages of two, so that every test pages.
            let told: Vec<_> = mine
                .map(|(key, bytes)| (key.name, self.tell_head(mood, key, bytes)))
                .collect();
            let heads: Vec<ListedHead> = told
                .iter()
                .take(2)
                .map(|(name, head)| ListedHead {
                    name: *name,
                    head: *head,
                })
                .collect();
            HeadsPage {
                more: told.len() > heads.len(),
                heads,
            }
        };
        Ok(folders.iter().map(page).collect())
    }

    async fn get(&self, keys: &[ObjectKey]) -> Result<Vec<GetOutcome>, SiteError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let mood = self.mood().await?;
        let kept = self.objects.lock().unwrap().clone();
        let get = |key: &ObjectKey| match kept.get(key) {
            Some(bytes) if mood != Mood::Hides => GetOutcome::Present(self.tell(mood, key, bytes)),
            _ => GetOutcome::Absent,
        };
        Ok(keys.iter().map(get).collect())
    }

    async fn delete(&self, keys: &[ObjectKey]) -> Result<Vec<bool>, SiteError> {
        self.mood().await?;
        let mut kept = self.objects.lock().unwrap();
        Ok(keys.iter().map(|key| kept.remove(key).is_some()).collect())
    }
}

impl MemorySite {
    fn tell_head(&self, mood: Mood, key: &ObjectKey, bytes: &[u8]) -> [u8; 64] {
        let mut told = self.tell(mood, key, bytes);
        told.resize(told.len().max(64), 0);
        told[..64].try_into().unwrap()
    }
}

/// A stream of numbers that is random enough to split with in a test.
pub(crate) struct Counting(pub(crate) u64);

impl Randomness for Counting {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        for byte in out {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = self.0.to_be_bytes()[2];
        }
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

pub(crate) fn roster(k: u8, n: u8, stored_at_least: Option<u8>) -> Roster<MemorySite> {
    let sites = (1..=n)
        .map(|i| (format!("site-{i}"), MemorySite::new()))
        .collect();
    Roster::new(&DirectoryKey::new([3; 32]), sites, k, stored_at_least).unwrap()
}

pub(crate) fn subject() -> Subject {
    Subject::patient("1318814790", "0000781125").unwrap()
}

/// The `number`-th bundle of the patient, with contents of its own.
pub(crate) fn bundle(number: u8) -> Vec<u8> {
    bundle_of(Class::Messages, number)
}

/// What bundles are dealt by in tests; documents are dispersed.
pub(crate) const TERMS: Terms = Terms {
    documents: Scheme::Dispersal,
    now_unix_ms: 0,
};

/// The `number`-th bundle of a class.
pub(crate) fn bundle_of(class: Class, number: u8) -> Vec<u8> {
    let text = vec![number; 1_000 + usize::from(number)];
    let mut builder = BundleBuilder::new(class, subject(), "kochi").unwrap();
    let entry = Entry::Content {
        path: format!("file-{number}").into_bytes(),
        size: text.len() as u64,
        modified: Modified::default(),
        digest: [number; 32],
        part: Part::WHOLE,
        len: u32::try_from(text.len()).unwrap(),
    };
    builder.push(&entry, &text).unwrap();
    let id = BundleId([number; 16]);
    let sequence = Sequence::new(1, u32::from(number));
    builder
        .finish(id, Generation(1), sequence, 0)
        .unwrap()
        .to_vec()
}

pub(crate) const PATIENCE: Patience = Patience {
    total: std::time::Duration::from_secs(60),
    pause: std::time::Duration::from_millis(250),
};

/// Deals the first `count` bundles of the patient.
pub(crate) async fn deal_some(roster: &Roster<MemorySite>, count: u8) {
    deal_some_of(Class::Messages, roster, count).await;
}

/// Deals the first bundles of a class.
pub(crate) async fn deal_some_of(class: Class, roster: &Roster<MemorySite>, count: u8) {
    let mut rng = Counting(u64::from(count));
    let split = |number| split_bundle(roster, &bundle_of(class, number), &mut rng, TERMS).unwrap();
    let dealings = (1..=count).map(split).collect();
    let receipts = deal(roster, dealings, PATIENCE, &Outages::none(roster))
        .await
        .unwrap();
    assert!(receipts.iter().all(|receipt| receipt.missing.is_empty()));
}

//! Our kernels, each path of this machine.

use hlincos_sharing::dispersal::{self, AwsLcGcm};
use hlincos_sharing::{
    CHUNK_BYTES, Combiner, Dealer, Drbg, Interpolator, Kernel, Keystream, PROTECTED_CHUNK_BYTES,
    Point, Randomness, RandomnessError, RandomnessGrade, Splitter, TAG_BYTES, Threshold,
    protected_len,
};

use super::Contender;
use crate::buffers::Lines;
use crate::clock::Work;

/// The best path with everything, the others without randomness.
pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let mut all = best_contenders(threshold, bytes);
    for kernel in Kernel::available() {
        let contender = |op, work| contender(op, GIVEN, kernel, threshold, bytes, work);
        all.push(contender("split", split(kernel, threshold, bytes, Given)));
        if kernel != Kernel::best() {
            all.push(contender("combine", combine(kernel, threshold, bytes)));
        }
    }
    all
}

/// The best path, as the product uses it.
pub(super) fn best_contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let best = Kernel::best();
    let contender = |op, scheme, work| contender(op, scheme, best, threshold, bytes, work);
    vec![
        contender("split", PLAIN, split(best, threshold, bytes, drbg(best))),
        contender("combine", PLAIN, combine(best, threshold, bytes)),
        contender(
            "split",
            TAGGED,
            split_tagged(best, threshold, bytes, drbg(best)),
        ),
        contender(
            "split",
            ONE_KEY,
            split_tagged(best, threshold, bytes, OneKey::new(best)),
        ),
        contender("combine", TAGGED, combine_tagged(best, threshold, bytes)),
        contender("split", DISPERSED, disperse(best, threshold, bytes)),
        contender("combine", DISPERSED, gather(best, threshold, bytes)),
    ]
}

pub(super) const PLAIN: &str = "shamir";
pub(super) const TAGGED: &str = "shamir, tag";
pub(super) const ONE_KEY: &str = "shamir, tag, one key";
pub(super) const DISPERSED: &str = "dispersal";
pub(super) const GIVEN: &str = "shamir, randomness given";

fn contender(
    op: &'static str,
    scheme: &'static str,
    kernel: Kernel,
    threshold: Threshold,
    bytes: usize,
    work: Work,
) -> Contender {
    Contender {
        op,
        scheme,
        implementation: format!("hlincos {kernel}"),
        threshold: (threshold.k(), threshold.n()),
        bytes,
        work,
    }
}

fn drbg(kernel: Kernel) -> impl Randomness + Send + 'static {
    let seeds = |seed: &mut [u8; 32]| getrandom::fill(seed).map_err(|_| RandomnessError::Silent);
    Drbg::new(kernel, seeds).expect("the system has random bytes")
}

fn split(
    kernel: Kernel,
    threshold: Threshold,
    bytes: usize,
    mut rng: impl Randomness + Send + 'static,
) -> Work {
    let secret = Lines::noise(bytes);
    let mut shares = room(threshold, bytes);
    let mut dealer = Dealer::new(kernel, threshold);
    Box::new(move || {
        let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(|share| &mut **share).collect();
        rng.begin_secret().expect("a seed");
        dealer
            .deal(&secret, &mut rng, &mut outs)
            .expect("random bytes");
    })
}

fn split_tagged(
    kernel: Kernel,
    threshold: Threshold,
    bytes: usize,
    mut rng: impl Randomness + Send + 'static,
) -> Work {
    let secret = Lines::noise(bytes);
    let mut shares = room(threshold, protected_len(bytes));
    let mut splitter = Splitter::with_kernel(kernel, threshold);
    Box::new(move || {
        splitter.restart();
        let mut at = 0;
        for chunk in secret.chunks(CHUNK_BYTES) {
            let until = at + chunk.len() + TAG_BYTES;
            let mut outs: Vec<&mut [u8]> = shares
                .iter_mut()
                .map(|share| &mut share[at..until])
                .collect();
            splitter
                .split_chunk(chunk, &mut rng, &mut outs)
                .expect("random bytes");
            at = until;
        }
    })
}

fn combine(kernel: Kernel, threshold: Threshold, bytes: usize) -> Work {
    let shares = made(kernel, threshold, bytes);
    let points: Vec<Point> = last_points(threshold);
    let interpolator = Interpolator::new(kernel, &points).expect("distinct points");
    let mut secret = Lines::zeros(bytes);
    Box::new(move || {
        let shares: Vec<&[u8]> = shares.iter().map(|share| &share[..bytes]).collect();
        interpolator
            .secret(&shares, &mut secret)
            .expect("one length");
    })
}

fn combine_tagged(kernel: Kernel, threshold: Threshold, bytes: usize) -> Work {
    let shares = made(kernel, threshold, bytes);
    let points = last_points(threshold);
    let mut secret = Lines::zeros(bytes + TAG_BYTES);
    Box::new(move || {
        let mut combiner = Combiner::with_kernel(kernel, threshold, &points).expect("k points");
        let mut put = 0;
        for at in (0..shares[0].len()).step_by(PROTECTED_CHUNK_BYTES) {
            let until = shares[0].len().min(at + PROTECTED_CHUNK_BYTES);
            let pieces: Vec<&[u8]> = shares.iter().map(|share| &share[at..until]).collect();
            let out = &mut secret[put..put + until - at];
            put += combiner
                .combine_chunk_into(&pieces, out)
                .expect("the tag is right");
        }
    })
}

/// Room for n shares.
fn room(threshold: Threshold, bytes: usize) -> Vec<Lines> {
    threshold.points().map(|_| Lines::zeros(bytes)).collect()
}

/// Offsets of a dispersed secret's chunks in a share, each with its piece's length.
fn pieces(threshold: Threshold, bytes: usize) -> Vec<(usize, usize)> {
    let chunk = dispersal::chunk_bytes(threshold);
    let lens = (0..bytes.div_ceil(chunk).max(1)).map(|at| chunk.min(bytes - at * chunk));
    let mut from = dispersal::HEAD_BYTES;
    lens.map(|len| {
        let piece = dispersal::piece_len(threshold, len);
        from += piece;
        (from - piece, piece)
    })
    .collect()
}

fn disperse(kernel: Kernel, threshold: Threshold, bytes: usize) -> Work {
    let secret = Lines::noise(bytes);
    let len = dispersal::dispersed_len(threshold, bytes).expect("a length of this machine");
    let mut shares = room(threshold, len);
    let (mut rng, pieces) = (drbg(kernel), pieces(threshold, bytes));
    Box::new(move || {
        let mut heads: Vec<&mut [u8]> = shares
            .iter_mut()
            .map(|share| &mut share[..dispersal::HEAD_BYTES])
            .collect();
        let total = secret.len() as u64;
        let mut splitter =
            dispersal::Splitter::<AwsLcGcm>::begin(kernel, threshold, total, &mut rng, &mut heads)
                .expect("random bytes");
        let chunks = secret.chunks(dispersal::chunk_bytes(threshold));
        for (chunk, (from, len)) in chunks.zip(&pieces) {
            let mut outs: Vec<&mut [u8]> = shares
                .iter_mut()
                .map(|share| &mut share[*from..from + len])
                .collect();
            splitter.split_chunk(chunk, &mut outs);
        }
    })
}

fn gather(kernel: Kernel, threshold: Threshold, bytes: usize) -> Work {
    let secret = Lines::noise(bytes);
    let shares = dispersal::protect_and_split::<AwsLcGcm>(threshold, &secret, &mut drbg(kernel))
        .expect("random bytes");
    let skipped = usize::from(threshold.n() - threshold.k());
    let shares: Vec<Lines> = shares[skipped..]
        .iter()
        .map(|share| Lines::copy(share))
        .collect();
    let (points, pieces) = (last_points(threshold), pieces(threshold, bytes));
    Box::new(move || {
        let part = |from: usize, len: usize| -> Vec<&[u8]> {
            shares
                .iter()
                .map(|share| &share[from..from + len])
                .collect()
        };
        let heads = part(0, dispersal::HEAD_BYTES);
        let mut combiner =
            dispersal::Combiner::<AwsLcGcm>::begin(kernel, threshold, &points, &heads)
                .expect("the heads are right");
        for (from, len) in &pieces {
            let chunk = combiner.combine_chunk(&part(*from, *len));
            std::hint::black_box(chunk.expect("the pieces are right"));
        }
    })
}

/// The last k points, so that every weight is a real multiplication.
fn last_points(threshold: Threshold) -> Vec<Point> {
    threshold
        .points()
        .skip(usize::from(threshold.n() - threshold.k()))
        .collect()
}

/// Their shares of a secret of so many bytes.
fn made(kernel: Kernel, threshold: Threshold, bytes: usize) -> Vec<Lines> {
    let secret = Lines::noise(bytes);
    let shares = hlincos_sharing::protect_and_split(threshold, &secret, &mut drbg(kernel))
        .expect("random bytes");
    let skipped = usize::from(threshold.n() - threshold.k());
    shares[skipped..]
        .iter()
        .map(|share| Lines::copy(share))
        .collect()
}

/// Coefficients that are there already: what a buffer holds.
struct Given;

impl Randomness for Given {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        std::hint::black_box(out);
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

/// A keystream that takes no new seed, as a peer's does not.
struct OneKey(Keystream);

impl OneKey {
    fn new(kernel: Kernel) -> Self {
        Self(Keystream::new(kernel, &[7; 32], [0; 8]))
    }
}

impl Randomness for OneKey {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.0.fill(out);
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }

    fn keystream(&mut self, _blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        Ok(Some(&mut self.0))
    }
}

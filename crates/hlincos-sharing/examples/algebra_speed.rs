//! How fast shares are changed, checked and dispersed on this machine, on one core.
//!
//! `cargo run --release -p hlincos-sharing --example algebra_speed`

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hlincos_sharing::algebra::{
    Accepted, LinearHash, PIECE_BYTES, Parity, Refresh, Repair, Reshare, Reshared, Route,
    SeededZero, ShareId, SubDealer, ZeroDealer, hidden_from,
};
use hlincos_sharing::dispersal::{
    AwsLcGcm, Combiner, HEAD_BYTES, Splitter, chunk_bytes, piece_len,
};
use hlincos_sharing::{Drbg, Kernel, Point, RandomnessError, Threshold};

/// Pieces in a round; the best of a few rounds counts.
const PIECES: usize = 1_024;

fn row(what: &str, bytes: usize, mut piece: impl FnMut()) {
    piece();
    let rounds = (0..5).map(|_| {
        let start = Instant::now();
        (0..PIECES).for_each(|_| piece());
        start.elapsed().as_secs_f64()
    });
    let seconds = rounds.fold(f64::INFINITY, f64::min);
    let mb = u32::try_from(PIECES * bytes).map_or(f64::NAN, f64::from) / 1e6;
    println!("{what:<44} {:>7.0} MB/s", mb / seconds);
}

fn buffers(n: u8, len: usize) -> Vec<Vec<u8>> {
    vec![vec![0x5A; len]; usize::from(n)]
}

fn outs(buffers: &mut [Vec<u8>]) -> Vec<&mut [u8]> {
    buffers.iter_mut().map(Vec::as_mut_slice).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("bytes of one share per second, but for dispersal: bytes of the secret");
    hash();
    for (k, n) in [(2, 3), (3, 5), (5, 9)] {
        println!("\n({k},{n}), {}", Kernel::best());
        let threshold = Threshold::new(k, n)?;
        change(threshold)?;
        disperse(threshold)?;
    }
    Ok(())
}

fn hash() {
    let share = vec![0x5A; PIECE_BYTES];
    for kernel in Kernel::available() {
        let mut hash = LinearHash::new(kernel, [0xA7; 16]);
        let what = format!("verification value, {kernel}");
        row(&what, PIECE_BYTES, || hash.update(black_box(&share)));
        black_box(hash.finish(&[0; 16]));
    }
    let start = Instant::now();
    for _ in 0..PIECES {
        let mut hash = LinearHash::new(Kernel::best(), black_box([0xA7; 16]));
        hash.update(&share[..16]);
        black_box(hash.finish(&[0; 16]));
    }
    let each = start.elapsed().as_secs_f64() / 1_024.0 * 1e6;
    println!("beginning and ending a value: {each:.0} microseconds");
}

type Seeds = fn(&mut [u8; 32]) -> Result<(), RandomnessError>;

/// Not random: for measuring alone.
fn drbg() -> Result<Drbg<Seeds>, RandomnessError> {
    Drbg::new(Kernel::best(), |seed| {
        seed.fill(7);
        Ok(())
    })
}

fn change(threshold: Threshold) -> Result<(), Box<dyn Error>> {
    let (kernel, n, k) = (Kernel::best(), threshold.n(), threshold.k());
    let mut rng = drbg()?;
    let mut many = buffers(n, PIECE_BYTES);
    let mut zeros = ZeroDealer::new(kernel, threshold);
    row("deal zeros, to all n", PIECE_BYTES, || {
        let dealt = zeros.deal_piece(&mut rng, &mut outs(&mut many));
        dealt.expect("n buffers of a piece");
    });
    let id = ShareId {
        object: [1; 16],
        epoch: 1,
    };
    let points: Vec<Point> = threshold.points().collect();
    let (me, dealers) = (points[points.len() - 1], points[..usize::from(k)].to_vec());
    let sets: Vec<Vec<Point>> = hidden_from(threshold)?
        .filter(|set| !set.contains(&me))
        .collect();
    let seeds: Vec<(&[Point], &[u8; 32])> =
        sets.iter().map(|set| (set.as_slice(), &[3; 32])).collect();
    let to_me = |from| Route { id, from, to: me };
    let mut seeded = SeededZero::new(kernel, threshold, to_me(me), &seeds)?;
    row("zeros from seeds, for oneself", PIECE_BYTES, || {
        seeded.piece(&mut many[0]).expect("whole blocks");
    });

    let share = vec![0x33; PIECE_BYTES];
    let messages: Vec<(Route, &[u8])> = dealers
        .iter()
        .map(|from| (to_me(*from), share.as_slice()))
        .collect();
    let accepted = Accepted {
        contributors: dealers.clone(),
        culprits: Vec::new(),
        suspects: Vec::new(),
    };
    let refresh = Refresh::new(kernel, id, me, &accepted);
    row("refresh, k dealings", PIECE_BYTES, || {
        refresh
            .apply(&share, &messages, &mut many[0])
            .expect("k messages");
    });
    let mut subs = SubDealer::new(kernel, threshold);
    row("reshare: deal a share, to as many", PIECE_BYTES, || {
        let dealt = subs.deal_piece(&share, &mut rng, &mut outs(&mut many));
        dealt.expect("n buffers of a piece");
    });
    let checked = Reshared {
        dealers: dealers.clone(),
        parity: Parity::Unchecked,
        culprits: Vec::new(),
        disputes: Vec::new(),
    };
    let reshare = Reshare::new(kernel, id, me, &checked);
    row("reshare: put a share together", PIECE_BYTES, || {
        reshare.apply(&messages, &mut many[0]).expect("k messages");
    });
    if n > k {
        let repair = Repair::new(kernel, threshold, id, me, &dealers)?;
        let masks: Vec<(Route, &[u8])> = repair
            .masks()
            .filter(|route| route.from == dealers[0])
            .map(|route| (route, share.as_slice()))
            .collect();
        row("repair: a helper's contribution", PIECE_BYTES, || {
            let sent = repair.contribute(dealers[0], &share, &masks, &mut many[0]);
            sent.expect("k-1 masks");
        });
        row("repair: put the share together", PIECE_BYTES, || {
            repair
                .assemble(&messages, &mut many[0])
                .expect("k messages");
        });
    }
    Ok(())
}

fn disperse(threshold: Threshold) -> Result<(), Box<dyn Error>> {
    let (kernel, n) = (Kernel::best(), threshold.n());
    let chunk_len = chunk_bytes(threshold);
    let secret = vec![0x42; chunk_len];
    let total = u64::MAX / 2;
    let mut heads = buffers(n, HEAD_BYTES);
    let mut rng = drbg()?;
    let mut pieces = buffers(n, piece_len(threshold, chunk_len));
    let mut splitter =
        Splitter::<AwsLcGcm>::begin(kernel, threshold, total, &mut rng, &mut outs(&mut heads))?;
    row("disperse", chunk_len, || {
        splitter.split_chunk(&secret, &mut outs(&mut pieces))
    });

    let beyond = usize::from(n - threshold.k());
    combine(threshold, "combine, stripes", 0)?;
    combine(threshold, "combine, the last k", beyond)
}

/// Decrypting takes each chunk once and in order, so each is dispersed before, not counted.
fn combine(threshold: Threshold, what: &str, first: usize) -> Result<(), Box<dyn Error>> {
    let (kernel, total, last) = (
        Kernel::best(),
        u64::MAX / 2,
        first + usize::from(threshold.k()),
    );
    let points: Vec<Point> = threshold.points().collect();
    let secret = vec![0x42; chunk_bytes(threshold)];
    let mut heads = buffers(threshold.n(), HEAD_BYTES);
    let mut pieces = buffers(threshold.n(), piece_len(threshold, secret.len()));
    let mut rng = drbg()?;
    let mut seconds = f64::INFINITY;
    for _ in 0..5 {
        let mut splitter =
            Splitter::<AwsLcGcm>::begin(kernel, threshold, total, &mut rng, &mut outs(&mut heads))?;
        let some: Vec<&[u8]> = heads[first..last].iter().map(Vec::as_slice).collect();
        let mut combiner =
            Combiner::<AwsLcGcm>::begin(kernel, threshold, &points[first..last], &some)?;
        let mut spent = 0.0;
        for _ in 0..PIECES {
            splitter.split_chunk(&secret, &mut outs(&mut pieces));
            let told: Vec<&[u8]> = pieces[first..last].iter().map(Vec::as_slice).collect();
            let start = Instant::now();
            black_box(combiner.combine_chunk(&told)?);
            spent += start.elapsed().as_secs_f64();
        }
        seconds = seconds.min(spent);
    }
    let mb = f64::from(u32::try_from(PIECES * secret.len())?) / 1e6;
    println!("{what:<44} {:>7.0} MB/s", mb / seconds);
    Ok(())
}

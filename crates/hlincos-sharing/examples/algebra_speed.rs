//! How fast shares are hashed, refreshed, repaired and reshared on this machine, one core.
//!
//! `cargo run --release -p hlincos-sharing --example algebra_speed`

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hlincos_sharing::algebra::{LinearHash, PIECE_BYTES, ZeroDealer};
use hlincos_sharing::{Drbg, Kernel, Threshold};

/// Pieces in a round: more than the caches hold, were they kept.
const PIECES: usize = 1_024;

fn row(what: &str, mut piece: impl FnMut()) {
    piece();
    let best = (0..5).map(|_| {
        let start = Instant::now();
        (0..PIECES).for_each(|_| piece());
        start.elapsed().as_secs_f64()
    });
    let seconds = best.fold(f64::INFINITY, f64::min);
    let mb = f64::from(u32::try_from(PIECES * PIECE_BYTES).unwrap_or(u32::MAX)) / 1e6;
    println!("{what:<40} {:>8.0} MB/s of share", mb / seconds);
}

fn main() -> Result<(), Box<dyn Error>> {
    for kernel in Kernel::available() {
        let share = vec![0x5A; PIECE_BYTES];
        let mut hash = LinearHash::new(kernel, [0xA7; 16]);
        row(&format!("hash, {kernel}"), || {
            hash.update(black_box(&share))
        });
        black_box(hash.finish(&[0; 16]));
        let start = Instant::now();
        for _ in 0..1000 {
            let mut hash = LinearHash::new(kernel, black_box([0xA7; 16]));
            hash.update(&share);
            black_box(hash.finish(&[0; 16]));
        }
        println!("new, 64 KiB, finish: {:?}", start.elapsed() / 1000);
    }
    let seeds = |seed: &mut [u8; 32]| {
        seed.fill(7);
        Ok(())
    };
    for (k, n) in [(2, 3), (3, 5), (5, 9)] {
        let mut rng = Drbg::new(Kernel::best(), seeds)?;
        let mut dealer = ZeroDealer::new(Kernel::best(), Threshold::new(k, n)?);
        let mut outs = vec![vec![0; PIECE_BYTES]; usize::from(n)];
        row(&format!("deal zeros, ({k},{n}), DRBG"), || {
            let mut outs: Vec<&mut [u8]> = outs.iter_mut().map(Vec::as_mut_slice).collect();
            dealer.deal_piece(&mut rng, &mut outs).expect("pieces fit");
        });
    }
    Ok(())
}

//! Splits and combines one MiB without vector instructions, for whoever counts instructions.
//!
//! `bench/instructions.sh` runs it under valgrind; arguments: k, n, and how often.

use hlincos_sharing::{
    CHUNK_BYTES, Dealer, Interpolator, Kernel, Keystream, Point, Randomness, RandomnessError,
    RandomnessGrade, Threshold,
};

/// A keystream under one key: nothing but instructions.
struct OneKey(Keystream);

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

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let mut next = || numbers.next().expect("three numbers: k, n, times");
    let (k, n, times) = (next(), next(), next());
    let threshold = Threshold::new(k, n).expect("1 < k <= n");
    let kernel = Kernel::PORTABLE;
    let mut source = OneKey(Keystream::new(kernel, &[7; 32], [0; 8]));
    let mut dealer = Dealer::new(kernel, threshold);
    let secret = vec![0x5A; CHUNK_BYTES];
    let mut shares = vec![vec![0; CHUNK_BYTES]; usize::from(n)];
    let points: Vec<Point> = threshold.points().take(usize::from(k)).collect();
    let interpolator = Interpolator::new(kernel, &points).expect("distinct points");
    let mut combined = vec![0; CHUNK_BYTES];
    for _ in 0..times {
        let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
        dealer
            .deal(&secret, &mut source, &mut outs)
            .expect("a keystream gives");
        let first: Vec<&[u8]> = shares[..points.len()].iter().map(Vec::as_slice).collect();
        interpolator
            .secret(&first, &mut combined)
            .expect("one length");
    }
    assert!(times == 0 || combined == secret);
}

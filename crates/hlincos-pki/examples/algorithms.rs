//! Milliseconds of processor time that each algorithm takes to make a key, sign, verify.
//!
//! `cargo run --release -p hlincos-pki --example algorithms`

use hlincos_pki::{CertificateSigner, EphemeralSigner, SignatureAlgorithm};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: u32 = 20;
const MESSAGE: [u8; 1500] = [7; 1500];

/// Milliseconds that this thread has worked.
fn worked() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = i32::try_from(time.tv_sec).expect("minutes at most");
    let nanos = i32::try_from(time.tv_nsec).expect("below a second");
    f64::from(seconds) * 1e3 + f64::from(nanos) / 1e6
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    println!("algorithm      key ms   sign ms   verify ms");
    for algorithm in SignatureAlgorithm::ALL {
        let start = worked();
        let signer = EphemeralSigner::generate(algorithm).expect("the system gives randomness");
        let made = worked() - start;
        let (mut signing, mut verifying) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let start = worked();
            let signature = signer.sign(&MESSAGE).expect("a fresh key signs");
            signing.push(worked() - start);
            let start = worked();
            let verified = signer.public_key().verify(&MESSAGE, &signature);
            verifying.push(worked() - start);
            verified.expect("its own signature verifies");
        }
        let (sign, verify) = (median(signing), median(verifying));
        println!("{algorithm:<13} {made:>7.2} {sign:>9.3} {verify:>11.3}");
    }
}

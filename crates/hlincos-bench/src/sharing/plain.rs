//! What bounds sharing: copying memory, and making random bytes.

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use hlincos_sharing::{Kernel, Keystream};

use super::Contender;
use crate::buffers::Lines;

pub(super) fn contenders(bytes: usize) -> Vec<Contender> {
    let contender = |op, scheme, implementation: &str, work| Contender {
        op,
        scheme,
        implementation: implementation.to_owned(),
        threshold: (0, 0),
        bytes,
        work,
    };
    let (from, mut to) = (Lines::noise(bytes), Lines::zeros(bytes));
    let copy = Box::new(move || std::hint::black_box(&mut to).copy_from_slice(&from));
    let mut all = vec![contender("memcpy", "copy", "libc", copy)];
    for kernel in [Kernel::PORTABLE, Kernel::best()] {
        let mut stream = Keystream::new(kernel, &[7; 32], [0; 8]);
        let mut out = Lines::zeros(bytes);
        let name = format!("hlincos {kernel}");
        let fill = Box::new(move || stream.fill(std::hint::black_box(&mut out)));
        all.push(contender("keystream", "AES-256-CTR", &name, fill));
    }
    let (mut awslc, mut out) = (AwsLc::new(), Lines::zeros(bytes));
    let fill = Box::new(move || awslc.fill(std::hint::black_box(&mut out)));
    all.push(contender("keystream", "AES-256-CTR", "aws-lc", fill));
    all
}

/// AES-256-CTR of aws-lc as a source of random bytes.
pub(super) struct AwsLc {
    key: EncryptingKey,
    counter: u128,
}

impl AwsLc {
    pub(super) fn new() -> Self {
        let key = UnboundCipherKey::new(&AES_256, &Lines::noise(32)).expect("32 bytes are a key");
        let key = EncryptingKey::ctr(key).expect("AES has a counter mode");
        Self { key, counter: 0 }
    }

    /// Adds the keystream to what is there: as random as the keystream, without a memset.
    pub(super) fn fill(&mut self, out: &mut [u8]) {
        let iv = FixedLength::from(self.counter.to_be_bytes());
        self.counter += out.len().div_ceil(16) as u128;
        let context = EncryptionContext::Iv128(iv);
        self.key
            .less_safe_encrypt(out, context)
            .expect("any length is encrypted");
    }
}

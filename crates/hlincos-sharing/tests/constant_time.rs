//! No branch and no address depends on a secret: valgrind watches where undefined bytes flow.
//!
//! The tests whose names begin with `watched` run by themselves and once more under valgrind, which
//! holds secrets, keys and coefficients for undefined there and complains wherever a branch is taken
//! or an address is formed from one. Valgrind has no AVX-512: the paths up to AVX2 are watched; of the
//! AVX-512 path, whose keystream, tag and fused loops stand for themselves, the machine code was read
//! (`docs/decisions/0010-kernels.md`). Shares count as public where their tag is checked, since whether
//! they are right is told to everyone.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::hint::black_box;
use std::process::{Command, Output};

use hlincos_sharing::{
    Combiner, Dealer, Interpolator, Kernel, Keystream, Point, Randomness, RandomnessError,
    RandomnessGrade, Splitter, TAG_BYTES, Threshold,
};

/// Coefficients from a keystream, which a kernel may make in its own way, or from filled buffers.
struct Source(Keystream, bool);

impl Randomness for Source {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.0.fill(out);
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }

    fn keystream(&mut self, _blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        Ok(self.1.then_some(&mut self.0))
    }
}

/// Runs one of these tests under valgrind, if it is installed.
fn under_valgrind(name: &str) -> Option<Output> {
    let mut command = Command::new("valgrind");
    let own = std::env::current_exe().unwrap();
    command.args(["--quiet", "--error-exitcode=9"]).arg(own);
    command.args(["--exact", name, "--test-threads=1"]);
    match command.output() {
        Ok(output) => Some(output),
        Err(_) => {
            let required = std::env::var_os("CI_REQUIRE_VALGRIND").is_some();
            assert!(!required, "valgrind is not installed");
            println!("valgrind is not installed: nothing was watched");
            None
        }
    }
}

#[test]
fn no_branch_and_no_address_depends_on_a_secret_a_key_or_a_coefficient() {
    if let Some(output) = under_valgrind("watched_split_and_combine") {
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaints}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("1 passed"), "{said}");
    }
}

#[test]
fn a_table_indexed_by_a_secret_would_be_seen() {
    if let Some(output) = under_valgrind("watched_table") {
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(9), "{complaints}");
        assert!(complaints.contains("ninitialised value"), "{complaints}");
    }
}

#[test]
fn watched_table() {
    let (table, mut secret) = ([1_u8; 256], [3_u8; 1]);
    memcheck(&mut secret, UNDEFINED);
    secret[0] = black_box(&table)[usize::from(secret[0])];
    memcheck(&mut secret, DEFINED);
    assert_eq!(secret, [1]);
}

#[test]
fn watched_split_and_combine() {
    for kernel in Kernel::available() {
        for (k, n) in [(2, 3), (3, 5), (5, 9), (4, 6)] {
            for len in [1, 40, 1_000, 5_000] {
                let threshold = Threshold::new(k, n).unwrap();
                undergo(kernel, threshold, len, true);
                undergo(kernel, threshold, len, false);
            }
        }
    }
}

/// Splits and combines a secret in all ways, with a kernel.
fn undergo(kernel: Kernel, threshold: Threshold, len: usize, as_keystream: bool) {
    let (mut secret, mut key) = (vec![7_u8; len], [9_u8; 32]);
    memcheck(&mut secret, UNDEFINED);
    memcheck(&mut key, UNDEFINED);
    let mut source = Source(Keystream::new(kernel, &key, [0; 8]), as_keystream);

    let n = usize::from(threshold.n());
    let mut shares = vec![vec![0_u8; len + TAG_BYTES]; n];
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    let mut splitter = Splitter::with_kernel(kernel, threshold);
    splitter
        .split_chunk(&secret, &mut source, &mut outs)
        .expect("a keystream gives");
    let points: Vec<Point> = threshold
        .points()
        .take(usize::from(threshold.k()))
        .collect();
    let mut combiner = Combiner::with_kernel(kernel, threshold, &points).expect("k points");
    // Whether the tag is right is told to everyone: the comparison's outcome is no secret, and the
    // one place where valgrind must be told so is the shares' being right.
    for share in &mut shares {
        memcheck(share, DEFINED);
    }
    let pieces: Vec<&[u8]> = shares[..points.len()].iter().map(Vec::as_slice).collect();
    let combined = combiner
        .combine_chunk(&pieces)
        .expect("the shares are right");
    assert_eq!(combined.len(), len);

    let mut shares = vec![vec![0_u8; len]; n];
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    Dealer::new(kernel, threshold)
        .deal(&secret, &mut source, &mut outs)
        .expect("a keystream gives");
    let interpolator = Interpolator::new(kernel, &points).expect("distinct points");
    let pieces: Vec<&[u8]> = shares[..points.len()].iter().map(Vec::as_slice).collect();
    let mut combined = vec![0_u8; len];
    interpolator
        .secret(&pieces, &mut combined)
        .expect("one length");
    memcheck(&mut combined, DEFINED);
    memcheck(&mut secret, DEFINED);
    assert_eq!(combined, secret);
}

/// `VG_USERREQ__MAKE_MEM_UNDEFINED` and `..._DEFINED` of valgrind's memcheck.h.
const UNDEFINED: u64 = 0x4D43_0001;
const DEFINED: u64 = 0x4D43_0002;

/// Tells valgrind about bytes; does nothing on a bare machine, which the compiler does not know.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "valgrind is spoken to by instructions that do nothing"
)]
fn memcheck(bytes: &mut [u8], request: u64) {
    let message: [u64; 6] = [
        request,
        bytes.as_mut_ptr() as u64,
        bytes.len() as u64,
        0,
        0,
        0,
    ];
    // SAFETY: four rotations that add up to none and an exchange of a register with itself
    // (valgrind.h); under valgrind rdx is the answer, and the message is read.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") message.as_ptr(),
            inout("rdx") 0_u64 => _,
            inout("rdi") 0_u64 => _,
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn memcheck(_bytes: &mut [u8], _request: u64) {}

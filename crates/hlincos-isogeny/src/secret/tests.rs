//! Valgrind watches key generation and walks: secrets are marked as undefined memory, so it
//! complains about every branch and address that depends on one.
//!
//! Valgrind has no AVX-512, so that kernel is not watched; its steps are those of the others, and
//! its own code (`field/ifma.rs`) has no branch and no address that depends on a number.

use core::hint::black_box;
use std::format;
use std::process::{Command, Output};
use std::string::String;
use std::{eprintln, println, vec};

use crate::{EXPONENTS, Kernel, PrivateKey, PublicKey, agree_with};
#[cfg(target_arch = "x86_64")]
use crate::{
    exchange::Seeded,
    expand::Expander,
    exponents::Exponents,
    field::{Fp, adx, adx::Adx},
    walk::walk,
};

/// Runs one of these tests under valgrind, if it is installed.
fn under_valgrind(name: &str) -> Option<Output> {
    let mut command = Command::new("valgrind");
    let own = std::env::current_exe().unwrap();
    command.args(["--quiet", "--error-exitcode=9"]).arg(own);
    command.args(["--exact", "--ignored", "--show-output"]);
    command.arg(format!("secret::tests::{name}"));
    match command.arg("--test-threads=1").output() {
        Ok(output) => Some(output),
        Err(_) => {
            let required = std::env::var_os("CI_REQUIRE_VALGRIND").is_some();
            assert!(!required, "valgrind is not installed");
            eprintln!("valgrind is not installed: nothing was watched");
            None
        }
    }
}

#[test]
fn no_branch_and_no_address_depends_on_a_private_key() {
    let mut names = vec!["watched_generation", "watched_walks"];
    #[cfg(target_arch = "x86_64")]
    if adx::is_there() {
        names.push("watched_walk_with_adx");
    }
    for name in names {
        if let Some(output) = under_valgrind(name) {
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{complaints}");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("1 passed"), "{said}");
            println!("{said}");
        }
    }
}

#[test]
fn a_branch_on_a_secret_exponent_would_be_seen() {
    if let Some(output) = under_valgrind("watched_branch") {
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(9), "{complaints}");
        assert!(complaints.contains("ninitialised value"), "{complaints}");
    }
}

#[test]
#[ignore = "run by the tests above, under valgrind"]
fn watched_generation() {
    let mut seed = [7; 32];
    memcheck(&mut seed, UNDEFINED);
    let private = PrivateKey::generate(&seed);
    let mut exponents = *private.exponents();
    memcheck(&mut exponents, DEFINED);
    memcheck(&mut seed, DEFINED);
    assert_eq!(exponents, *PrivateKey::generate(&seed).exponents());
}

#[test]
#[ignore = "run by the tests above, under valgrind"]
fn watched_walks() {
    let peer = PrivateKey::generate(&[8; 32]).public_key();
    for kernel in Kernel::available() {
        println!("watched: {kernel}");
        for start in [None, Some(&peer)] {
            let mut seed = [9; 32];
            memcheck(&mut seed, UNDEFINED);
            let mut found = end(kernel, &PrivateKey::generate(&seed), start);
            memcheck(&mut found, DEFINED);
            PublicKey::from_bytes(&found).unwrap().validate().unwrap();
        }
    }
}

/// Valgrind knows the instructions but says that they are not there.
#[cfg(target_arch = "x86_64")]
#[test]
#[ignore = "run by the tests above, under valgrind, where the machine has ADX"]
fn watched_walk_with_adx() {
    let mut seed = [9; 32];
    memcheck(&mut seed, UNDEFINED);
    let seed = Expander::new(&seed);
    let exponents = Exponents::draw(&seed);
    let mut course = Seeded { seed, round: 0 };
    let mut found = walk::<Adx>(&exponents, &Fp::ZERO, &mut course).to_bytes();
    memcheck(&mut found, DEFINED);
    PublicKey::from_bytes(&found).unwrap().validate().unwrap();
}

#[test]
#[ignore = "run by the tests above, under valgrind"]
fn watched_branch() {
    let mut exponents = [1_i8; EXPONENTS];
    memcheck(&mut exponents, UNDEFINED);
    let mut steps = 0;
    for exponent in black_box(exponents) {
        if black_box(exponent) > 0 {
            steps += black_box(1);
        }
    }
    assert_eq!(steps, EXPONENTS);
}

/// The end of a walk from a public key, or from where all walks begin.
fn end(kernel: Kernel, private: &PrivateKey, start: Option<&PublicKey>) -> [u8; 64] {
    match start {
        Some(start) => *agree_with(kernel, private, start).unwrap().as_bytes(),
        None => private.public_key_with(kernel).to_bytes(),
    }
}

/// What may be known: valgrind is told so.
pub(super) fn known(mut told: [u64; 1]) -> [u64; 1] {
    memcheck(&mut told, DEFINED);
    told
}

/// `VG_USERREQ__MAKE_MEM_UNDEFINED` and `..._DEFINED` of valgrind's memcheck.h.
const UNDEFINED: u64 = 0x4D43_0001;
const DEFINED: u64 = 0x4D43_0002;

/// Tells valgrind about memory; does nothing on a bare machine, which the compiler does not know.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "valgrind is spoken to by instructions that do nothing"
)]
fn memcheck<T, const N: usize>(memory: &mut [T; N], request: u64) {
    let message: [u64; 6] = [
        request,
        memory.as_mut_ptr() as u64,
        size_of_val(memory) as u64,
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
fn memcheck<T, const N: usize>(_memory: &mut [T; N], _request: u64) {}

//! Products by mulx, adcx and adox: two chains of carries at once.

#![allow(unsafe_code, reason = "instructions that the language does not give")]

use core::arch::asm;

use super::{Fp, Multiply, below_p, montgomery::NEGATIVE_INVERSE};
use crate::prime::P;

cpufeatures::new!(has_adx, "adx", "bmi2");

/// Whether this machine has the instructions.
pub(crate) fn is_there() -> bool {
    has_adx::get()
}

/// Products with ADX and BMI2; named only where [`is_there`] said so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adx;

/// p, and -1/p after it, where one register reaches both.
static MODULUS: [u64; 9] = {
    let (mut all, mut at) = ([NEGATIVE_INVERSE; 9], 0);
    while at < 8 {
        all[at] = P[at];
        at += 1;
    }
    all
};

/// Adds rdx times the limb at an address: its low half by one chain, its high half by the other.
macro_rules! add {
    ($from:literal, $offset:literal, $low:literal, $high:literal) => {
        concat!(
            concat!("mulx rcx, rax, [", $from, " + ", $offset, "]\n"),
            concat!("adcx ", $low, ", rax\n"),
            concat!("adox ", $high, ", rcx\n"),
        )
    };
}

/// Adds rdx times the eight limbs at an address to nine registers, of which the last holds zero.
macro_rules! row {
    ($from:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal, $t5:literal,
     $t6:literal, $t7:literal, $t8:literal) => {
        concat!(
            "xor eax, eax\n",
            add!($from, "0", $t0, $t1),
            add!($from, "8", $t1, $t2),
            add!($from, "16", $t2, $t3),
            add!($from, "24", $t3, $t4),
            add!($from, "32", $t4, $t5),
            add!($from, "40", $t5, $t6),
            add!($from, "48", $t6, $t7),
            add!($from, "56", $t7, $t8),
            "mov eax, 0\n",
            concat!("adcx ", $t8, ", rax\n"),
        )
    };
}

/// One limb of `b`: adds its product with `a`, then the multiple of p that clears the lowest limb,
/// whose register is the next one's ninth.
macro_rules! limb {
    ($at:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal, $t5:literal,
     $t6:literal, $t7:literal, $t8:literal) => {
        concat!(
            concat!("mov rdx, [rsi + ", $at, "]\n"),
            row!("rdi", $t0, $t1, $t2, $t3, $t4, $t5, $t6, $t7, $t8),
            concat!("mov rdx, ", $t0, "\n"),
            "imul rdx, [rip + {m} + 64]\n",
            row!("rip + {m}", $t0, $t1, $t2, $t3, $t4, $t5, $t6, $t7, $t8),
        )
    };
}

impl Multiply for Adx {
    #[inline]
    fn mul(a: &Fp, b: &Fp) -> Fp {
        let mut total = [0_u64; 8];
        // SAFETY: whoever names `Adx` asked `is_there` first. Reads 64 bytes at each of rdi and
        // rsi and 72 at `MODULUS`, writes 64 at `total`, whose address waits on the stack above rbx;
        // both are popped again, all other registers written are named.
        unsafe {
            asm!(
                "push rbx",
                "push rax",
                "xor r8d, r8d", "xor r9d, r9d", "xor r10d, r10d", "xor r11d, r11d",
                "xor r12d, r12d", "xor r13d, r13d", "xor r14d, r14d", "xor r15d, r15d",
                "xor ebx, ebx",
                limb!("0", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbx"),
                limb!("8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbx", "r8"),
                limb!("16", "r10", "r11", "r12", "r13", "r14", "r15", "rbx", "r8", "r9"),
                limb!("24", "r11", "r12", "r13", "r14", "r15", "rbx", "r8", "r9", "r10"),
                limb!("32", "r12", "r13", "r14", "r15", "rbx", "r8", "r9", "r10", "r11"),
                limb!("40", "r13", "r14", "r15", "rbx", "r8", "r9", "r10", "r11", "r12"),
                limb!("48", "r14", "r15", "rbx", "r8", "r9", "r10", "r11", "r12", "r13"),
                limb!("56", "r15", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14"),
                "pop rax",
                "mov [rax], rbx", "mov [rax+8], r8", "mov [rax+16], r9", "mov [rax+24], r10",
                "mov [rax+32], r11", "mov [rax+40], r12", "mov [rax+48], r13", "mov [rax+56], r14",
                "pop rbx",
                inout("rax") &raw mut total => _,
                m = sym MODULUS,
                in("rdi") &raw const a.0,
                in("rsi") &raw const b.0,
                out("rcx") _, out("rdx") _,
                out("r8") _, out("r9") _, out("r10") _, out("r11") _,
                out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            );
        }
        Fp(below_p(&total))
    }
}

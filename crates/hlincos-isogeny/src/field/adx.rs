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

/// Adds rdx times the eight limbs at a register to nine registers; `r9th` begins as zero.
macro_rules! row {
    ($from:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal, $t5:literal,
     $t6:literal, $t7:literal, $t8:literal) => {
        concat!(
            "xor eax, eax\n",
            "mulx rcx, rax, [",
            $from,
            "]\n",
            "adcx ",
            $t0,
            ", rax\n",
            "adox ",
            $t1,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+8]\n",
            "adcx ",
            $t1,
            ", rax\n",
            "adox ",
            $t2,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+16]\n",
            "adcx ",
            $t2,
            ", rax\n",
            "adox ",
            $t3,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+24]\n",
            "adcx ",
            $t3,
            ", rax\n",
            "adox ",
            $t4,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+32]\n",
            "adcx ",
            $t4,
            ", rax\n",
            "adox ",
            $t5,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+40]\n",
            "adcx ",
            $t5,
            ", rax\n",
            "adox ",
            $t6,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+48]\n",
            "adcx ",
            $t6,
            ", rax\n",
            "adox ",
            $t7,
            ", rcx\n",
            "mulx rcx, rax, [",
            $from,
            "+56]\n",
            "adcx ",
            $t7,
            ", rax\n",
            "adox ",
            $t8,
            ", rcx\n",
            "mov eax, 0\n",
            "adcx ",
            $t8,
            ", rax\n",
        )
    };
}

/// One limb of `b`: adds its product with `a`, then the multiple of p that clears the lowest limb,
/// whose register is the next one's ninth.
macro_rules! limb {
    ($at:literal, $t0:literal, $t1:literal, $t2:literal, $t3:literal, $t4:literal, $t5:literal,
     $t6:literal, $t7:literal, $t8:literal) => {
        concat!(
            "mov rdx, [rsi+",
            $at,
            "]\n",
            row!("rdi", $t0, $t1, $t2, $t3, $t4, $t5, $t6, $t7, $t8),
            "mov rdx, ",
            $t0,
            "\n",
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
        // rsi and 72 at `MODULUS`, writes 64 at `total`, whose address waits on the stack beside
        // rbx; both are popped again, and the flags are declared lost.
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

//! The prime p = 4 · 3 · 5 ··· 373 · 587 - 1, its odd factors of p + 1, and their batches.

/// p, least significant limb first.
pub(crate) const P: [u64; 8] = [
    0x1b81_b905_33c6_c87b,
    0xc272_1bf4_57ac_a835,
    0x5167_30cc_1f0b_4f25,
    0xa7aa_c6c5_67f3_5507,
    0x5afb_fcc6_9322_c9cd,
    0xb42d_083a_edc8_8c42,
    0xfc8a_b0d1_5e3e_4c4a,
    0x65b4_8e8f_740f_89bf,
];

/// How many odd primes divide p + 1, each once.
pub(crate) const DEGREES: usize = 74;

/// The odd primes that divide p + 1: the degrees of the isogenies, ascending.
pub(crate) const DEGREE: [u16; DEGREES] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199, 211, 223, 227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307,
    311, 313, 317, 331, 337, 347, 349, 353, 359, 367, 373, 587,
];

/// How many batches there are.
pub(crate) const BATCHES: usize = 14;

/// Consecutive degrees among which an isogeny hides its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// Index of its smallest degree.
    pub(crate) first: usize,
    /// How many degrees it holds, at most [`DEGREES_OF_BATCH_MAX`].
    pub(crate) len: usize,
    /// How many isogenies of it each action computes: the bound of the sum of |exponents|.
    pub(crate) bound: u8,
}

/// The longest batch.
pub(crate) const DEGREES_OF_BATCH_MAX: usize = 8;

impl Batch {
    pub(crate) fn degrees(self) -> &'static [u16] {
        &DEGREE[self.first..self.first + self.len]
    }

    pub(crate) fn smallest(self) -> u16 {
        DEGREE[self.first]
    }

    pub(crate) fn largest(self) -> u16 {
        DEGREE[self.first + self.len - 1]
    }
}

/// The batches of CTIDH-512: `spec/isogeny.md`, section 3.
pub(crate) const BATCH: [Batch; BATCHES] = {
    let lens = [2, 3, 4, 4, 5, 5, 6, 7, 7, 8, 8, 6, 8, 1];
    let bounds = [10, 14, 16, 17, 17, 17, 18, 18, 18, 18, 18, 13, 13, 1];
    let mut batches = [Batch {
        first: 0,
        len: 0,
        bound: 0,
    }; BATCHES];
    let (mut at, mut first) = (0, 0);
    while at < BATCHES {
        batches[at] = Batch {
            first,
            len: lens[at],
            bound: bounds[at],
        };
        first += lens[at];
        at += 1;
    }
    assert!(first == DEGREES);
    batches
};

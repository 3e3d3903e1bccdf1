//! Multiplication by each element, in the forms that vector instructions take.
//!
//! Indexed by points and Lagrange's weights only, which are public.

use crate::field::mul;

/// For each element, its products with 0 to 15, then with 0, 16, ... 240.
pub(super) static NIBBLES: [[[u8; 16]; 2]; 256] = nibbles();

/// For each element, multiplication by it as a matrix over bits, in the order of `gf2p8affineqb`:
/// byte 7-i holds the input bits that make up bit i of the product.
#[cfg(target_arch = "x86_64")]
pub(super) static MATRICES: [u64; 256] = matrices();

const fn nibbles() -> [[[u8; 16]; 2]; 256] {
    let mut tables = [[[0; 16]; 2]; 256];
    let mut element = 0_usize;
    while element < 256 {
        let mut nibble = 0_usize;
        while nibble < 16 {
            tables[element][0][nibble] = mul(low_byte(element), low_byte(nibble));
            tables[element][1][nibble] = mul(low_byte(element), low_byte(nibble << 4));
            nibble += 1;
        }
        element += 1;
    }
    tables
}

#[cfg(target_arch = "x86_64")]
const fn matrices() -> [u64; 256] {
    let mut matrices = [0; 256];
    let mut element = 0_usize;
    while element < 256 {
        let mut input = 0;
        while input < 8 {
            let product = mul(low_byte(element), 1 << input);
            let mut output = 0;
            while output < 8 {
                let bit = (product >> output & 1) as u64;
                matrices[element] |= bit << (8 * (7 - output) + input);
                output += 1;
            }
            input += 1;
        }
        element += 1;
    }
    matrices
}

const fn low_byte(number: usize) -> u8 {
    number.to_be_bytes()[size_of::<usize>() - 1]
}

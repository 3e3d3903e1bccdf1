//! How much bigger or smaller than the mean a patient is: log-normal, in whole numbers.
//!
//! A table instead of `exp`: floating point of one machine is not that of another, and the bytes of
//! a store must not depend on it.

use super::draw::Draw;

/// Draws a factor in thousandths, log-normal with sigma 1 and mean 1,000; one in a million is
/// beyond 70,000.
pub(crate) fn draw_permille(draw: &mut Draw) -> u32 {
    let drawn = draw.word();
    let (index, low, width) = place(drawn);
    let (from, to) = (
        QUANTILES[index],
        QUANTILES[(index + 1).min(QUANTILES.len() - 1)],
    );
    let part = u64::from(to - from) * u64::from(drawn - low) / width;
    from + u32::try_from(part).expect("less than the step")
}

/// Finds the step of the table, its lower end and its width: 63 equal ones, then ever shorter ones.
fn place(drawn: u32) -> (usize, u32, u64) {
    let coarse = drawn >> 26;
    if coarse < 63 {
        return (coarse as usize, coarse << 26, 1 << 26);
    }
    // The leading ones of the draw tell how far out in the tail it lies.
    let ones = drawn.leading_ones().min(20);
    let low = if ones == 0 {
        0
    } else {
        u32::MAX << (32 - ones)
    };
    let index = 63 + ones as usize - 6;
    (index, low, 1 << (31 - ones))
}

/// Quantiles of the log-normal distribution in thousandths of its mean: at i/64 for 0 to 63 (the
/// first at 1/4096), then at 1 - 2^-7 to 1 - 2^-20.
#[rustfmt::skip]
const QUANTILES: [u32; 78] = [
    18, 70, 94, 113, 130, 146, 162, 177, 191, 206, 220, 234, 249, 263,
    278, 293, 308, 323, 338, 354, 370, 387, 404, 421, 439, 457, 476, 496,
    516, 537, 558, 581, 604, 628, 653, 679, 707, 735, 765, 797, 830, 866,
    903, 942, 984, 1_029, 1_077, 1_129, 1_185, 1_246, 1_312, 1_385, 1_466, 1_556, 1_658, 1_774,
    1_908, 2_065, 2_256, 2_492, 2_800, 3_226, 3_889, 5_203, 6_773, 8_632, 10_817, 13_366, 16_324, 19_738,
    23_660, 28_145, 33_256, 39_057, 45_621, 53_026, 61_356, 70_701,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::draw::Purpose;

    #[test]
    fn the_table_rises_and_its_steps_meet() {
        assert!(QUANTILES.windows(2).all(|two| two[0] < two[1]));
        let mut end = 0;
        for index in 0..QUANTILES.len() - 1 {
            let (found, low, width) = place(u32::try_from(end).unwrap());
            assert_eq!((found, u64::from(low)), (index, end));
            end += width;
        }
        assert_eq!(place(u32::MAX).0, QUANTILES.len() - 1);
    }

    #[test]
    fn the_mean_is_one_the_median_below_and_the_tail_long() {
        let mut draw = Draw::open(1, 0, 0, Purpose::Life);
        let mut drawn: Vec<u32> = (0..100_000).map(|_| draw_permille(&mut draw)).collect();
        drawn.sort_unstable();
        let mean = drawn.iter().map(|&x| u64::from(x)).sum::<u64>() / 100_000;
        assert!((970..=1_030).contains(&mean), "{mean}");
        assert!(
            (590..=625).contains(&drawn[50_000]),
            "e^-0.5 = 607: {}",
            drawn[50_000]
        );
        assert!(
            (5_700..=6_700).contains(&drawn[99_000]),
            "e^(2.326-0.5) = 6,212: {}",
            drawn[99_000]
        );
    }
}

//! The field against whole numbers, and every machine against the plain one.

use num_bigint::BigUint;
use proptest::prelude::*;
use std::vec::Vec;

use super::*;
use crate::lanes::{Lanes, Machine, Own};

fn p() -> BigUint {
    number(&P)
}

fn number(limbs: &[u64; 8]) -> BigUint {
    let digits = limbs.iter().flat_map(|limb| {
        let [low, high] = [limb & 0xFFFF_FFFF, limb >> 32];
        [low, high].map(|half| u32::try_from(half).unwrap())
    });
    BigUint::new(digits.collect())
}

/// What an element stands for.
fn value(element: &Fp) -> BigUint {
    assert!(number(&element.0) < p(), "not canonical");
    BigUint::from_bytes_le(&element.to_bytes())
}

/// Elements near the ends, with limbs near their ends, and any.
fn elements() -> impl Strategy<Value = Fp> {
    let limb = prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
    let arbitrary = prop::array::uniform8(limb).prop_map(|limbs| Fp(below_p(&below_p(&limbs))));
    let near = (0_u64..4, any::<bool>()).prop_map(|(small, below)| {
        let small = Fp([small, 0, 0, 0, 0, 0, 0, 0]);
        if below { Fp::ZERO.sub(&small) } else { small }
    });
    prop_oneof![4 => arbitrary, 1 => near]
}

fn eight() -> impl Strategy<Value = [Fp; 8]> {
    prop::array::uniform8(elements())
}

/// All operations of lanes, one after the other.
fn undergo<M: Machine>(a: &[Fp; 8], b: &[Fp; 8], masks: &[u64; 8]) -> Vec<[Fp; 8]> {
    let own = [Own::Plus, Own::Minus, Own::Zero, Own::Minus];
    let own: [Own; 8] = core::array::from_fn(|at| own[at % 4]);
    let [a, b] = [a, b].map(M::Eight::of);
    let product = a.mul(&b);
    let sums = product.butterfly([1, 0, 3, 2, 5, 7, 6, 4], own);
    // The longest way without a product in between that the curve arithmetic takes.
    let square = sums.mul(&sums);
    let differences = square.butterfly([0, 0, 0, 0, 0, 0, 0, 0], own).mul(&sums);
    let pattern = [true, false, false, true, true, true, false, false];
    let all = [
        a,
        product,
        sums,
        square,
        differences,
        product.permuted([7, 6, 5, 4, 3, 2, 1, 1]),
        a.blend(&sums, pattern),
        sums.select(&b, masks),
    ];
    let mut all = all.map(|lanes| lanes.elements()).to_vec();
    for second in [0, u64::MAX] {
        let four = M::one_of(&product, second);
        let four = four.mul(&four.butterfly([3, 2, 1, 0], [Own::Minus; 4]));
        let [w, x, y, z] = four.elements();
        all.push([w, x, y, z, w, x, y, z]);
    }
    all
}

proptest! {
    #[test]
    fn sums_differences_and_products_are_those_of_whole_numbers(a in elements(), b in elements()) {
        let (x, y) = (value(&a), value(&b));
        prop_assert_eq!(value(&a.add(&b)), (&x + &y) % p());
        prop_assert_eq!(value(&a.sub(&b)), (&x + p() - &y) % p());
        prop_assert_eq!(value(&Portable::mul(&a, &b)), (&x * &y) % p());
    }

    #[test]
    fn bytes_there_and_back_are_the_same(a in elements()) {
        prop_assert!(Fp::from_bytes(&a.to_bytes()) == Some(a));
    }

    #[test]
    fn uniform_bytes_are_reduced(low in any::<[u8; 32]>(), high in any::<[u8; 32]>()) {
        let mut bytes = [0xFF; 128];
        bytes[..32].copy_from_slice(&low);
        bytes[96..].copy_from_slice(&high);
        let expected = BigUint::from_bytes_le(&bytes) % p();
        prop_assert_eq!(value(&Fp::from_uniform(&bytes)), expected);
    }

    #[test]
    fn every_machine_computes_as_the_plain_one(
        a in eight(), b in eight(), which in any::<[bool; 8]>(),
    ) {
        let masks = which.map(|one| if one { u64::MAX } else { 0 });
        let expected = undergo::<Portable>(&a, &b, &masks);
        #[cfg(target_arch = "x86_64")]
        if adx::is_there() {
            prop_assert!(undergo::<adx::Adx>(&a, &b, &masks) == expected);
        }
        #[cfg(target_arch = "x86_64")]
        if ifma::is_there() {
            prop_assert!(undergo::<ifma::Ifma>(&a, &b, &masks) == expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn an_inverse_is_one_and_squares_are_squares(a in elements()) {
        let zero = a == Fp::ZERO;
        let one = Portable::mul(&a, &a.inverse::<Portable>());
        let expected = if zero { Fp::ZERO } else { Fp::ONE };
        prop_assert!(one == expected);
        let square = Portable::mul(&a, &a);
        prop_assert!(square.is_square::<Portable>().word() != 0);
        // p = 3 mod 4: -1 is no square.
        let other = Fp::ZERO.sub(&square);
        prop_assert_eq!(other.is_square::<Portable>().word() != 0, zero);
    }
}

#[test]
fn the_constants_are_what_they_say() {
    let r: BigUint = BigUint::from(1_u8) << 512;
    let powers = [(R, 1), (R2, 2), (R3, 3)];
    for (limbs, power) in powers {
        assert_eq!(number(&limbs), r.pow(power) % p());
    }
    let product: BigUint = crate::prime::DEGREE
        .iter()
        .map(|q| BigUint::from(*q))
        .product();
    assert_eq!(p() + 1_u8, product * 4_u8);
    assert_eq!(number(&HALF), p() >> 1);
    assert_eq!(number(&P_MINUS_2), p() - 2_u8);
}

#[test]
fn numbers_from_p_on_are_refused() {
    let bytes = |number: BigUint| {
        let mut bytes = number.to_bytes_le();
        bytes.resize(64, 0);
        <[u8; 64]>::try_from(bytes).unwrap()
    };
    assert!(Fp::from_bytes(&bytes(p())).is_none());
    assert!(Fp::from_bytes(&[0xFF; 64]).is_none());
    let last = Fp::from_bytes(&bytes(p() - 1_u8)).unwrap();
    assert!(last.add(&Fp::ONE) == Fp::ZERO);
}

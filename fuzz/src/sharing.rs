//! Targets of the sharing kernel: answers of anybody, and answers of which fewer than k lie.

use hlincos_sharing::dispersal::{self, AwsLcGcm};
use hlincos_sharing::{
    Point, Randomness, RandomnessError, RandomnessGrade, Threshold, combine_robust,
    protect_and_split,
};

/// Answers cut out of the bytes, at points that they name.
pub fn shares(bytes: &[u8]) {
    let [k, n, count, rest @ ..] = bytes else {
        return;
    };
    let Ok(threshold) = Threshold::new(*k, *n) else {
        return;
    };
    let (heads, rest) = rest.split_at(rest.len().min(2 * usize::from(*count)));
    let mut rest = rest;
    let mut answers: Vec<(Point, &[u8])> = Vec::new();
    for head in heads.chunks_exact(2) {
        let (answer, later) = rest.split_at(rest.len().min(usize::from(head[1])));
        rest = later;
        answers.extend(Point::new(head[0]).map(|point| (point, answer)));
    }
    if let Ok(combined) = combine_robust(threshold, &answers) {
        let told = combined.culprits.iter().chain(&combined.suspects);
        assert!(
            told.clone()
                .all(|point| answers.iter().any(|(given, _)| given == point))
        );
    }
    let _ = dispersal::combine_robust::<AwsLcGcm>(threshold, &answers);
}

/// Right shares, spoilt at fewer than k sites as the bytes say: what comes out is right and accuses
/// no honest site, or nothing comes out.
pub fn liars(bytes: &[u8]) {
    let [numbers, length, spoils @ ..] = bytes else {
        return;
    };
    let k = 2 + numbers % 4;
    let n = k + numbers / 4 % 5;
    let Ok(threshold) = Threshold::new(k, n) else {
        return;
    };
    let secret: Vec<u8> = (0..*length).collect();
    let mut source = Numbers(u64::from(*numbers) << 8 | u64::from(*length));
    let honest = protect_and_split(threshold, &secret, &mut source).expect("numbers never end");
    let dispersed = dispersal::protect_and_split::<AwsLcGcm>(threshold, &secret, &mut source)
        .expect("numbers never end");
    for (right, combine) in [
        (honest, combine_robust as fn(_, &[(Point, &[u8])]) -> _),
        (dispersed, dispersal::combine_robust::<AwsLcGcm>),
    ] {
        let mut told = right.clone();
        let mut liars: Vec<usize> = Vec::new();
        for spoil in spoils.chunks_exact(3) {
            let site = usize::from(spoil[0]) % usize::from(n);
            if !liars.contains(&site) && liars.len() + 1 < usize::from(k) {
                liars.push(site);
            }
            if liars.contains(&site) {
                let at = usize::from(spoil[1]) % told[site].len();
                told[site][at] ^= spoil[2];
            }
        }
        let points = threshold.points();
        let answers: Vec<(Point, &[u8])> = points.zip(told.iter().map(Vec::as_slice)).collect();
        if let Ok(combined) = combine(threshold, &answers) {
            assert!(*combined.secret == secret, "a wrong secret came out");
            // The accusation has a condition: 2k-1 answers.
            let enough = usize::from(n) >= 2 * usize::from(k) - 1;
            for culprit in combined.culprits.iter().filter(|_| enough) {
                let site = usize::from(culprit.get()) - 1;
                assert!(told[site] != right[site], "an honest site was accused");
            }
        }
    }
}

/// A sequence that is random enough here.
struct Numbers(u64);

impl Randomness for Numbers {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        for byte in out {
            self.0 ^= self.0 << 13 | 1;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = self.0.to_be_bytes()[3];
        }
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}

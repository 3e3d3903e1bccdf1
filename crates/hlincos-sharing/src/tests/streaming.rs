//! The chunk-wise forms give what the whole-buffer functions give, and keep their order.

use super::*;

/// Splits chunk by chunk.
fn streamed(t: Threshold, secret: &[u8], seed: u64) -> Vec<Vec<u8>> {
    let mut rng = Scripted::seeded(seed);
    let mut splitter = Splitter::new(t);
    let mut shares: Vec<Vec<u8>> = t.points().map(|_| Vec::new()).collect();
    let chunks: Vec<&[u8]> = match secret {
        [] => vec![&[]],
        secret => secret.chunks(CHUNK_BYTES).collect(),
    };
    for chunk in chunks {
        let mut buffers = vec![vec![0xEE; chunk.len() + TAG_BYTES]; usize::from(t.n())];
        let mut outs: Vec<&mut [u8]> = buffers.iter_mut().map(Vec::as_mut_slice).collect();
        splitter.split_chunk(chunk, &mut rng, &mut outs).unwrap();
        for (share, buffer) in shares.iter_mut().zip(buffers) {
            share.extend(buffer);
        }
    }
    shares
}

#[test]
fn chunks_split_one_by_one_are_the_shares_split_at_once() {
    for len in [0, 1, 4_064, 4_097, 65_535, 65_536, 65_537, 150_000] {
        for (k, n) in [(2, 3), (4, 5)] {
            let t = threshold(k, n);
            let secret = text(len);
            let at_once = protect_and_split(t, &secret, &mut Scripted::seeded(9)).unwrap();
            assert!(streamed(t, &secret, 9) == at_once, "{len} bytes, ({k},{n})");
        }
    }
}

#[test]
fn chunks_combined_one_by_one_are_the_secret_and_name_the_liar_from_then_on() {
    let secret = text(150_000);
    let mut shares = protect_and_split(threshold(2, 3), &secret, &mut Scripted::seeded(9)).unwrap();
    shares[0][PROTECTED_CHUNK_BYTES + 1] ^= 1;
    let points: Vec<Point> = threshold(2, 3).points().collect();
    let mut combiner = Combiner::new(threshold(2, 3), &points).unwrap();
    let mut restored = Vec::new();
    for at in (0..shares[0].len()).step_by(PROTECTED_CHUNK_BYTES) {
        let until = shares[0].len().min(at + PROTECTED_CHUNK_BYTES);
        let pieces: Vec<&[u8]> = shares.iter().map(|share| &share[at..until]).collect();
        restored.extend_from_slice(combiner.combine_chunk(&pieces).unwrap());
        let named = combiner.culprits();
        assert_eq!(named.is_empty(), at == 0);
        assert!(combiner.suspects().is_empty());
    }
    assert!(restored == secret);
    assert_eq!(combiner.culprits(), [points[0]]);
}

#[test]
fn a_failed_chunk_may_be_given_again_with_better_answers() {
    let shares = protect_and_split(threshold(2, 3), b"again", &mut Scripted::seeded(9)).unwrap();
    let two = [Point::new(1).unwrap(), Point::new(2).unwrap()];
    let mut combiner = Combiner::new(threshold(2, 3), &two).unwrap();
    let wrong = vec![1; shares[1].len()];
    combiner.combine_chunk(&[&shares[0], &wrong]).unwrap_err();
    assert!(combiner.culprits().is_empty());
    let chunk = combiner.combine_chunk(&[&shares[0], &shares[1]]).unwrap();
    assert_eq!(chunk, b"again");
}

#[test]
fn pieces_that_are_no_chunk_are_refused() {
    let t = threshold(2, 3);
    let points: Vec<Point> = t.points().take(2).collect();
    let refused = |before: &[usize], lens: [usize; 2]| {
        let mut combiner = Combiner::new(t, &points).unwrap();
        for len in before {
            let shares = protect_and_split(t, &text(*len), &mut Scripted::seeded(2)).unwrap();
            combiner.combine_chunk(&[&shares[0], &shares[1]]).unwrap();
        }
        let (one, other) = (vec![0; lens[0]], vec![0; lens[1]]);
        combiner.combine_chunk(&[&one, &other]) == Err(RobustError::WrongLength)
    };
    assert!(refused(&[], [0, 0]));
    assert!(refused(&[], [31, 31]));
    assert!(refused(&[], [40, 41]));
    assert!(refused(&[], [PROTECTED_CHUNK_BYTES + 1; 2]));
    // An empty chunk behind another, and a chunk behind the last one.
    assert!(refused(&[CHUNK_BYTES], [TAG_BYTES; 2]));
    assert!(refused(&[5], [40, 40]));
    assert!(refused(&[0], [40, 40]));
}

#[test]
fn as_many_bytes_are_drawn_as_the_docs_say() {
    struct Counted(Scripted, usize);
    impl Randomness for Counted {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
            self.1 += out.len();
            self.0.fill(out)
        }
        fn grade(&self) -> RandomnessGrade {
            self.0.grade()
        }
    }
    for len in [0, 1, 65_536, 65_537] {
        let mut rng = Counted(Scripted::seeded(1), 0);
        let shares = protect_and_split(threshold(3, 4), &text(len), &mut rng).unwrap();
        assert!(shares.iter().all(|share| share.len() == protected_len(len)));
        let chunks = len.div_ceil(CHUNK_BYTES).max(1);
        assert_eq!(rng.1, 16 * chunks + 2 * protected_len(len));
        let mut rng = Counted(Scripted::seeded(1), 0);
        let shares = split(threshold(3, 4), &text(len), &mut rng).unwrap();
        assert!(shares.iter().all(|share| share.len() == len));
        assert_eq!(rng.1, 2 * len);
    }
}

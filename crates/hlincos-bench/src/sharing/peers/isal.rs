//! Intel's ISA-L: an erasure code of vector instructions, made a secret sharing by giving it random
//! rows. Its field has another polynomial (0x11D); the work is the same.

#![expect(unsafe_code, reason = "calls of a C library")]

use std::ffi::{c_int, c_uchar};

use hlincos_sharing::Threshold;
use libloading::Library as Loaded;

use super::contender;
use crate::buffers::Lines;
use crate::sharing::plain::AwsLc;
use crate::sharing::{Contender, ours};

type InitTables = unsafe extern "C" fn(c_int, c_int, *const c_uchar, *mut c_uchar);
type Encode = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    *const c_uchar,
    *const *const c_uchar,
    *const *mut c_uchar,
);
type Multiply = unsafe extern "C" fn(c_uchar, c_uchar) -> c_uchar;
type Invert = unsafe extern "C" fn(c_uchar) -> c_uchar;

/// The functions used.
#[derive(Clone, Copy)]
pub(super) struct Library {
    init_tables: InitTables,
    encode: Encode,
    multiply: Multiply,
    invert: Invert,
}

impl Library {
    /// Loads it for the rest of the program's life.
    pub(super) fn open() -> Option<Self> {
        // SAFETY: the names and types are those of isa-l/erasure_code.h and gf_vect_mul.h, version
        // 2; loading it runs no code but choosing its vector paths.
        unsafe {
            let library = Box::leak(Box::new(Loaded::new("libisal.so.2").ok()?));
            Some(Self {
                init_tables: *library.get::<InitTables>(b"ec_init_tables\0").ok()?,
                encode: *library.get::<Encode>(b"ec_encode_data\0").ok()?,
                multiply: *library.get::<Multiply>(b"gf_mul\0").ok()?,
                invert: *library.get::<Invert>(b"gf_inv\0").ok()?,
            })
        }
    }

    fn multiply(self, a: u8, b: u8) -> u8 {
        // SAFETY: a function of two bytes.
        unsafe { (self.multiply)(a, b) }
    }

    fn tables(self, rows: &[Vec<u8>]) -> Tables {
        let sources = rows[0].len();
        let matrix = rows.concat();
        let mut tables = vec![0; 32 * sources * rows.len()];
        let count = |len: usize| c_int::try_from(len).expect("at most 255");
        // SAFETY: the matrix has rows x sources bytes, the tables 32 for each of them.
        unsafe {
            let (matrix, tables) = (matrix.as_ptr(), tables.as_mut_ptr());
            (self.init_tables)(count(sources), count(rows.len()), matrix, tables);
        }
        Tables {
            library: self,
            sources,
            tables,
        }
    }

    /// x^e, row by row for points 1 to n.
    fn powers(self, threshold: Threshold) -> Vec<Vec<u8>> {
        let row = |x: u8| {
            let powers =
                std::iter::successors(Some(1), move |power| Some(self.multiply(*power, x)));
            powers.take(usize::from(threshold.k())).collect()
        };
        threshold.points().map(|point| row(point.get())).collect()
    }

    /// Lagrange's weights at 0.
    fn weights(self, points: &[u8]) -> Vec<u8> {
        let weight = |x: &u8| {
            let others = points.iter().filter(|other| *other != x);
            others.fold(1, |product, other| {
                // SAFETY: a function of one byte.
                let inverse = unsafe { (self.invert)(x ^ other) };
                self.multiply(product, self.multiply(*other, inverse))
            })
        };
        points.iter().map(weight).collect()
    }
}

/// A matrix made ready.
struct Tables {
    library: Library,
    sources: usize,
    tables: Vec<u8>,
}

impl Tables {
    /// Writes the matrix times the sources, over a part of all of them.
    fn encode(&self, sources: &[&[u8]], outs: &mut [&mut [u8]]) {
        let len = outs[0].len();
        assert_eq!(
            (sources.len(), outs.len() * 32 * self.sources),
            (self.sources, self.tables.len())
        );
        assert!(sources.iter().all(|source| source.len() == len));
        assert!(outs.iter().all(|out| out.len() == len));
        let from: Vec<*const u8> = sources.iter().map(|source| source.as_ptr()).collect();
        let to: Vec<*mut u8> = outs.iter_mut().map(|out| out.as_mut_ptr()).collect();
        let count = |len: usize| c_int::try_from(len).expect("a part is short");
        // SAFETY: as many pointers as told, each to `len` bytes; the tables were made for them.
        unsafe {
            let (sources, rows) = (count(self.sources), count(outs.len()));
            let tables = self.tables.as_ptr();
            (self.library.encode)(
                count(len),
                sources,
                rows,
                tables,
                from.as_ptr(),
                to.as_ptr(),
            );
        }
    }
}

/// Parts in which random rows stay in the nearest caches: the fastest that was tried.
const PART_BYTES: usize = 16 << 10;

pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let Some(library) = Library::open() else {
        return Vec::new();
    };
    let contender = |op, scheme, name, work| contender(op, scheme, name, threshold, bytes, work);
    vec![
        contender(
            "split",
            ours::PLAIN,
            "ISA-L + aws-lc",
            split(library, threshold, bytes, true),
        ),
        contender(
            "split",
            ours::GIVEN,
            "ISA-L",
            split(library, threshold, bytes, false),
        ),
        contender(
            "combine",
            ours::PLAIN,
            "ISA-L",
            combine(library, threshold, bytes),
        ),
    ]
}

fn split(library: Library, threshold: Threshold, bytes: usize, random: bool) -> crate::clock::Work {
    let (rows, n) = (usize::from(threshold.k()) - 1, usize::from(threshold.n()));
    let tables = library.tables(&library.powers(threshold));
    let secret = Lines::noise(bytes);
    let part = bytes.min(PART_BYTES);
    let mut coefficients = Lines::noise(rows * part);
    let mut shares: Vec<Lines> = (0..n).map(|_| Lines::zeros(bytes)).collect();
    let mut source = AwsLc::new();
    Box::new(move || {
        for from in (0..bytes).step_by(part) {
            let len = part.min(bytes - from);
            if random {
                source.fill(&mut coefficients[..rows * len]);
            }
            let mut sources = vec![&secret[from..from + len]];
            sources.extend(coefficients[..rows * len].chunks_exact(len));
            let mut outs: Vec<&mut [u8]> = shares
                .iter_mut()
                .map(|share| &mut share[from..from + len])
                .collect();
            tables.encode(&sources, &mut outs);
        }
    })
}

fn combine(library: Library, threshold: Threshold, bytes: usize) -> crate::clock::Work {
    let (k, n) = (usize::from(threshold.k()), usize::from(threshold.n()));
    // Shares of a secret made plainly, so that restoring it can be checked.
    let rows = library.powers(threshold);
    let sources: Vec<Lines> = (0..k).map(|_| Lines::noise(bytes)).collect();
    let mut shares: Vec<Lines> = (0..n).map(|_| Lines::zeros(bytes)).collect();
    let borrowed: Vec<&[u8]> = sources.iter().map(|source| &**source).collect();
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(|share| &mut **share).collect();
    library.tables(&rows).encode(&borrowed, &mut outs);
    let shares = shares.split_off(n - k);
    let points: Vec<u8> = threshold
        .points()
        .map(|point| point.get())
        .skip(n - k)
        .collect();
    let tables = library.tables(&[library.weights(&points)]);
    let mut secret = Lines::zeros(bytes);
    let mut run = move || {
        let shares: Vec<&[u8]> = shares.iter().map(|share| &**share).collect();
        tables.encode(&shares, &mut [&mut secret]);
        secret[0] == sources[0][0] && secret[bytes - 1] == sources[0][bytes - 1]
    };
    assert!(run(), "ISA-L restores");
    Box::new(move || {
        std::hint::black_box(run());
    })
}

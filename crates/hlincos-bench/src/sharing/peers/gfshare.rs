//! libgfshare: C, tables of logarithms; with the generator it brings, `random()`, and without.

#![expect(unsafe_code, reason = "calls of a C library")]

use std::ffi::{c_uchar, c_uint, c_void};

use hlincos_sharing::Threshold;
use libloading::Library as Loaded;

use super::contender;
use crate::buffers::Lines;
use crate::sharing::{Contender, ours};

type Context = *mut c_void;
type InitEnc = unsafe extern "C" fn(*const c_uchar, c_uint, c_uchar, c_uint) -> Context;
type InitDec = unsafe extern "C" fn(*const c_uchar, c_uint, c_uint) -> Context;
type SetSecret = unsafe extern "C" fn(Context, *const c_uchar);
type Numbered = unsafe extern "C" fn(Context, c_uchar, *mut c_uchar);
type Extract = unsafe extern "C" fn(Context, *mut c_uchar);
type Free = unsafe extern "C" fn(Context);
type FillRand = unsafe extern "C" fn(*mut c_uchar, c_uint);

/// The functions used, and the variable that holds the generator.
#[derive(Clone, Copy)]
pub(super) struct Library {
    init_enc: InitEnc,
    init_dec: InitDec,
    set_secret: SetSecret,
    share: Numbered,
    give: Numbered,
    extract: Extract,
    free: Free,
    generator: *mut FillRand,
    random: FillRand,
}

/// Leaves the coefficients as they are.
unsafe extern "C" fn leave(_: *mut c_uchar, _: c_uint) {}

impl Library {
    /// Loads it for the rest of the program's life.
    pub(super) fn open() -> Option<Self> {
        // SAFETY: the names and types are those of libgfshare.h, version 2; the last two are
        // variables that hold functions.
        unsafe {
            let library = Box::leak(Box::new(Loaded::new("libgfshare.so.2").ok()?));
            let random = b"gfshare_bad_idea_but_fill_rand_using_random\0";
            Some(Self {
                init_enc: *library.get(b"gfshare_ctx_init_enc\0").ok()?,
                init_dec: *library.get(b"gfshare_ctx_init_dec\0").ok()?,
                set_secret: *library.get(b"gfshare_ctx_enc_setsecret\0").ok()?,
                share: *library.get(b"gfshare_ctx_enc_getshare\0").ok()?,
                give: *library.get(b"gfshare_ctx_dec_giveshare\0").ok()?,
                extract: *library.get(b"gfshare_ctx_dec_extract\0").ok()?,
                free: *library.get(b"gfshare_ctx_free\0").ok()?,
                generator: *library.get::<*mut FillRand>(b"gfshare_fill_rand\0").ok()?,
                random: **library.get::<*const FillRand>(random).ok()?,
            })
        }
    }
}

/// A context of the library; freed when dropped.
struct Held {
    context: Context,
    library: Library,
}

// SAFETY: a context is plain memory without ties to a thread; the library's variable is written by
// the one thread that measures.
unsafe impl Send for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: made by the library, freed once.
        unsafe { (self.library.free)(self.context) }
    }
}

/// An encoder, its secret and room for its shares.
struct Encoder {
    held: Held,
    secret: Vec<u8>,
    shares: Vec<Vec<u8>>,
    random: bool,
}

impl Encoder {
    fn new(library: Library, threshold: Threshold, secret: Vec<u8>, random: bool) -> Self {
        let (numbers, size) = (numbers(threshold), count(secret.len()));
        // SAFETY: as many numbers as told.
        let context = unsafe {
            (library.init_enc)(numbers.as_ptr(), count(numbers.len()), threshold.k(), size)
        };
        let shares = vec![vec![0; secret.len()]; numbers.len()];
        let held = Held { context, library };
        Self {
            held,
            secret,
            shares,
            random,
        }
    }

    fn run(&mut self) {
        let Held { context, library } = &self.held;
        let generator = if self.random { library.random } else { leave };
        // SAFETY: the secret and each share have the context's size; the variable is the library's.
        unsafe {
            *library.generator = generator;
            (library.set_secret)(*context, self.secret.as_ptr());
            for (at, share) in (0..=u8::MAX).zip(&mut self.shares) {
                (library.share)(*context, at, share.as_mut_ptr());
            }
        }
        std::hint::black_box(&self.shares);
    }
}

/// A decoder, shares and room for the secret.
struct Decoder {
    held: Held,
    shares: Vec<Vec<u8>>,
    secret: Vec<u8>,
}

impl Decoder {
    fn new(library: Library, threshold: Threshold, shares: Vec<Vec<u8>>) -> Self {
        let numbers = numbers(threshold);
        let last = &numbers[numbers.len() - shares.len()..];
        let bytes = shares[0].len();
        // SAFETY: as many numbers as told.
        let context = unsafe { (library.init_dec)(last.as_ptr(), count(last.len()), count(bytes)) };
        let held = Held { context, library };
        Self {
            held,
            shares,
            secret: vec![0; bytes],
        }
    }

    fn run(&mut self) {
        let Held { context, library } = &self.held;
        // SAFETY: each share and the secret have the context's size.
        unsafe {
            for (at, share) in (0..=u8::MAX).zip(&mut self.shares) {
                (library.give)(*context, at, share.as_mut_ptr());
            }
            (library.extract)(*context, self.secret.as_mut_ptr());
        }
        std::hint::black_box(&self.secret);
    }
}

fn numbers(threshold: Threshold) -> Vec<u8> {
    threshold.points().map(|point| point.get()).collect()
}

fn count(len: usize) -> c_uint {
    c_uint::try_from(len).expect("a secret below 4 GiB")
}

pub(super) fn contenders(threshold: Threshold, bytes: usize) -> Vec<Contender> {
    let Some(library) = Library::open() else {
        return Vec::new();
    };
    let secret = Lines::noise(bytes).to_vec();
    let mut random = Encoder::new(library, threshold, secret.clone(), true);
    let mut plain = Encoder::new(library, threshold, secret.clone(), false);
    random.run();
    let last = random.shares[usize::from(threshold.n() - threshold.k())..].to_vec();
    let mut decoder = Decoder::new(library, threshold, last);
    decoder.run();
    assert!(decoder.secret == secret, "libgfshare restores");
    let contender =
        |op, scheme, work| contender(op, scheme, "libgfshare 2", threshold, bytes, work);
    vec![
        contender("split", ours::PLAIN, Box::new(move || random.run())),
        contender("split", ours::GIVEN, Box::new(move || plain.run())),
        contender("combine", ours::PLAIN, Box::new(move || decoder.run())),
    ]
}

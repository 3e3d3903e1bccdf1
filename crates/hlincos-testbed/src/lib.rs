//! Synthetic SS-MIX2 stores and experiments.
//!
//! [`generate`] writes a store of invented patients: the same [`Profile`] gives the same bytes on
//! every machine, and patient `i` is the same whatever the number of patients. `docs/generator.md`
//! says what such a store has and what it does not claim.

mod generator;
pub mod plot;

pub use generator::{
    Distribution, GenerateError, Generated, Note, Observer, Profile, Report, Shape, Sizes,
    generate, plan, resume,
};

//! Synthetic SS-MIX2 stores and experiments.
//!
//! [`generate`] writes a store of invented patients: the same [`Profile`] gives the same bytes on
//! every machine, and patient `i` is the same whatever the number of patients. `docs/generator.md`
//! says what such a store has and what it does not claim.
//!
//! [`Testbed`] joins places by links that are not there, a geostationary satellite among them, so
//! that real programs can be measured over them. `docs/testbed.md` says what the links do.

mod generator;
pub mod link;
pub mod plot;
pub mod probe;
mod testbed;
pub mod topology;

pub use generator::{
    Distribution, GenerateError, Generated, Note, Observer, Profile, Report, Shape, Sizes,
    generate, plan, resume,
};
pub use testbed::{Choice, StartError, Testbed};
pub use topology::Topology;

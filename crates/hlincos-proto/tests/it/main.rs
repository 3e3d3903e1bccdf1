//! Conversations with sites in memory that fail and lie on demand.

mod dealing;
mod matrix;
mod memory;

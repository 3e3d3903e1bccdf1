//! Synthetic stores and experiments.

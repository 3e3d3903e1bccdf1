//! The conversations with shareholders, as plain async logic over one trait.
//!
//! - [`site::Site`]: what a shareholder does, whatever carries the bytes;
//! - [`api`]: its HTTP interface as bytes (`spec/shareholder-api.md`);
//! - [`deal`]: split a bundle, store its shares, acknowledge when enough sites have them durably;
//! - [`survey`] and [`restore`]: find out who holds what, fetch, combine, name the liar;
//! - [`gateway`]: what agents, terminals and operators ask of a gateway (`spec/gateway-api.md`);
//! - [`check`]: read everything back and say what is whole, degraded or lost.
//!
//! Nothing here opens a file or knows a patient's data.

pub mod api;
pub mod check;
pub mod deal;
pub mod gateway;
mod heads;
pub mod restore;
pub mod roster;
pub mod site;
pub mod survey;
pub mod waiting;

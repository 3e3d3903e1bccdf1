//! A simulated pair of QKD key managers (KMEs), for demos and tests.
//!
//! Two HTTPS listeners speak ETSI GS QKD 014 v1.1.1 and share one simulated link, whose key rate
//! is fixed, follows a distance, or comes from a file; it can fail by schedule or on demand. The
//! keys are pseudorandom: **no quantum link is behind them**, and every answer and page says so.
//! On demand the pair does wrong what key managers in the field do wrong ([`Fault`]).
//!
//! [`Link`] is the pure core: time, requests and a generator go in, answers come out. [`Server`]
//! has the clock and the sockets. `spec/qkd014.md` is the page.

mod api;
mod config;
mod credentials;
mod example;
mod fault;
mod link;
mod notice;
mod page;
mod rate;
mod request;
mod server;
mod store;

pub use config::{Config, ConfigError, KmeConfig, LinkConfig, SaeConfig};
pub use credentials::{CredentialsError, InitOptions, init};
pub use fault::{Fault, Faults};
pub use link::{Figures, Link, Refusal};
pub use notice::NOTICE;
pub use rate::{KeyRate, Outage, RateError};
pub use server::{Control, ServeError, Server};

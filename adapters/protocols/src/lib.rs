//! The Buildkite audit log source for platforms that run a connector as a program: as an Airbyte source and as a Singer
//! tap.
//!
//! ```text
//! files ──► config, catalog, state ──► sync ──► receiver ──► messages on standard output
//!                                       │
//!                                   host-test: the component, its sandbox, the loop
//! ```
//!
//! [`sync`] runs the component in the library of `host-test`, so engine, egress, limits and retries are the same. A
//! protocol decides how settings, checkpoints and records are written down. The platform keeps the checkpoints.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod airbyte;
pub mod connector;
pub mod files;
#[allow(clippy::disallowed_methods, reason = "messages carry the current time")]
pub mod output;
pub mod settings;
pub mod singer;
pub mod stream;
pub mod sync;

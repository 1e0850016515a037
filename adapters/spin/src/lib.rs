//! Runs the source on Spin. `POST /poll` polls the audit log of one tenant: its configuration comes from Spin's
//! variables, its checkpoint is kept in Spin's key-value store, its events go to a collector over HTTP, and the
//! answer reports what happened, as JSON.
//!
//! ```text
//! route → tenant (variables) → lease → drive: source ⇄ collector ⇄ store → report
//! ```
//!
//! The loop is in the crate `source-driver`; this crate decides where events and checkpoints go.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod lines;
mod route;

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod handle;
#[cfg(target_family = "wasm")]
mod lease;
#[cfg(target_family = "wasm")]
mod shell;
#[cfg(target_family = "wasm")]
mod sink;
#[cfg(target_family = "wasm")]
mod source;
#[cfg(target_family = "wasm")]
mod store;
#[cfg(target_family = "wasm")]
mod tenant;

pub use lines::chunks;
pub use route::{Route, route};

//! Runs the source as a wasmCloud service, one service per tenant. Settings come from `wasi:config`, checkpoints are
//! kept in `wasi:keyvalue`, and events are sent by `wasmcloud:messaging`, each acknowledged before the checkpoint that
//! covers it is stored.
//!
//! ```text
//! options (wasi:config) → generation → drive: source ⇄ messaging ⇄ keyvalue → after: a wait, or the end
//! ```
//!
//! The loop is in the crate `source-driver`; this crate decides where events and checkpoints go.
//!
//! | file | decides |
//! |---|---|
//! | `options` | what the operator configured |
//! | `reply` | whether an answer acknowledges an event |
//! | `generation` | whether this service is still its tenant's only one |
//! | `voice` | what is logged: once, on one line, without the token |
//! | `service`, `shell`, `source` | the connection to the engine; in the component only |
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod generation;
pub mod options;
pub mod reply;
pub mod voice;

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod service;
#[cfg(target_family = "wasm")]
mod shell;
#[cfg(target_family = "wasm")]
mod source;

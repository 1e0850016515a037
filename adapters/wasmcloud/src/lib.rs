//! Runs the source as a wasmCloud service, one tenant each: settings from `wasi:config`, checkpoints in `wasi:keyvalue`,
//! events out by `wasmcloud:messaging`, each acknowledged before the checkpoint that covers it is stored.
//!
//! | file | decides |
//! |---|---|
//! | `options` | what the operator wants, from the keys of the configuration |
//! | `reply` | whether an answer acknowledges an event |
//! | `generation` | whether this service is still its tenant's only one |
//! | `after` | what follows the end of a run: a wait, or the end |
//! | `voice` | what is told, once, without the token and in one line |
//! | `service`, `shell`, `source` | the world round it; in the component only |

pub mod after;
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

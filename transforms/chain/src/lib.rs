//! Makes one source of a source and a transform, for hosts that load a source and know nothing of transforms.
//!
//! ```text
//! settings ── settings ─┬─ transform ──► transform ◄──────┐
//!                       └─ the rest ───► source ─ records ┴─► records
//!                                           └─ checkpoint ──► checkpoint
//! ```
//!
//! If the transform fails, so does every later call until the next `configure`: the source has moved on, and a
//! checkpoint would cover records that were not delivered.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod settings;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod convert;

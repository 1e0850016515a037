//! Writes Buildkite's audit events as OCSF or ECS, the schemas that SIEMs read. It does no IO, and the result for a
//! batch depends only on the settings and the batch.
//!
//! ```text
//! payload ─ fields ──► event ┬─ table ─► class, activity ─┬─► ocsf ┬─► payload
//!                            └────────────────────────────┴─► ecs ─┘
//! ```
//!
//! Values are never decoded: a field moves as the JSON text that it was received as. What has no place in the schema
//! stays under one key, so no part of an event is lost.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod event;

pub mod table;

pub mod settings;

pub mod input;

pub mod prefixes;

pub mod ocsf;

pub mod ecs;

pub mod transform;

#[cfg(target_family = "wasm")]
mod component;

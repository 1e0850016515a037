//! Buildkite audit logs as a WASI source component.
//!
//! It contains no networking code and reads no clock, except in the shell `component`, which is compiled for wasm only.
//! A module uses only the modules declared above it in this file. Data flows to the right:
//!
//! ```text
//! settings ──► Config ┐
//! checkpoint ► State  ┼─ plan ─► Ask ─ query ─► Call ══[component]══► Exchange ─ answer ─► Answer ─ receive ─► Pending
//! now ────────────────┘                                                                                          │
//!                                                                     records + checkpoint ◄─── hand_out ────────┘
//! ```
//!
//! Within `answer`, the body is read in one pass. What is not an event is left to `serde_json`:
//!
//! ```text
//! body ─┬─ place of an event ─ record ─ scan ─► Row
//!       └─ errors, permissions, page info, raw ── envelope ─► Connection
//! ```
//!
//! A response goes one way: a [`source::Call`] is consumed with its exchange, and the exchange is read once, into a
//! [`buildkite::answer::Answer`]. Later stages do not see a status, a header or a body.
//!
//! The state ([`sync::state`]) has four parts: what it is bound to ([`sync::binding`]), up to which time events were
//! looked for ([`sync::tail`]), when and how requests may be made ([`sync::pace`]) and the open gaps ([`sync::walk`]).
//! Each has its own part of the checkpoint. A gap is walked from its top down, since the API lists newest first only.
//! Each poll opens a new gap at the front, so fresh events never wait for history.
//!
//! Invariants: records and the state that covers them leave together ([`sync::hand_out`]); a failed call moves nothing
//! ([`source`]); null is never read as "no events" ([`buildkite::answer`], [`buildkite::envelope`]); every size and wait
//! has a bound.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub use source_text as text;

pub mod error;

pub mod settings;

pub mod ask;

pub mod buildkite;

pub mod budget;

pub mod sync;

pub mod checkpoint;

pub mod check;

pub mod source;

pub mod descriptor;

#[cfg(target_family = "wasm")]
mod component;

//! Buildkite audit logs as a WASI source component.
//!
//! It contains no networking code and reads no clock, save in the one shell file `component`, which is compiled for
//! wasm alone. Data flows to the right, and a module uses only those above it in the list:
//!
//! ```text
//! settings ──► Config ┐
//! checkpoint ► State  ┼─ plan ─► Ask ─ query ─► Request ══[component]══► Exchange ─ answer ─► Page ─ absorb ─► Pending
//! now ────────────────┘           └──────────────── the ask is kept ──────────────────────────────┘             │
//!                                                                     records + checkpoint ◄─── hand_out ───────┘
//! ```
//!
//! The state is a high-water time and a list of gaps ([`state`]); a gap is walked from its top down, since the API lists
//! newest first only, and each poll opens a new gap on the front, so that fresh events never wait for history.
//!
//! Invariants: records and the state that covers them leave together ([`hand_out`]); a failed call moves nothing
//! ([`source`]); null is never read as "no events" ([`answer`], [`graphql`]); every size and wait has a bound.

pub mod time;

pub mod error;

pub mod token;

pub mod endpoint;

mod json;

mod object;

mod near;

mod start;

mod fields;

pub mod settings;

mod base64;

pub mod known;

pub mod undated;

pub mod bucket;

pub mod allowance;

pub mod budget;

pub mod gap;

pub mod unknown;

pub mod ask;

pub mod rest;

pub mod state;

mod reader;

pub mod checkpoint;

pub mod resume;

pub mod plan;

pub mod query;

pub mod response;

mod compact;

pub mod record;

mod place;

mod body;

pub mod graphql;

mod refusal;

pub mod answer;

pub mod hand_out;

pub mod follow;

pub mod absorb;

mod unlucky;

pub mod check;

mod batch;

pub mod source;

pub mod descriptor;

pub mod tools;

#[cfg(target_family = "wasm")]
mod component;

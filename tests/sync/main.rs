//! Tests whole syncs against a simulated Buildkite in virtual time: each event is delivered once, and in its turn.
#![allow(clippy::panic)] // A test fails by panicking.

mod changes;
mod fairness;
mod undated;

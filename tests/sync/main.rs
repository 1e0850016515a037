//! Tests whole syncs against a pretend Buildkite in virtual time: each event is delivered once, and in its turn.
#![allow(clippy::panic)] // A test fails by a panic.

mod changes;
mod fairness;
mod undated;

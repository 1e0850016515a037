//! Runs the program as Airbyte and Singer do, against a fake Buildkite on loopback.
#![allow(clippy::unwrap_used, clippy::panic)] // A failed test panics.

mod airbyte;
mod bad;
mod bridge;
mod files;
mod secrets;
mod signals;
mod singer;
mod transform;

//! What the tests of the core share. Everything happens in memory and in virtual time: no socket, no clock.
//!
//! ```text
//! Source ── request ──► Asked ──► Remote: Log, Points ──► page ──► response ──► Source
//!
//! fixture file ──► script::play ⇄ Player (native or WebAssembly) ──► the same text, or the test fails
//! ```
//!
//! [`read`] makes one call of a source with the answer that a test chooses. [`Remote`] is a Buildkite without
//! faults. The simulation and the fuzzer have faulty remotes, which build their answers from the same parts.
#![allow(clippy::panic)] // A test fails by panicking.

pub mod asked;
pub mod fixtures;
pub mod page;
pub mod points;
pub mod remote;
pub mod response;
pub mod script;
pub mod source;

pub use asked::Asked;
pub use points::Points;
pub use remote::{NOW_MS, Remote};
pub use source::{TOKEN, configure, read};

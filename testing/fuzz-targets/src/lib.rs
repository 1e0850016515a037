//! The fuzz targets: each takes any bytes, and panics if a promise is broken.
//!
//! ```text
//! testing/fuzz (cargo-fuzz) ─┐
//! tests/corpus.rs (corpus) ──┴─ bytes ──► target ──► settings, checkpoint, answers, times ──► Source
//!                                            └──── promises: kept by every call, and idle in the end
//! ```
//!
//! `tests/corpus.rs` replays the corpus of `testing/fuzz`, with small changes, in every ordinary test run.
#![allow(clippy::panic)] // A target fails by panicking.

pub mod answer;
pub mod checkpoint;
pub mod exchange;
pub mod headers;
pub mod heap;
pub mod pages;
pub mod promises;
pub mod response;
pub mod settings;
pub mod sync;

/// A target: its name, which is also that of its folder in the corpus, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("settings", settings::run),
    ("checkpoint", checkpoint::run),
    ("response", response::run),
    ("answer", answer::run),
    ("headers", headers::run),
    ("sync", sync::run),
];

//! Kills at every kind of instant: after a request, after a system call that writes, and at random. Every event still
//! comes exactly once, to a file as to a database.
//!
//! `KILLS=100 cargo test -p host-test --test crash -- --nocapture` does it so often for each kind and output.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod full;
mod matrix;
mod tracer;

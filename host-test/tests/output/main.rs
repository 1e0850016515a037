//! Outputs: every event once and unchanged, even if others write to the output or move it away.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fidelity;
mod file;
mod modes;
mod rotation;
mod sharing;
mod sqlite;
mod stream;
mod transform;
#[path = "../../../transforms/siem/tests/mapping/walk.rs"]
mod walk;

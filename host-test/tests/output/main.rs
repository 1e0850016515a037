//! Where records go: every event once and unchanged, whoever else writes there or moves it away.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fidelity;
mod file;
mod modes;
mod rotation;
mod sharing;
mod sqlite;
mod stream;

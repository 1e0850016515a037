//! Faults on the way, through the real stack: the command, the component in it, and sockets. Whatever goes wrong, every
//! event arrives once, waits are honoured, and memory stays bounded.
#![allow(clippy::unwrap_used, clippy::panic)]

mod away;
#[path = "../common/mod.rs"]
mod common;
mod matrix;
mod rows;
mod state;

//! Many tenants in one process: each gets its own records once, whichever others are there.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod adverse;
mod place;
mod together;
mod written;

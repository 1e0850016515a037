//! Components that attack their host, through the real command and through the library. Each is stopped, the cause is
//! named, and tenants next to it are not affected.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod beside;
mod guest;
mod memory;
mod remote;
mod returns;

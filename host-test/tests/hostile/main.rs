//! Components that attack their host, through the real command and through the library: each is stopped, the cause is
//! named, and whoever runs beside it does not notice.
#![allow(clippy::unwrap_used, clippy::panic)]

mod beside;
mod guest;
mod memory;
mod remote;
mod returns;

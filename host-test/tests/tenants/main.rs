//! Many tenants in one process: each gets its own records once, whatever the others do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod accidents;
mod adverse;
mod together;
mod written;

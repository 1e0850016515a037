//! The commands, as an operator types them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod check;
mod others;
mod refusals;

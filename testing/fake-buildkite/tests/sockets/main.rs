//! Talks to the pretend Buildkite over real sockets, as a connector does.

// Clippy's exception for tests covers functions marked as such, not the functions beside them.
#![allow(clippy::unwrap_used)]

mod client;
mod faults;
mod paging;
mod points;
mod refusals;
mod world;

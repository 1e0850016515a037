//! Talks to the fake Buildkite over real sockets, as a connector does.

// Clippy's exception for tests covers only functions marked as tests, not the functions they call.
#![allow(clippy::unwrap_used)]

mod client;
mod faults;
mod paging;
mod points;
mod refusals;
mod tokens;
mod world;

//! Components: the source plays the fixtures, and one that attacks its host is stopped.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fixtures;
mod hostile;
mod sandbox;

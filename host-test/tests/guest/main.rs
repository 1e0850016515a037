//! Components: the bundled one plays the fixtures, and hostile ones are stopped.
#![allow(clippy::unwrap_used, clippy::panic)]

mod composed;
mod fixtures;
mod hostile;
#[path = "../../../transforms/siem/tests/mapping/samples.rs"]
mod samples;
mod sandbox;
mod transform;

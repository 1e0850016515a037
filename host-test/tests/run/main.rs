//! The main loop of a run: its pace, its retries, and what it reports.
#![allow(clippy::unwrap_used, clippy::panic)]

mod budget;
mod environment;
mod faults;
mod metrics;
mod throttled;
mod types;

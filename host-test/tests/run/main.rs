//! The loop of one source: its pace, its patience, and what it reports.
#![allow(clippy::unwrap_used, clippy::panic)]

mod budget;
mod environment;
mod faults;
mod metrics;
mod throttled;
mod types;

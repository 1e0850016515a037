//! The loop of a host that runs a source component and delivers at least once: configure from the stored checkpoint,
//! read a batch, have it acknowledged, store the checkpoint that covers it, and go on until idle, throttled, out of time
//! or refused.
//!
//! ```text
//! load → configure → [ read → deliver → store ]* → report
//! ```
//!
//! What follows each step is decided by [`Policy`], which hosts with a loop of their own carry out too.
//!
//! Pure but for what a [`Shell`] does: it has no clock, sleeps nowhere and knows no engine. An event is lost by no crash
//! and no failure, since a checkpoint is stored only after everything it covers was acknowledged; a crash between the two
//! delivers that batch again. Shells that cannot wait for a future run it by [`at_once`].
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod composed;
mod contract;
mod convert;
mod drive;
mod plan;
mod policy;
mod report;
mod shell;

pub use contract::{Batch, Event, FieldError, Next, SourceError, Stats};
pub use drive::drive;
pub use plan::{Backoff, Plan, Until};
pub use policy::{EMPTY_BATCHES_MAX, End, Moment, Policy, Then, WAIT_MS_MAX, WAIT_MS_MIN, Why};
pub use report::{Counts, Ended, Fault, Report};
pub use shell::{Shell, SinkError, Source, StoreError, at_once};

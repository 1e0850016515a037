//! The loop of a host that runs a source component and delivers at least once: configure from the stored checkpoint,
//! read a batch, have it acknowledged, store the checkpoint that covers it, and go on until idle, throttled, out of time
//! or refused.
//!
//! ```text
//! load → configure → [ read → deliver → store ]* → report
//! ```
//!
//! Pure but for what a [`Shell`] does: it has no clock, sleeps nowhere and knows no engine. An event is lost by no crash
//! and no failure, since a checkpoint is stored only after everything it covers was acknowledged; a crash between the two
//! delivers that batch again. Shells that cannot wait for a future run it by [`at_once`].
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod backoff;
mod composed;
mod contract;
mod drive;
mod report;
mod shell;

pub use contract::{Batch, Event, FieldError, Next, Refusal, Stats};
pub use drive::drive;
pub use report::{Counts, Ended, Fault, Report};
pub use shell::{Plan, Shell, SinkError, Source, StoreError, at_once};

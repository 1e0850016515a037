//! The loop of a host that runs a source component and delivers at least once: configure from the stored checkpoint,
//! read a batch, have it acknowledged, store the checkpoint that covers it, and continue until idle, throttled, out of
//! time or refused.
//!
//! ```text
//! load → configure → [ read → deliver → store ]* → report
//! ```
//!
//! [`Policy`] decides what follows each step. Hosts with their own loop use it too.
//!
//! Except for what a [`Shell`] does, the loop is pure: it has no clock, never sleeps and knows no engine. No crash and
//! no failure loses an event, since a checkpoint is stored only after everything it covers was acknowledged; a crash
//! between the two delivers that batch again. Shells that cannot wait for a future run it with [`at_once`].
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
pub use policy::{EMPTY_BATCHES_MAX, End, Moment, Policy, Then, WAIT_MS_MAX, Why};
pub use report::{Counts, Ended, Fault, Report};
pub use shell::{Shell, SinkError, Source, StoreError, at_once};

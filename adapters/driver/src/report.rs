//! The report on a run, serializable as JSON.

use serde::Serialize;

use crate::contract::{Batch, SourceError, Stats};

/// Maximum number of distinct notes kept per run.
const NOTES_MAX: usize = 20;

/// What a run did, and why it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Why it ended, and when to call again.
    #[serde(flatten)]
    pub ended: Ended,
    /// What it did until then.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The counters of one run. An event counts as delivered only once a stored checkpoint covers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events acknowledged by the receiver and covered by a stored checkpoint.
    pub delivered: u64,
    /// Batches read, including empty ones.
    pub batches: u64,
    /// The sums of the source's statistics, with each distinct note once.
    #[serde(flatten)]
    pub stats: Stats,
}

impl Counts {
    pub(crate) fn read(&mut self, batch: &mut Batch) {
        self.batches += 1;
        let (sum, stats) = (&mut self.stats, &mut batch.stats);
        sum.requests += stats.requests;
        sum.points += stats.points;
        sum.repeats += stats.repeats;
        sum.excluded += stats.excluded;
        sum.null_nodes += stats.null_nodes;
        for note in stats.notes.drain(..) {
            if sum.notes.len() < NOTES_MAX && !sum.notes.contains(&note) {
                sum.notes.push(note);
            }
        }
    }
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum Ended {
    /// Everything was read.
    Idle {
        /// When to call again.
        again_in_ms: u64,
    },
    /// The remote asks to wait.
    Throttled {
        /// When to call again.
        again_in_ms: u64,
    },
    /// The time budget is used up; there is more to read.
    OutOfTime,
    /// A step failed permanently or after its retries. Nothing is lost.
    Failed {
        /// Which step failed. This decides who must act.
        fault: Fault,
        /// What went wrong, for humans.
        message: String,
        /// Whether calling again without changing anything may help.
        is_transient: bool,
    },
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Settings or secrets: the operator must act.
    InvalidConfig,
    /// The access: the operator must act.
    Unauthorized,
    /// The checkpoint: the operator must act.
    InvalidCheckpoint,
    /// The remote or the network path to it.
    Source,
    /// An answer of unknown shape: the developers must act.
    Protocol,
    /// The receiver of events.
    Sink,
    /// The store of checkpoints.
    Store,
    /// Another run of the same tenant.
    Overtaken,
}

impl From<SourceError> for Ended {
    fn from(error: SourceError) -> Self {
        let fault = match error {
            SourceError::InvalidConfig(_) => Fault::InvalidConfig,
            SourceError::Unauthorized(_) => Fault::Unauthorized,
            SourceError::InvalidCheckpoint(_) => Fault::InvalidCheckpoint,
            SourceError::Transient(_) => Fault::Source,
            SourceError::Protocol(_) => Fault::Protocol,
        };
        Self::Failed { fault, message: error.to_string(), is_transient: error.is_transient() }
    }
}

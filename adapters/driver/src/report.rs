//! What a run did, ready to be written as JSON.

use serde::Serialize;

use crate::contract::{Batch, Refusal, Stats};

/// So many notes are kept of one run, each told once.
const NOTES_MAX: usize = 20;

/// What was done, and why it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Why it ended, and when to call again.
    #[serde(flatten)]
    pub ended: Ended,
    /// What was done until then.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Figures of one run. Only what was delivered and covered by a stored checkpoint counts as delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events acknowledged by the receiver, with the checkpoint that covers them stored.
    pub delivered: u64,
    /// Batches, empty ones among them.
    pub batches: u64,
    /// What the calls of the source took, added up; of their notes each once.
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
    /// The time given is used up; there is more to read.
    OutOfTime,
    /// A step failed, for good or after its retries. Nothing is lost.
    Failed {
        /// Which step, and so who must act.
        fault: Fault,
        /// What went wrong, for people.
        message: String,
        /// Whether calling again without a change may help.
        is_transient: bool,
    },
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Settings or secrets: the operator.
    InvalidConfig,
    /// The access: the operator.
    Unauthorized,
    /// The checkpoint: the operator.
    InvalidCheckpoint,
    /// The remote or the way to it.
    Source,
    /// An answer in no known shape: the developers.
    Protocol,
    /// The receiver of events.
    Sink,
    /// The store of checkpoints.
    Store,
    /// Another run of the same tenant.
    Overtaken,
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        let fault = match refusal {
            Refusal::InvalidConfig(_) => Fault::InvalidConfig,
            Refusal::Unauthorized(_) => Fault::Unauthorized,
            Refusal::InvalidCheckpoint(_) => Fault::InvalidCheckpoint,
            Refusal::Transient(_) => Fault::Source,
            Refusal::Protocol(_) => Fault::Protocol,
        };
        let is_transient = fault == Fault::Source;
        Self::Failed { fault, message: refusal.to_string(), is_transient }
    }
}

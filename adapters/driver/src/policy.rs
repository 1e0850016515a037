//! What to do after each step of reading a source: read on, wait or end. All hosts follow this one policy.
//!
//! It does no IO: the host tells it what happened and when.

use crate::contract::{Batch, Next, SourceError};
use crate::plan::{Plan, Until};
use crate::report::{Ended, Fault};

/// Maximum number of consecutive batches that have no record and made no request, yet ask for another call immediately.
/// A source has work to do in almost every call, so more than this means that it spins. They cost a fraction of a
/// second.
pub const EMPTY_BATCHES_MAX: u32 = 100;

/// Maximum wait that a source can ask for, in milliseconds: one day, the maximum in the contract. After it, the remote
/// may answer differently.
pub const WAIT_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// What a policy needs to know about the moment at which something happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The time of a monotonic clock, in milliseconds.
    pub now_ms: u64,
    /// A random number in `[0, 1)`, so that hosts that failed together do not return together.
    pub jitter: f64,
    /// Whether the host was asked to stop.
    pub is_stopped: bool,
}

impl Moment {
    /// Returns a moment of a host that nothing stops and that has no random numbers: its waits have their full length.
    pub fn at(now_ms: u64) -> Self {
        Self { now_ms, jitter: 1.0, is_stopped: false }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Read a batch, or retry the step that failed.
    Read,
    /// Wait. Then retry the step that failed, or ask [`Policy::resume`] whether to read.
    Wait {
        /// How long, in milliseconds.
        ms: u64,
        /// The reason.
        why: Why,
    },
    /// End.
    End(End),
}

/// Why a host waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Everything was read.
    Idle,
    /// The remote asks to wait.
    Throttled,
    /// A step failed, and is retried.
    Failed,
}

/// Why a host ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Everything was read.
    Idle {
        /// When to read again.
        again_in_ms: u64,
    },
    /// The remote asks to wait.
    Throttled {
        /// When to read again.
        again_in_ms: u64,
    },
    /// The time budget is used up; there is more to read.
    OutOfTime,
    /// The host was asked to stop.
    Stopped,
    /// A step failed permanently or after its retries.
    Failed,
}

/// The state of reading one source.
#[derive(Debug, Clone)]
pub struct Policy {
    plan: Plan,
    ends_ms: u64,
    /// Number of consecutive failures.
    failures: u32,
    /// Number of consecutive empty batches.
    empty_batches: u32,
}

impl Policy {
    /// Returns the policy of a host that starts at `now_ms`.
    pub fn new(plan: Plan, now_ms: u64) -> Self {
        let ends_ms = plan.budget_ms.map_or(u64::MAX, |budget| now_ms.saturating_add(budget));
        Self { plan, ends_ms, failures: 0, empty_batches: 0 }
    }

    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns whether the last step failed.
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Returns the number of consecutive retries that failed.
    pub fn failed_retries(&self) -> u32 {
        self.failures.saturating_sub(1)
    }

    /// Returns what to do at the start and after a wait.
    pub fn resume(&self, at: Moment) -> Then {
        match () {
            () if at.is_stopped => Then::End(End::Stopped),
            () if at.now_ms >= self.ends_ms => Then::End(End::OutOfTime),
            () => Then::Read,
        }
    }

    /// Records that a step other than a batch succeeded.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Returns what to do after a batch.
    ///
    /// # Errors
    ///
    /// Returns [`SourceError::Protocol`] if the source spins.
    pub fn batch(&mut self, batch: &Batch, at: Moment) -> Result<Then, SourceError> {
        let is_empty = batch.records.is_empty() && batch.stats.requests == 0;
        let spins = is_empty && batch.next == Next::Ready;
        self.empty_batches = if spins { self.empty_batches + 1 } else { 0 };
        if self.empty_batches > EMPTY_BATCHES_MAX {
            self.empty_batches = 0;
            let why = "consecutive batches without a record or a request";
            return Err(SourceError::Protocol(format!("{EMPTY_BATCHES_MAX} {why}")));
        }
        if self.plan.forgets_at_batch {
            self.succeeded();
        }
        Ok(self.next(batch.next, at))
    }

    /// Returns what to do after a step failed. `is_transient` says whether retrying may help.
    pub fn failed(&mut self, is_transient: bool, at: Moment) -> Then {
        let backoff = self.plan.backoff;
        let doubled = backoff.first_ms.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let full = match is_transient {
            true => Some(doubled.min(backoff.longest_ms)),
            false => self.plan.unfixed_ms,
        };
        // A wait for the operator does not count as a retry.
        let is_last = is_transient && self.plan.retries.is_some_and(|most| self.failures > most);
        let ms = full.map(|full| (full as f64 * (0.5 + at.jitter.clamp(0.0, 1.0) / 2.0)) as u64);
        match ms {
            Some(_) if at.is_stopped && !is_last => Then::End(End::Stopped),
            Some(ms) if !is_last && at.now_ms.saturating_add(ms) < self.ends_ms => {
                Then::Wait { ms, why: Why::Failed }
            }
            _ => Then::End(End::Failed),
        }
    }

    /// Returns what to do after a whole run, for a host that runs repeatedly.
    pub fn after_run(&mut self, ended: &Ended, at: Moment) -> Then {
        if !matches!(ended, Ended::Failed { .. }) {
            self.succeeded();
        }
        match ended {
            Ended::OutOfTime => self.next(Next::Ready, at),
            Ended::Idle { again_in_ms } => self.next(Next::Idle(*again_in_ms), at),
            Ended::Throttled { again_in_ms } => self.next(Next::Throttled(*again_in_ms), at),
            Ended::Failed { fault: Fault::Overtaken, .. } => Then::End(End::Failed),
            Ended::Failed { is_transient, .. } => self.failed(*is_transient, at),
        }
    }

    fn next(&self, next: Next, at: Moment) -> Then {
        let (why, ms) = match next {
            Next::Ready => return self.resume(at),
            Next::Idle(ms) => (Why::Idle, ms),
            Next::Throttled(ms) => (Why::Throttled, ms),
        };
        let ms = ms.max(self.plan.least_wait_ms).min(WAIT_MS_MAX);
        match (why, self.plan.until) {
            (Why::Idle, Until::Once | Until::Idle) => Then::End(End::Idle { again_in_ms: ms }),
            (Why::Throttled, Until::Once) => Then::End(End::Throttled { again_in_ms: ms }),
            _ if at.is_stopped => Then::End(End::Stopped),
            _ if at.now_ms.saturating_add(ms) >= self.ends_ms => Then::End(End::OutOfTime),
            _ => Then::Wait { ms, why },
        }
    }
}

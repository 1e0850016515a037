//! How long to wait before a failed step is retried.

use crate::shell::{Plan, Shell};

/// The first wait, in milliseconds; each later wait is twice as long.
const FIRST_MS: u64 = 1_000;
/// The longest wait, in milliseconds: a receiver that comes back is noticed within half a minute.
const LONGEST_MS: u64 = 30_000;

/// Counts consecutive failures, and knows when the run has to end.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    retries: u32,
    ends_ms: u64,
}

impl Backoff {
    /// Returns a backoff without failures. `began_ms` is the start of the run on the shell's clock.
    pub fn new(plan: &Plan, began_ms: u64) -> Self {
        Self {
            failures: 0,
            retries: plan.retries,
            ends_ms: began_ms.saturating_add(plan.budget_ms),
        }
    }

    /// Returns whether the time is used up.
    pub fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.ends_ms
    }

    /// Records that a step succeeded.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Records that a step failed, waits, and returns whether to retry it. Returns `false` without waiting after the
    /// last retry, or when the wait would exceed the budget.
    pub async fn failed<S: Shell>(&mut self, shell: &mut S) -> bool {
        let wait = FIRST_MS.saturating_mul(1 << self.failures.min(10)).min(LONGEST_MS);
        self.failures += 1;
        if self.failures > self.retries || self.is_over(shell.now_ms().saturating_add(wait)) {
            return false;
        }
        shell.sleep(wait).await;
        true
    }
}

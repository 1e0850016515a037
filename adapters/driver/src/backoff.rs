//! How long to wait before a failed step is tried again.

use crate::shell::{Plan, Shell};

/// The first wait, in milliseconds; each further one is twice as long.
const FIRST_MS: u64 = 1_000;
/// The longest wait: a receiver that comes back is found within half a minute.
const LONGEST_MS: u64 = 30_000;

/// Failures in a row, and when all of it has to end.
#[derive(Debug)]
pub struct Backoff {
    failures: u32,
    retries: u32,
    ends_ms: u64,
}

impl Backoff {
    /// No failure yet; `began_ms` on the shell's clock.
    pub fn new(plan: &Plan, began_ms: u64) -> Self {
        Self {
            failures: 0,
            retries: plan.retries,
            ends_ms: began_ms.saturating_add(plan.budget_ms),
        }
    }

    /// Whether no time is left.
    pub fn is_over(&self, now_ms: u64) -> bool {
        now_ms >= self.ends_ms
    }

    /// A step went well.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A step failed. Waits, and says whether to try again: not after the last retry, and not beyond the budget.
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

//! How long to wait before a call that failed for no lasting reason is made again.

use std::time::Duration;

/// First wait, before jitter.
const FIRST: Duration = Duration::from_millis(500);

/// Longest wait: a remote that is away for hours should be found back within a minute.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Counts failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    left: u32,
    max: u32,
}

impl Retry {
    /// Allows `max` retries in a row.
    pub fn new(max: u32) -> Self {
        Self { left: max, max }
    }

    /// A call succeeded: the count starts again.
    pub fn succeeded(&mut self) {
        self.left = self.max;
    }

    /// A call failed: how long to wait, or `None` when it was the last one. `jitter` is a random
    /// number in `[0, 1)`: hosts that failed together must not return together.
    pub fn failed(&mut self, jitter: f64) -> Option<Duration> {
        let before = self.max - self.left;
        self.left = self.left.checked_sub(1)?;
        // 2^7 times half a second is above the longest wait already.
        let full = FIRST.saturating_mul(1 << before.min(7)).min(WAIT_MAX);
        Some(full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_end() {
        let mut retry = Retry::new(9);
        let waits: Vec<_> = (0..9).map(|_| retry.failed(1.0).unwrap().as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        assert_eq!(retry.failed(1.0), None);
        retry.succeeded();
        assert_eq!(retry.failed(0.0), Some(Duration::from_millis(250)));
    }
}

//! Waits between the retries of a call that failed with a transient error.

use std::time::Duration;

/// The first wait, before jitter.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait. The return of a remote is noticed within a minute, even after hours.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Counts consecutive failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    left: u32,
    max: u32,
}

impl Retry {
    /// Allows `max` consecutive retries.
    pub fn new(max: u32) -> Self {
        Self { left: max, max }
    }

    /// Resets the count after a success.
    pub fn succeeded(&mut self) {
        self.left = self.max;
    }

    /// Counts a failure, and returns how long to wait, or `None` if no retry is left. `jitter` is a
    /// random number in `[0, 1)`, so that hosts that failed together do not return together.
    pub fn failed(&mut self, jitter: f64) -> Option<Duration> {
        let before = self.max - self.left;
        self.left = self.left.checked_sub(1)?;
        // 2^7 times half a second already exceeds the longest wait.
        let full = FIRST.saturating_mul(1 << before.min(7)).min(WAIT_MAX);
        Some(full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0))
    }

    /// Returns the message for a failure after which no retry is left.
    pub fn exhausted(&self, why: &str) -> String {
        let noun = if self.max == 1 { "retry" } else { "retries" };
        format!("gave up after {} {noun}: {why}", self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_until_no_retry_is_left() {
        let mut retry = Retry::new(9);
        let waits: Vec<_> = (0..9).map(|_| retry.failed(1.0).unwrap().as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
        assert_eq!(retry.failed(1.0), None);
        retry.succeeded();
        assert_eq!(retry.failed(0.0), Some(Duration::from_millis(250)));
    }
}

//! The rate limit of the pretend Buildkite: one bucket, charged after execution.

use crate::story::SECOND_US;

/// A window of the documented length.
const WINDOW_US: i64 = 300 * SECOND_US;

#[derive(Debug, Clone)]
pub struct Points {
    pub limit: i64,
    /// What others may spend between two requests of ours.
    pub others: i64,
    left: i64,
    ends_us: i64,
}

impl Points {
    pub fn new(limit: i64, others: i64) -> Self {
        Self { limit, others, left: limit, ends_us: 0 }
    }

    /// More than any run needs: without a named limit, a source goes by Buildkite's default.
    pub fn plenty() -> Self {
        Self::new(1_000_000_000, 0)
    }

    fn renew(&mut self, now_us: i64) {
        if now_us >= self.ends_us {
            (self.left, self.ends_us) = (self.limit, now_us + WINDOW_US);
        }
    }

    /// Seconds to wait, if there is nothing left.
    pub fn refusal(&mut self, now_us: i64) -> Option<i64> {
        self.renew(now_us);
        (self.left <= 0).then(|| self.seconds(now_us))
    }

    fn seconds(&self, now_us: i64) -> i64 {
        (self.ends_us - now_us).div_euclid(SECOND_US)
    }

    pub fn charge(&mut self, now_us: i64, points: i64) {
        self.renew(now_us);
        self.left -= points;
    }

    pub fn headers(&self, now_us: i64) -> Vec<(String, String)> {
        let seconds = self.seconds(now_us);
        [("Limit", self.limit), ("Remaining", self.left), ("Reset", seconds)]
            .map(|(name, value)| (format!("RateLimit-User-{name}"), value.to_string()))
            .into()
    }
}

//! The rate limit of the simulated Buildkite: one bucket, charged after execution. Times are in microseconds.

/// One second.
const SECOND_US: i64 = 1_000_000;
/// The documented length of a window.
const WINDOW_US: i64 = 300 * SECOND_US;

/// A bucket of points.
#[derive(Debug, Clone)]
pub struct Points {
    limit: i64,
    /// Maximum number of points that others spend between two of our requests.
    pub others: i64,
    left: i64,
    ends_us: i64,
}

impl Points {
    /// Returns a full bucket.
    pub fn new(limit: i64, others: i64) -> Self {
        Self { limit, others, left: limit, ends_us: 0 }
    }

    /// Returns a bucket with more points than any run needs. Without one, a source would assume Buildkite's default.
    pub fn plenty() -> Self {
        Self::new(1_000_000_000, 0)
    }

    fn renew(&mut self, now_us: i64) {
        if now_us >= self.ends_us {
            (self.left, self.ends_us) = (self.limit, now_us + WINDOW_US);
        }
    }

    /// Returns the seconds to wait if no points are left.
    pub fn refusal(&mut self, now_us: i64) -> Option<i64> {
        self.renew(now_us);
        (self.left <= 0).then(|| self.seconds(now_us))
    }

    fn seconds(&self, now_us: i64) -> i64 {
        (self.ends_us - now_us).div_euclid(SECOND_US)
    }

    /// Takes points out of the bucket.
    pub fn charge(&mut self, now_us: i64, points: i64) {
        self.renew(now_us);
        self.left -= points;
    }

    /// Returns how many points are left.
    pub fn left(&self) -> i64 {
        self.left
    }

    /// Returns the headers that show the bucket.
    pub fn headers(&self, now_us: i64) -> Vec<(String, String)> {
        let seconds = self.seconds(now_us);
        [("Limit", self.limit), ("Remaining", self.left), ("Reset", seconds)]
            .map(|(name, value)| (format!("RateLimit-User-{name}"), value.to_string()))
            .into()
    }
}

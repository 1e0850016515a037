//! Estimates the progress of a backfill, and how long the rest takes at the average pace so far, including waits.

use chrono::DateTime;
use std::time::Duration;

/// Minimum progress, in percent, for a reliable estimate.
const PERCENT_MIN: f64 = 1.0;

/// The progress from the newest event back to the start time in the settings. Times are in
/// milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    start_ms: i64,
    /// The time of the oldest event in the first batch, and how long after the start of the run it
    /// was delivered.
    first: Option<(i64, Duration)>,
    reached_ms: i64,
}

/// Reads an RFC 3339 time.
fn millis(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

impl Estimate {
    /// Returns an estimate for a backfill to `start` (RFC 3339), or `None` if that is not a time.
    pub fn to(start: &str) -> Option<Self> {
        Some(Self { start_ms: millis(start)?, first: None, reached_ms: i64::MAX })
    }

    /// Records the oldest event of a batch, delivered this long after the start of the run. New
    /// events do not count as progress.
    pub fn see(&mut self, oldest: &str, elapsed: Duration) {
        let Some(oldest_ms) = millis(oldest).filter(|at| *at < self.reached_ms) else { return };
        self.reached_ms = oldest_ms;
        self.first.get_or_insert((oldest_ms, elapsed));
    }

    /// Returns the progress in percent and the remaining time, or `None` while it is too early for an estimate.
    fn left(&self, elapsed: Duration) -> Option<(f64, Duration)> {
        let (first_ms, since) = self.first?;
        let whole = first_ms.saturating_sub(self.start_ms) as f64;
        let done = first_ms.saturating_sub(self.reached_ms) as f64;
        let percent = (100.0 * done / whole).min(100.0);
        let seconds = elapsed.checked_sub(since)?.as_secs_f64() * (100.0 - percent) / percent;
        (whole > 0.0 && percent >= PERCENT_MIN)
            .then_some((percent, Duration::try_from_secs_f64(seconds).ok()?))
    }

    /// Returns the text to show, such as `37% of the way back, about 2 h 10 min left`.
    pub fn text(&self, elapsed: Duration) -> Option<String> {
        let (percent, rest) = self.left(elapsed)?;
        let minutes = rest.as_secs().div_ceil(60);
        let rest = match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
            (0, 0, minutes) => format!("{minutes} min"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        Some(format!("{percent:.0}% of the way back, about {rest} left"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_estimate_assumes_the_average_pace_so_far() {
        let mut way = Estimate::to("2026-01-01T00:00:00Z").unwrap();
        way.see("2026-01-11T00:00:00Z", after(10));
        assert_eq!(way.text(after(11)), None);
        way.see("2026-01-08T12:00:00Z", after(910));
        // A new event in between.
        way.see("2026-01-12T00:00:00Z", after(911));
        assert_eq!(way.text(after(910)).unwrap(), "25% of the way back, about 45 min left");
        way.see("2026-01-01T00:00:00Z", after(4_000));
        assert_eq!(way.text(after(4_000)).unwrap(), "100% of the way back, about 0 min left");
    }

    #[test]
    fn long_estimates_are_in_hours_and_days() {
        let mut way = Estimate::to("2026-01-01T00:00:00Z").unwrap();
        way.see("2026-01-11T00:00:00Z", after(0));
        way.see("2026-01-10T00:00:00Z", after(3_600));
        assert!(way.text(after(3_600)).unwrap().ends_with("about 9 h 0 min left"));
        assert!(way.text(after(36_000)).unwrap().ends_with("about 3 d 18 h left"));
    }

    #[test]
    fn invalid_times_yield_no_estimate() {
        assert_eq!(Estimate::to("yesterday"), None);
        let mut way = Estimate::to("2026-01-01T00:00:00Z").unwrap();
        way.see("nonsense", after(1));
        assert_eq!(way.text(after(2)), None);
        // The start time is after the newest event, so there is nothing to read.
        way.see("2025-01-01T00:00:00Z", after(1));
        assert_eq!(way.text(after(2)), None);
    }
}

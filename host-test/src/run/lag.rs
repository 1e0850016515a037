//! The freshness of a run's output: its newest event, and the event's age at delivery.

use chrono::{DateTime, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns a time in seconds since 1970.
pub fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The newest event that was delivered. Older events, such as those of a backfill, do not change it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    newest: Option<DateTime<Utc>>,
    /// How long after its occurrence it became durable, in seconds.
    pub seconds: i64,
}

impl Lag {
    /// Records a batch that was made durable at `now`. `newest` is the time of its newest event
    /// (RFC 3339), if it had any.
    pub fn see(&mut self, newest: Option<&str>, now: SystemTime) {
        let newest = newest.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let Some(newest) = newest.map(|time| time.to_utc()) else { return };
        if self.newest.is_none_or(|known| newest > known) {
            self.newest = Some(newest);
            // Not negative, even if this clock is behind the server's.
            self.seconds = seconds(now).saturating_sub(newest.timestamp()).max(0);
        }
    }

    /// Returns the time of the newest event (RFC 3339).
    pub fn newest(&self) -> Option<String> {
        self.newest.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// Returns the time of the newest event, in seconds since 1970.
    pub fn newest_seconds(&self) -> Option<i64> {
        self.newest.map(|time| time.timestamp())
    }
}

impl std::fmt::Display for Lag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(newest) = self.newest else { return f.write_str("no events") };
        let newest = newest.format("%Y-%m-%dT%H:%M:%SZ");
        let (minutes, seconds) = (self.seconds / 60, self.seconds % 60);
        let age = match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
            (0, 0, 0) => format!("{seconds} s"),
            (0, 0, minutes) => format!("{minutes} min {seconds} s"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        write!(f, "newest event at {newest}, delivered {age} later")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_a_newer_event_changes_the_lag() {
        let mut lag = Lag::default();
        let now = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        lag.see(None, now(5));
        assert_eq!(lag.to_string(), "no events");
        lag.see(Some("1970-01-01T01:00:00.000Z"), now(3_690));
        lag.see(Some("1970-01-01T00:30:00.000Z"), now(9_000));
        assert_eq!(
            lag.to_string(),
            "newest event at 1970-01-01T01:00:00Z, delivered 1 min 30 s later"
        );
        assert_eq!(lag.newest_seconds(), Some(3_600));
        // Delivered before it occurred, according to a clock that is behind.
        lag.see(Some("1970-01-01T01:00:01Z"), now(0));
        assert_eq!(lag.seconds, 0);
    }
}

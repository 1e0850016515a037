//! How fresh it is what a run delivers: the newest event, and how old it was then.

use chrono::{DateTime, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// A time in seconds since 1970.
pub fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The newest event that was delivered. History says nothing of it: an older event changes nothing here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    newest: Option<DateTime<Utc>>,
    /// From when it occurred until it was durable, in seconds.
    pub seconds: i64,
}

impl Lag {
    /// A batch was made durable now. `newest`: when its newest event occurred (RFC 3339), if it had any.
    pub fn see(&mut self, newest: Option<&str>, now: SystemTime) {
        let newest = newest.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let Some(newest) = newest.map(|time| time.to_utc()) else { return };
        if self.newest.is_none_or(|known| newest > known) {
            self.newest = Some(newest);
            // A clock behind the server's makes no event come before it occurred.
            self.seconds = seconds(now).saturating_sub(newest.timestamp()).max(0);
        }
    }

    /// When the newest event occurred (RFC 3339).
    pub fn newest(&self) -> Option<String> {
        self.newest.map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// When the newest event occurred, in seconds since 1970.
    pub fn newest_seconds(&self) -> Option<i64> {
        self.newest.map(|time| time.timestamp())
    }
}

impl std::fmt::Display for Lag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(newest) = self.newest else { return f.write_str("no event") };
        let newest = newest.format("%Y-%m-%dT%H:%M:%SZ");
        let (minutes, seconds) = (self.seconds / 60, self.seconds % 60);
        let age = match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
            (0, 0, 0) => format!("{seconds} s"),
            (0, 0, minutes) => format!("{minutes} min {seconds} s"),
            (0, hours, minutes) => format!("{hours} h {minutes} min"),
            (days, hours, _) => format!("{days} d {hours} h"),
        };
        write!(f, "newest event of {newest}, delivered {age} later")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_a_newer_event_changes_it() {
        let mut lag = Lag::default();
        let now = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        lag.see(None, now(5));
        assert_eq!(lag.to_string(), "no event");
        lag.see(Some("1970-01-01T01:00:00.000Z"), now(3_690));
        lag.see(Some("1970-01-01T00:30:00.000Z"), now(9_000));
        assert_eq!(
            lag.to_string(),
            "newest event of 1970-01-01T01:00:00Z, delivered 1 min 30 s later"
        );
        assert_eq!(lag.newest_seconds(), Some(3_600));
        // Delivered before it occurred, by a clock that is behind.
        lag.see(Some("1970-01-01T01:00:01Z"), now(0));
        assert_eq!(lag.seconds, 0);
    }
}

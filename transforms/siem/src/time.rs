//! Times as text and in milliseconds since 1970.

use chrono::{DateTime, SecondsFormat};

/// Returns the milliseconds of an RFC 3339 time. Returns `None` for anything else.
pub fn millis(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// Returns the RFC 3339 text of a time, in UTC with milliseconds.
pub fn text(millis: i64) -> String {
    let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

//! Messages: one JSON object per line on standard output.

use host_test::commands::print;
use host_test::exit::{Failure, Result};
use host_test::guest::contract::Event;
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::{SystemTime, UNIX_EPOCH};

/// Characters that some readers split lines at, and how JSON escapes them. In JSON, they occur only in strings.
const BREAKS: [(&str, &str); 3] =
    [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];

/// Lines that are printed together, so that no other thread prints between them.
#[derive(Default)]
pub struct Lines(String);

impl Lines {
    /// Adds a message. Line breaks of Unicode, which `serde_json` leaves as they are, are escaped.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if it cannot be written as JSON.
    pub fn push(&mut self, message: &impl Serialize) -> Result<()> {
        let fail = |error| Failure::Failed(format!("cannot write a message: {error}"));
        let mut line = serde_json::to_string(message).map_err(fail)?;
        for (raw, escaped) in BREAKS {
            if line.contains(raw) {
                line = line.replace(raw, escaped);
            }
        }
        self.0.push_str(&line);
        self.0.push('\n');
        Ok(())
    }

    /// Prints the messages, and flushes.
    ///
    /// # Errors
    ///
    /// Same as [`print()`].
    pub fn print(self) -> Result<()> {
        print(&self.0)
    }
}

/// Prints one message.
///
/// # Errors
///
/// Same as [`Lines::push`] and [`Lines::print`].
pub fn print_message(message: &impl Serialize) -> Result<()> {
    let mut lines = Lines::default();
    lines.push(message)?;
    lines.print()
}

/// Returns a record as JSON on one line.
///
/// # Errors
///
/// Returns [`Failure::Failed`] if it is not a JSON object or contains a line break.
pub fn payload(event: &Event) -> Result<&RawValue> {
    let fail = |why: &str| Failure::Failed(format!("protocol error: record {}: {why}", event.id));
    let text = event.payload.as_str();
    if !text.starts_with('{') || text.contains(['\n', '\r']) {
        return Err(fail("is not one line with a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| fail(&error.to_string()))
}

/// Returns the current Unix time, in milliseconds.
pub fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> Event {
        let text = String::from;
        Event { id: text("1"), occurred_at: text(""), kind: text(""), payload: text(payload) }
    }

    #[test]
    fn a_large_record_is_one_line() {
        let data = "x\\n\\u2028".repeat(150_000);
        let event = event(&format!(r#"{{"uuid":"1","data":"{data}"}}"#));
        let mut lines = Lines::default();
        lines.push(&payload(&event).unwrap()).unwrap();
        let text = lines.0;
        assert_eq!(text.find('\n'), Some(text.len() - 1));
        assert_eq!(text.trim_end(), event.payload);
        assert!(text.len() > 1 << 20);
    }

    #[test]
    fn line_breaks_of_unicode_are_escaped() {
        let mut lines = Lines::default();
        lines.push(&"a\u{85}b\u{2028}c\u{2029}d").unwrap();
        assert_eq!(lines.0, "\"a\\u0085b\\u2028c\\u2029d\"\n");
    }

    #[test]
    fn a_record_that_is_not_one_line_with_an_object_is_refused() {
        for bad in ["", "[1]", "7", "{", "{}{}", "{\"a\":\n1}", "{}\r"] {
            assert!(payload(&event(bad)).is_err(), "{bad}");
        }
    }
}

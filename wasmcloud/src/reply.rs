//! Whether an answer acknowledges an event.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The part of a JetStream acknowledgement that decides. Source: nats-architecture-and-design, ADR-1: a failed publish is
/// answered with a key `error`.
#[derive(Deserialize)]
struct Answer {
    error: Option<IgnoredAny>,
}

/// So much of an answer is quoted.
const QUOTED_CHARS_MAX: usize = 200;

/// Accepts the acknowledgement of a JetStream stream, and any answer of a subscriber that is not a JSON object with an
/// `error`.
///
/// # Errors
///
/// The answer, shortened: it says `error`, or begins as an object and is none.
pub fn acknowledged(body: &[u8]) -> Result<(), String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    match serde_json::from_slice::<Answer>(body) {
        Ok(Answer { error: None }) => Ok(()),
        Ok(_) | Err(_) => {
            let text = String::from_utf8_lossy(body);
            let quoted: String = text.chars().take(QUOTED_CHARS_MAX).collect();
            Err(format!("the receiver refused it: {quoted}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::acknowledged;

    #[test]
    fn a_stream_and_a_subscriber_acknowledge() {
        for good in [r#"{"stream":"AUDIT","seq":7}"#, r#"{"error":null}"#, "", "+OK", "ok", "[1]"] {
            assert!(acknowledged(good.as_bytes()).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_error_and_a_torn_answer_do_not() {
        let full =
            r#"{"error":{"code":503,"err_code":10077,"description":"maximum messages"},"seq":0}"#;
        for bad in [full, r#" {"error":"no"}"#, r#"{"stream":"AUD"#] {
            assert!(acknowledged(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

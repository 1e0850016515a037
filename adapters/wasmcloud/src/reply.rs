//! Decides whether an answer acknowledges an event.

use serde::Deserialize;
use serde::de::IgnoredAny;
use source_token::one_line;

/// The relevant part of a JetStream acknowledgment. Source: nats-architecture-and-design, ADR-1: a publish is answered
/// with `stream` and `seq`, a failed one with a key `error`.
#[derive(Deserialize)]
struct Answer {
    error: Option<IgnoredAny>,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    seq: u64,
}

/// What a subscriber answers instead of a stream.
const SUBSCRIBER: &[u8] = b"+OK";

/// Maximum number of characters quoted from an answer.
const QUOTED_CHARS_MAX: usize = 200;

/// Accepts the acknowledgment of a JetStream stream, or a subscriber's `+OK`, and nothing else. An empty answer is not
/// accepted, since NATS services refuse with a header, which `wasmcloud:messaging` leaves out.
///
/// # Errors
///
/// Returns a message that quotes the start of the answer.
pub fn acknowledged(body: &[u8]) -> Result<(), String> {
    if body == SUBSCRIBER {
        return Ok(());
    }
    match serde_json::from_slice(body) {
        Ok(Answer { error: None, stream, seq: 1.. }) if !stream.is_empty() => Ok(()),
        Ok(_) | Err(_) => {
            let text = String::from_utf8_lossy(body);
            let quoted = one_line(&text, QUOTED_CHARS_MAX);
            Err(format!(
                "the answer \"{quoted}\" is not an acknowledgment: expected stream and seq, or +OK"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::acknowledged;

    #[test]
    fn a_stream_and_a_subscriber_acknowledge() {
        for good in
            [r#"{"stream":"AUDIT","seq":7}"#, r#"{"stream":"A","seq":1,"duplicate":true}"#, "+OK"]
        {
            assert!(acknowledged(good.as_bytes()).is_ok(), "{good}");
        }
    }

    #[test]
    fn no_other_answer_acknowledges() {
        let full =
            r#"{"error":{"code":503,"err_code":10077,"description":"maximum messages"},"seq":0}"#;
        let empty =
            ["", "{}", "[]", "ok", "-ERR no", r#"{"error":null}"#, r#"{"stream":"","seq":1}"#];
        for bad in [full, r#" {"error":"no"}"#, r#"{"stream":"AUD"#, r#"{"stream":"A","seq":0}"#]
            .into_iter()
            .chain(empty)
        {
            assert!(acknowledged(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

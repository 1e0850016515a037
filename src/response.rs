//! What the shell brings back from one request.

use crate::bucket::{header, number};
use crate::time::{HOUR_MS, Millis, SECOND_MS};

/// Largest body that is taken: 500 events with 30 kB of `data` each; more is asked for in smaller pages. Memory stays
/// bounded by it.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long to wait after a 429 that names no time, in seconds: a fifth of Buildkite's window.
const WAIT_SECONDS: i64 = 60;

/// An HTTP answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers; values that are no UTF-8 are left out.
    pub headers: Vec<(String, String)>,
    /// Body, at most [`BODY_BYTES_MAX`].
    pub body: Vec<u8>,
    /// From sending the request to the last byte, in milliseconds of a monotonic clock.
    pub elapsed_ms: i64,
}

impl Response {
    /// How long a 429 asks to wait: the longer reset of the two buckets (seconds left, may be negative) or the seconds
    /// that the message names; at least a second, at most an hour.
    pub fn retry_after_ms(&self) -> i64 {
        let headers = ["ratelimit-reset", "ratelimit-user-reset", "retry-after"];
        let headers = headers.into_iter().filter_map(|name| number(&self.headers, name));
        let mut longest = headers.max();
        let (mut before, mut named): (&[u8], &[u8]) = (b"", b"");
        for word in self.body.split(|byte| *byte == b' ') {
            if before.ends_with(b"in") && word.starts_with(b"second") {
                longest =
                    longest.max(std::str::from_utf8(named).ok().and_then(|text| text.parse().ok()));
            }
            (before, named) = (named, word);
        }
        let seconds = longest.unwrap_or(WAIT_SECONDS);
        // One second more than named, since what is named is cut to whole seconds.
        seconds.saturating_add(1).clamp(1, HOUR_MS / SECOND_MS).saturating_mul(SECOND_MS)
    }

    /// The server's time when the request was sent: its `Date` less the request's duration. A `Date` more than a day
    /// ahead of the host is not believed, for a ceiling in the future would hide events; one that lies behind does no
    /// harm.
    pub fn sent_at(&self, now: Millis) -> Option<Millis> {
        let date = Millis::parse_http_date(header(&self.headers, "date")?)?;
        (date.since(now) <= 24 * HOUR_MS).then(|| date.plus(-self.elapsed_ms.max(0)))
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The network, the remote or a deadline: worth another try.
    Network(String),
    /// The remote cannot be trusted: its certificate, or what it speaks.
    Tls(String),
    /// The body is larger than [`BODY_BYTES_MAX`].
    TooLarge,
    /// The host does not allow this request at all.
    Denied(String),
}

/// One request's end.
pub type Exchange = Result<Response, Failure>;

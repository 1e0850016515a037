//! What the shell returns for one request.

use crate::buildkite::headers::{header, number};
use crate::buildkite::quota::{Quota, Reading};
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// Maximum size of a body: 500 events with 30 kB of `data` each. Larger pages are requested again with fewer events.
/// This bounds memory.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Seconds to wait after a 429 that names no time: a fifth of Buildkite's window.
const WAIT_SECONDS: i64 = 60;

/// What a 429 mentions when points are exhausted rather than requests.
const POINTS: &[u8] = b"complexity points";

/// A complete HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers. Values that are not UTF-8 are left out.
    pub headers: Vec<(String, String)>,
    /// Body, at most [`BODY_BYTES_MAX`].
    pub body: Vec<u8>,
    /// Time from sending the request to the last byte, in milliseconds of a monotonic clock.
    pub elapsed_ms: i64,
}

/// How long a 429 asks to wait, and whether it mentions points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// Milliseconds, from one second to one hour.
    pub wait_ms: i64,
    /// The limit of complexity points, if the answer says that points are exhausted.
    pub points: Option<Points>,
}

/// A limit of complexity points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// Points per window. `None` if the message does not say.
    pub limit: Option<i64>,
}

impl Response {
    /// Reads a 429 with its quota. The wait is the longest of the resets of the exhausted buckets (seconds left, may be
    /// negative) and the seconds that the message or `Retry-After` names. If there are none of these, it is the longer
    /// reset of both buckets.
    ///
    /// Source: buildkite.com/docs/apis/graphql/graphql-resource-limits; RFC 9110 section 10.2.3.
    pub fn later(&self, quota: &Quota) -> Later {
        let resets = |is_wanted: fn(&Reading) -> bool| {
            let wanted = quota.readings().into_iter().filter(is_wanted);
            wanted.filter_map(|bucket| bucket.reset).max()
        };
        let exhausted = resets(|bucket| bucket.remaining.is_some_and(|remaining| remaining <= 0));
        let message = self.number_before("second");
        let named = exhausted.max(message).max(number(&self.headers, "retry-after"));
        let seconds = named.or_else(|| resets(|_| true)).unwrap_or(WAIT_SECONDS);
        // One second more than stated, since the stated value is truncated to whole seconds.
        let seconds = seconds.saturating_add(1).clamp(1, HOUR_MS / SECOND_MS);
        let is_of_points = self.body.windows(POINTS.len()).any(|part| part == POINTS);
        Later {
            wait_ms: seconds.saturating_mul(SECOND_MS),
            points: is_of_points.then(|| Points {
                limit: self.number_before("complexity").filter(|limit| *limit > 0),
            }),
        }
    }

    /// Returns the whole number before this word in the body, the largest if there are several.
    fn number_before(&self, word: &str) -> Option<i64> {
        let (mut before, mut largest): (&[u8], _) = (b"", None);
        for next in self.body.split(|byte| *byte == b' ') {
            if next.starts_with(word.as_bytes()) {
                let number = std::str::from_utf8(before).ok().and_then(|text| text.parse().ok());
                largest = largest.max(number);
            }
            before = next;
        }
        largest
    }

    /// Returns the server's time when the request was sent: its `Date` minus the duration of the request.
    ///
    /// A `Date` more than a day ahead of the host is not believed, since a ceiling in the future would hide events. One
    /// in the past does no harm.
    pub fn sent_at(&self, now: Millis) -> Option<Millis> {
        let date = Millis::parse_http_date(header(&self.headers, "date")?)?;
        (date.since(now) <= 24 * HOUR_MS).then(|| date.plus(-self.elapsed_ms.max(0)))
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The network, the remote or a deadline failed. A retry may succeed.
    Network(String),
    /// The remote cannot be trusted: its certificate or its protocol is wrong.
    Tls(String),
    /// The body is larger than [`BODY_BYTES_MAX`].
    TooLarge,
    /// The host does not allow this request at all.
    Denied(String),
}

/// The outcome of one request.
pub type Exchange = Result<Response, Failure>;

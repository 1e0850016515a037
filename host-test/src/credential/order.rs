//! A request for a token, and what the response means.

use crate::credential::token::Token;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use source_token::{hidden_in, one_line};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Maximum size of a response about a token, in bytes. One takes less than a kilobyte.
pub(crate) const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// A clock this far from the remote's is named as a possible cause: Buildkite does not accept what was signed longer ago.
const SKEW_MIN: Duration = Duration::from_secs(10);

/// A token that lives for less than this cannot be used: it would expire before the request for it is answered.
const LIFE_MIN: Duration = Duration::from_secs(1);

/// For this time after a failed request for a token, those who waited get the same failure instead of another request.
pub(crate) const FAILURE_LASTS: Duration = Duration::from_secs(1);

/// The longest time for which a remote can ask to make no request for a token.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);

/// Maximum number of characters of a remote's own explanation that a message quotes.
const QUOTE_CHARS_MAX: usize = 200;

/// A request for a token.
pub(crate) struct Order {
    /// The URL to post to.
    pub url: String,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body. It holds secrets.
    pub body: String,
    /// The secrets in it, which no message may contain.
    pub secrets: Vec<String>,
    /// What it requests, for messages.
    pub what: &'static str,
    /// What to do when it is refused.
    pub remedy: &'static str,
    /// Whether it is signed, so that the clock of this machine matters.
    pub is_signed: bool,
    /// Reads a successful response.
    pub read: fn(&Value, &Clocks) -> Result<Grant, &'static str>,
}

/// A token and for how long it can be used.
pub(crate) struct Grant {
    /// The token.
    pub token: Token,
    /// How long it can be used, from the time of the request.
    pub life: Duration,
}

/// The two clocks that are involved.
pub(crate) struct Clocks {
    /// The time here.
    pub here: SystemTime,
    /// The time at the remote, if it said so.
    pub remote: Option<SystemTime>,
}

/// Why a token could not be had.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The credential was refused, or cannot be used. The operator has to act.
    Refused(String),
    /// The host does not connect to where tokens are requested. The operator has to act.
    Denied(String),
    /// Another try may help, but not before this time has passed.
    Transient(String, Duration),
}

impl Order {
    /// Returns the token in a response.
    ///
    /// # Errors
    ///
    /// Returns what failed, why, and what to do. No secret is quoted.
    pub fn outcome(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        here: SystemTime,
    ) -> Result<Grant, Trouble> {
        let clocks = Clocks::of(headers, here);
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let failed =
            format!("cannot get {}: {} answered HTTP {}", self.what, self.host(), status.as_u16());
        if status.is_success() {
            let grant = match (self.read)(&answer, &clocks) {
                Ok(grant) if grant.life < LIFE_MIN => Err("the token has expired already"),
                outcome => outcome,
            };
            return grant.map_err(|why| {
                let why = format!("{failed}, but {why}; check what answers there");
                Trouble::Transient(why, FAILURE_LASTS)
            });
        }
        let failed = format!("{failed}{}", self.quote(&answer));
        let passing =
            [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        if status.is_server_error() || passing.contains(&status) {
            let after = headers.get(header::RETRY_AFTER).and_then(|after| after.to_str().ok());
            let after = after.and_then(|after| after.trim().parse().ok()).map(Duration::from_secs);
            let wait = after.unwrap_or(FAILURE_LASTS).clamp(FAILURE_LASTS, WAIT_MAX);
            return Err(Trouble::Transient(failed, wait));
        }
        let clock = clocks.skew().filter(|_| self.is_signed);
        let clock = clock.map(|skew| format!("; {skew}")).unwrap_or_default();
        let remedy = match status.is_redirection() {
            true => "a redirect, which is not followed; check the URL",
            false => self.remedy,
        };
        Err(Trouble::Refused(format!("{failed}; {remedy}{clock}")))
    }

    /// Returns a message that says why there was no response.
    pub fn unanswered(&self, cause: &str) -> String {
        format!("cannot get {} from {}: {cause}", self.what, self.host())
    }

    fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    }

    /// Returns the remote's explanation, if it has one, as an addition to a message.
    fn quote(&self, answer: &Value) -> String {
        let text = |key: &str| answer[key].as_str().filter(|text| !text.trim().is_empty());
        let words: Vec<&str> =
            ["error", "error_description", "message"].into_iter().filter_map(text).collect();
        if words.is_empty() {
            return String::new();
        }
        let mut words = words.join(": ");
        for secret in &self.secrets {
            if let Some(clean) = hidden_in(&words, secret) {
                words = clean;
            }
        }
        format!(" ({})", one_line(&words, QUOTE_CHARS_MAX))
    }
}

/// Reads the time at which a token expires: RFC 3339. A time before 1970 counts as 1970.
pub(crate) fn end(text: &str) -> Option<SystemTime> {
    let end: DateTime<Utc> = text.parse().ok()?;
    let millis = u64::try_from(end.timestamp_millis()).unwrap_or(0);
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

impl Clocks {
    /// Returns the clocks when the head of a response has arrived.
    pub fn of(headers: &HeaderMap, here: SystemTime) -> Self {
        let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
        Self { here, remote: date.and_then(|date| httpdate::parse_http_date(date).ok()) }
    }

    /// Returns what to do about the clock here, if it is far enough from the remote's to matter.
    pub fn skew(&self) -> Option<String> {
        let remote = self.remote?;
        let (apart, side) = match self.here.duration_since(remote) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        let seconds = apart.as_secs();
        (apart >= SKEW_MIN).then(|| {
            format!("correct this machine's clock, which is {seconds} s {side} the remote's")
        })
    }
}

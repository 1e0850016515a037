//! Builds answers.

use std::time::{Duration, UNIX_EPOCH};

use buildkite_audit_logs::buildkite::response::Response;

/// Returns an answer that took no time.
pub fn response(status: u16, headers: Vec<(String, String)>, body: impl Into<Vec<u8>>) -> Response {
    Response { status, headers, body: body.into(), elapsed_ms: 0 }
}

/// Returns the header `Date` of a time in microseconds.
pub fn date(now_us: i64) -> (String, String) {
    let time = UNIX_EPOCH + Duration::from_micros(now_us as u64);
    ("Date".to_owned(), httpdate::fmt_http_date(time))
}

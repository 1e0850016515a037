//! The time limits of the steps of a request.

use std::time::Duration;
use wasmtime_wasi_http::RequestOptions;

/// Maximum time that a guest may request for connecting, for the first byte, and for each pause between bytes.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The time limits of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) between_bytes: Duration,
}

impl Waits {
    pub(crate) fn of(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        let cap = |wait: Option<Duration>| wait.unwrap_or(WAIT_MAX).min(WAIT_MAX);
        Self {
            connect: cap(options.connect_timeout),
            first_byte: cap(options.first_byte_timeout),
            between_bytes: cap(options.between_bytes_timeout),
        }
    }
}

//! How long a request may take, step by step.

use std::time::Duration;
use wasmtime_wasi_http::RequestOptions;

/// Longest wait that a guest may ask for, each for connecting, the first byte and between bytes.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The waits of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) between_bytes: Duration,
}

impl Waits {
    pub(crate) fn of(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        let cap = |wish: Option<Duration>| wish.unwrap_or(WAIT_MAX).min(WAIT_MAX);
        Self {
            connect: cap(options.connect_timeout),
            first_byte: cap(options.first_byte_timeout),
            between_bytes: cap(options.between_bytes_timeout),
        }
    }
}

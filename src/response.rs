//! What the shell brings back from one request.

/// Largest body that is taken: 500 events with 30 kB of `data` each; more is asked for in smaller pages. Memory stays
/// bounded by it.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

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

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The network, the remote or a deadline: worth another try.
    Network(String),
    /// The body is larger than [`BODY_BYTES_MAX`].
    TooLarge,
    /// The host does not allow this request at all.
    Denied(String),
}

/// One request's end.
pub type Exchange = Result<Response, Failure>;

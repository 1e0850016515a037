//! The faults that a test can inject into an answer. The fault hook is called once per GraphQL request,
//! in the order in which the request bodies arrived.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// Returns the fault for a request, given its number (from 0) and its variables.
pub type FaultHook = Arc<dyn Fn(u64, &Value) -> Fault + Send + Sync>;

/// A fault injected into one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// No fault: the true answer.
    #[default]
    None,
    /// Another answer instead. The query is neither executed nor charged.
    Status {
        /// The HTTP status; an invalid one becomes 500.
        status: u16,
        /// Headers to add to the usual ones, or to replace them with.
        headers: Vec<(String, String)>,
        /// The whole body.
        body: String,
    },
    /// The true answer, executed and charged, with headers added or replaced.
    Headers(Vec<(String, String)>),
    /// The true answer's head, executed and charged, with this body instead of its own.
    Body(String),
    /// The connection closes before the first byte of an answer. The query is not executed.
    CloseBeforeHeaders,
    /// The connection closes halfway through the body. The query is executed and charged.
    TruncateBody,
    /// Like [`Fault::CloseBeforeHeaders`], but with a reset (RST) instead of an orderly end.
    ResetBeforeHeaders,
    /// The true answer's head, executed and charged, followed by a reset.
    ResetAfterHeaders,
    /// These bytes instead of an HTTP answer, after which the connection closes. The query is not
    /// executed.
    Raw(Vec<u8>),
    /// The true answer, executed and charged, in pieces of `bytes` bytes with a pause before each.
    Drip {
        /// Bytes per piece.
        bytes: usize,
        /// The pause before each piece.
        pause: Duration,
    },
    /// The true answer's head, executed and charged, with a body of this many bytes. `None` means a body
    /// that never ends, with no length announced. The body is generated while it is sent, without
    /// being held in memory.
    Fill(Option<u64>),
    /// No answer until the client gives up or the server stops. The query is not executed.
    Hang,
}

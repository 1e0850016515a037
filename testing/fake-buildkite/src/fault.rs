//! What a test can make go wrong with an answer. The fault hook is asked once for each GraphQL
//! request, in the order in which their bodies arrived.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// Decides the fault of a request from its number (from 0) and its variables.
pub type FaultHook = Arc<dyn Fn(u64, &Value) -> Fault + Send + Sync>;

/// One thing that goes wrong with one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the true answer.
    #[default]
    None,
    /// Another answer instead. The query is not executed, and nothing is charged.
    Status {
        /// The HTTP status; an impossible one becomes 500.
        status: u16,
        /// Headers set besides the usual ones, or in their place.
        headers: Vec<(String, String)>,
        /// The whole body.
        body: String,
    },
    /// The true answer, executed and charged, with headers set or replaced.
    Headers(Vec<(String, String)>),
    /// The true answer's head, executed and charged, with this body in place of its own.
    Body(String),
    /// The connection closes before a byte of an answer. The query is not executed.
    CloseBeforeHeaders,
    /// The connection closes half-way through the body. The query is executed and charged.
    TruncateBody,
    /// As [`Fault::CloseBeforeHeaders`], but with a reset (RST) in place of an orderly end.
    ResetBeforeHeaders,
    /// The true answer's head, executed and charged, and then a reset.
    ResetAfterHeaders,
    /// These bytes in place of an HTTP answer, and then the connection closes. The query is not
    /// executed.
    Raw(Vec<u8>),
    /// The true answer, executed and charged, in pieces of so many bytes, with a pause before each.
    Drip {
        /// Bytes a piece.
        bytes: usize,
        /// The pause.
        pause: Duration,
    },
    /// The true answer's head, executed and charged, with a body of so many bytes. `None`: it never
    /// ends, and no length is promised. It is made as it is sent, so it takes no memory here.
    Fill(Option<u64>),
    /// No answer, until the client gives up or the server stops. The query is not executed.
    Hang,
}

//! What one call of `read-batch` returns.

use crate::buildkite::record::Row;

/// When to call again; waits are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Call again at once.
    Ready,
    /// Everything is delivered. Call again after this time.
    Idle(u64),
    /// The remote, its budget or the operator's limit asks to wait.
    Throttled(u64),
}

/// What one call did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// HTTP requests made.
    pub requests: u64,
    /// Points charged, as the remote reported them, or estimated.
    pub points: u64,
    /// Events read again and dropped.
    pub repeats: u64,
    /// Events dropped because the settings exclude them.
    pub excluded: u64,
    /// Events that could not be delivered: null, or without a UUID that can be read.
    pub null_nodes: u64,
    /// Notes for the operator.
    pub notes: Vec<String>,
}

/// The result of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Events, oldest first.
    pub rows: Vec<Row>,
    /// When to call again.
    pub next: Next,
    /// What the call did.
    pub stats: Stats,
}

//! The types of `wit/source.wit`, whose comments apply here too. Hosts convert their own bindings to these types with
//! [`conversions!`](crate::conversions).

use std::fmt;

use serde::Serialize;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identity, unique forever: receivers drop repeats by it.
    pub id: String,
    /// The time at which it happened, as RFC 3339.
    pub occurred_at: String,
    /// The remote's name for what happened.
    pub kind: String,
    /// The event, as one JSON object without line breaks.
    pub payload: String,
}

/// When to read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Immediately.
    Ready,
    /// Everything was read; read again after this many milliseconds.
    Idle(u64),
    /// The remote asks to wait for this many milliseconds.
    Throttled(u64),
}

/// What one call did, or the sums over several calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// HTTP requests made.
    pub requests: u64,
    /// Points spent of the remote's rate limit.
    pub points: u64,
    /// Events dropped because they had been delivered before.
    pub repeats: u64,
    /// Events dropped because the settings exclude them.
    pub excluded: u64,
    /// Events that the remote returned as null.
    pub null_nodes: u64,
    /// Time of the newest record in a batch (RFC 3339). Sums leave it out.
    #[serde(skip)]
    pub newest: Option<String>,
    /// Notes for the operator, as sentences.
    pub notes: Vec<String>,
}

/// The result of `read-batch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The events, oldest first.
    pub records: Vec<Event>,
    /// When to call again.
    pub next: Next,
    /// What the call did.
    pub stats: Stats,
}

/// What is wrong with one field of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path of the field.
    pub field: String,
    /// What is wrong, and what a valid value looks like.
    pub message: String,
}

/// Why a call to a source failed, grouped by who must act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// The operator must fix the settings or secrets.
    InvalidConfig(Vec<FieldError>),
    /// The operator must fix the access.
    Unauthorized(String),
    /// The operator must decide what happens to the checkpoint.
    InvalidCheckpoint(String),
    /// The host should retry later.
    Transient(String),
    /// The developers must investigate.
    Protocol(String),
}

impl SourceError {
    /// Returns whether retrying later may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidConfig(faults) => {
                for (at, FieldError { field, message }) in faults.iter().enumerate() {
                    write!(out, "{}{field}: {message}", if at > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Self::Unauthorized(why)
            | Self::InvalidCheckpoint(why)
            | Self::Transient(why)
            | Self::Protocol(why) => out.write_str(why),
        }
    }
}

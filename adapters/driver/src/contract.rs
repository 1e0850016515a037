//! What a source gives, as `wit/source.wit` says; its comments hold here too. Each shell turns its own bindings into it.

use std::fmt;

use serde::Serialize;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identity, unique for ever: receivers drop repeats by it.
    pub id: String,
    /// When it happened, RFC 3339.
    pub occurred_at: String,
    /// The remote's name for what happened.
    pub kind: String,
    /// The event, one JSON object without a line break.
    pub payload: String,
}

/// When to read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At once.
    Ready,
    /// Everything was read; look again after so many milliseconds.
    Idle(u64),
    /// The remote asks to wait for so many milliseconds.
    Throttled(u64),
}

/// What one call did, or, added up, several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// HTTP requests made.
    pub requests: u64,
    /// Points of the remote's rate limit.
    pub points: u64,
    /// Events dropped because they had been handed out before.
    pub repeats: u64,
    /// Events dropped because the settings exclude them.
    pub excluded: u64,
    /// Events that the remote could not show.
    pub null_nodes: u64,
    /// For the operator, in sentences.
    pub notes: Vec<String>,
}

/// What `read-batch` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The events, oldest first.
    pub records: Vec<Event>,
    /// When to call again.
    pub next: Next,
    /// What it took.
    pub stats: Stats,
}

/// What is wrong with one field of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Its path.
    pub field: String,
    /// What is wrong, and what a right value looks like.
    pub message: String,
}

/// Why a call of a source failed, by who must act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The operator mends settings or secrets.
    InvalidConfig(Vec<FieldError>),
    /// The operator mends the access.
    Unauthorized(String),
    /// The operator chooses what becomes of the checkpoint.
    InvalidCheckpoint(String),
    /// Trying again later helps.
    Transient(String),
    /// The developers look.
    Protocol(String),
}

impl fmt::Display for Refusal {
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

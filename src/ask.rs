//! One request in the terms of the sync: its purpose, its bounds and its place in the listing.

use crate::text::time::Millis;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The first request of a run without backfill. The server's time becomes the start.
    Start,
    /// The first page of a new live gap.
    Live {
        /// Floor of the gap that it opens.
        floor: Millis,
        /// Whether it is a full re-read.
        full: bool,
    },
    /// The next page of an open gap, by its index in the list of gaps.
    Gap(usize),
    /// A look at the newest event. It does not change the state.
    Check,
}

/// One request in the terms of the sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What the request is for.
    pub target: Target,
    /// Lower bound sent. `None` for no lower bound.
    pub from: Option<Millis>,
    /// Upper bound sent. `None` for no upper bound.
    pub to: Option<Millis>,
    /// Cursor sent.
    pub after: Option<String>,
    /// Maximum number of events to return, 1 to 500.
    pub first: u32,
    /// Configured event types that this request leaves out.
    pub without: Vec<String>,
}

impl Ask {
    /// Returns the request that `check` makes for the newest event.
    pub fn check() -> Self {
        Self::of(Target::Check, 1)
    }

    /// Returns a request without bounds or cursor.
    pub fn of(target: Target, first: u32) -> Self {
        Self { target, from: None, to: None, after: None, first, without: Vec::new() }
    }
}

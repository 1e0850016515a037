//! One request in the terms of the sync: what it is for, its bounds and its place in the listing.

use crate::text::time::Millis;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The first request of a run without backfill: the server's time becomes the start.
    Start,
    /// The first page of a new live gap.
    Live {
        /// Floor of the gap that it opens.
        floor: Millis,
        /// Whether it is a full re-read.
        full: bool,
    },
    /// The next page of an open gap, by its place in the list.
    Gap(usize),
    /// A look at the newest event; moves nothing.
    Check,
}

/// One request, in the terms of the sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What it is for.
    pub target: Target,
    /// Lower bound sent; none: no bound.
    pub from: Option<Millis>,
    /// Upper bound sent; none: no bound.
    pub to: Option<Millis>,
    /// Cursor sent.
    pub after: Option<String>,
    /// Events wanted, 1 to 500.
    pub first: u32,
    /// Types of the settings that are not asked for.
    pub without: Vec<String>,
}

impl Ask {
    /// The look at the newest event.
    pub fn check() -> Self {
        Self::of(Target::Check, 1)
    }

    /// Without any bound.
    pub fn of(target: Target, first: u32) -> Self {
        Self { target, from: None, to: None, after: None, first, without: Vec::new() }
    }
}

//! The counts of a run.

use crate::guest::contract::Batch;
use crate::run::lag::Lag;
use std::time::SystemTime;

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records delivered.
    pub events: u64,
    /// Batches, including empty ones.
    pub batches: u64,
    /// Requests made by the component, excluding those of failed calls.
    pub requests: u64,
    /// API points charged.
    pub points: u64,
    /// Events dropped because they had been delivered before.
    pub repeats: u64,
    /// Events dropped because the settings exclude them.
    pub excluded: u64,
    /// Events that the remote returned as null.
    pub null_nodes: u64,
    /// The age of the newest event at its delivery.
    pub lag: Lag,
}

impl Tally {
    /// Counts a batch that is durable.
    pub fn count(&mut self, batch: &Batch) {
        let stats = &batch.stats;
        let events = batch.records.len() as u64;
        self.events += events;
        self.batches += 1;
        self.requests += stats.requests;
        self.points += stats.points;
        self.repeats += stats.repeats;
        self.excluded += stats.excluded;
        self.null_nodes += stats.null_nodes;
        self.lag.see(stats.newest.as_deref(), SystemTime::now());
        tracing::debug!(
            events,
            requests = stats.requests,
            points = stats.points,
            repeats = stats.repeats,
            excluded = stats.excluded,
            null_nodes = stats.null_nodes,
            newest = stats.newest.as_deref().unwrap_or("none"),
            lag_seconds = self.lag.seconds,
            "batch"
        );
    }
}

/// Returns a number with its noun, such as `1 event` or `2 events`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} in {}, {}, {}, {} dropped, {} excluded, {}",
            count(self.events, "event", "events"),
            count(self.batches, "batch", "batches"),
            count(self.requests, "request", "requests"),
            count(self.points, "API point", "API points"),
            count(self.repeats, "repeat", "repeats"),
            self.excluded,
            count(self.null_nodes, "null node", "null nodes"),
        )
    }
}

//! What a run did, in numbers.

use crate::guest::contract::Batch;
use crate::run::lag::Lag;
use std::time::SystemTime;

/// Counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records delivered.
    pub events: u64,
    /// Batches, also empty ones.
    pub batches: u64,
    /// Requests made by the component; one that failed counts only for the remote.
    pub requests: u64,
    /// API points charged.
    pub points: u64,
    /// Events dropped because they had been delivered before.
    pub repeats: u64,
    /// Events dropped because the settings exclude them.
    pub excluded: u64,
    /// Events that the remote showed as null.
    pub null_nodes: u64,
    /// How fresh the newest of the events is.
    pub lag: Lag,
}

impl Tally {
    /// A batch is durable.
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

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} events in {} batches, {} requests, {} API points, {} repeats dropped, \
             {} excluded, {} null nodes",
            self.events,
            self.batches,
            self.requests,
            self.points,
            self.repeats,
            self.excluded,
            self.null_nodes
        )
    }
}

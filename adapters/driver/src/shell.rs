//! What the loop needs from its environment.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::contract::{Batch, Event, SourceError};

/// A source component.
pub trait Source {
    /// Configures the source, from the stored checkpoint if there is one.
    ///
    /// # Errors
    ///
    /// Returns the component's error.
    fn configure(&mut self, checkpoint: Option<String>) -> Result<(), SourceError>;

    /// Returns the next events, at most `records_max`.
    ///
    /// # Errors
    ///
    /// Returns the component's error. The position has not advanced then.
    fn read_batch(&mut self, records_max: u32) -> Result<Batch, SourceError>;

    /// Returns a checkpoint that covers everything that was delivered.
    ///
    /// # Errors
    ///
    /// Returns the component's error.
    fn checkpoint(&mut self) -> Result<String, SourceError>;
}

/// Why a checkpoint was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Another run has replaced the checkpoint: this one must end.
    Overtaken(String),
    /// The stored value cannot be a checkpoint: the operator must restore or delete it.
    Corrupt(String),
    /// The store failed; retrying may help.
    Failed(String),
}

/// Why events were not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkError {
    /// Another run of this tenant has taken over: this one must end.
    Overtaken(String),
    /// The receiver refuses the events until the operator changes something.
    Refused(String),
    /// Retrying may help.
    Failed(String),
}

/// Where events and checkpoints go. One shell belongs to one tenant.
#[allow(async_fn_in_trait)] // Engines are single-threaded, so futures need not be `Send`.
pub trait Shell {
    /// Returns the stored checkpoint; `None` on the first run.
    ///
    /// # Errors
    ///
    /// Returns the store's error.
    async fn load(&mut self) -> Result<Option<String>, StoreError>;

    /// Delivers events. Succeeds only if every one of them was acknowledged.
    ///
    /// # Errors
    ///
    /// Returns the receiver's error. All the events are then delivered again, unless the run ends.
    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError>;

    /// Replaces the checkpoint that was loaded or stored last.
    ///
    /// # Errors
    ///
    /// Returns the store's error. The old checkpoint is still stored then.
    async fn store(&mut self, checkpoint: &str) -> Result<(), StoreError>;

    /// Returns the time of a monotonic clock, in milliseconds.
    fn now_ms(&self) -> u64;

    /// Waits for `ms` milliseconds.
    async fn sleep(&mut self, ms: u64);
}

/// Runs a future whose shell blocks instead of waiting, so that none of its steps is ever pending.
///
/// Returns `None` if a step was pending after all, since polling it again could take forever.
pub fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

//! What the loop needs of its surroundings.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::contract::{Batch, Event, Refusal};

/// A source component.
pub trait Source {
    /// Makes it ready, from the stored checkpoint if there is one.
    ///
    /// # Errors
    ///
    /// What the component refuses.
    fn configure(&mut self, checkpoint: Option<String>) -> Result<(), Refusal>;

    /// The next events, at most `records_max`.
    ///
    /// # Errors
    ///
    /// What the component refuses; nothing was moved then.
    fn read_batch(&mut self, records_max: u32) -> Result<Batch, Refusal>;

    /// Covers everything that was handed out.
    ///
    /// # Errors
    ///
    /// What the component refuses.
    fn checkpoint(&mut self) -> Result<String, Refusal>;
}

/// Why a checkpoint was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Another run moved it meanwhile: this one must end.
    Overtaken(String),
    /// What is stored can be no checkpoint: the operator restores or deletes it.
    Corrupt(String),
    /// The store does not answer as it should; trying again may help.
    Failed(String),
}

/// Why events were not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkError {
    /// Another run of this tenant took over: this one must end.
    Overtaken(String),
    /// The receiver will not take them until the operator has changed something.
    Refused(String),
    /// Trying again may help.
    Failed(String),
}

/// Where events and checkpoints go. One shell belongs to one tenant.
#[allow(async_fn_in_trait)] // Engines run one thread; no future has to be sent.
pub trait Shell {
    /// The stored checkpoint; none at the first run.
    ///
    /// # Errors
    ///
    /// What the store says.
    async fn load(&mut self) -> Result<Option<String>, StoreError>;

    /// Delivers events; succeeds only when every one of them was acknowledged.
    ///
    /// # Errors
    ///
    /// What the receiver says. All of them are delivered again then, unless the run ends.
    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError>;

    /// Stores a checkpoint in place of the one that was loaded or stored last.
    ///
    /// # Errors
    ///
    /// What the store says; the old checkpoint is still there then.
    async fn store(&mut self, checkpoint: &str) -> Result<(), StoreError>;

    /// Milliseconds of a clock that never goes back.
    fn now_ms(&self) -> u64;

    /// Waits for so many milliseconds.
    async fn sleep(&mut self, ms: u64);
}

/// How a run goes on, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Events asked for in one batch.
    pub batch_records: u32,
    /// No batch is begun after so many milliseconds, and no wait goes beyond them.
    pub budget_ms: u64,
    /// Failures in a row, of the source, of a delivery or of the store, that are tried again.
    pub retries: u32,
}

/// Runs a future whose shell never waits for anything but blocks: none of its steps is ever pending.
///
/// `None` where one was pending after all; polling it again could take for ever.
pub fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

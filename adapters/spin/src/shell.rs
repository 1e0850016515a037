//! Implements the loop's shell on Spin.

use std::time::Duration;

use source_driver as driver;
use source_driver::{Event, SinkError, StoreError};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::clocks::monotonic_clock;

use crate::lines::chunks;
use crate::sink::Sink;
use crate::store::Store;

/// The shell of one tenant.
pub struct Shell {
    /// Where its events go.
    pub sink: Sink,
    /// Where its checkpoints go.
    pub store: Store,
}

impl driver::Shell for Shell {
    async fn load(&mut self) -> Result<Option<String>, StoreError> {
        self.store.load()
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        // A lease outlasts one request or one wait, but maybe not a batch of large events.
        for chunk in chunks(events) {
            self.store.renew().map_err(|error| match error {
                StoreError::Overtaken(why) => SinkError::Overtaken(why),
                StoreError::Failed(why) | StoreError::Corrupt(why) => SinkError::Failed(why),
            })?;
            self.sink.send(chunk).await?;
        }
        Ok(())
    }

    async fn store(&mut self, checkpoint: &str) -> Result<(), StoreError> {
        self.store.store(checkpoint)
    }

    fn now_ms(&self) -> u64 {
        monotonic_clock::now() / 1_000_000
    }

    async fn sleep(&mut self, ms: u64) {
        // Each delivery and each store checks whether the lease is still held.
        let _ = self.store.renew();
        sleep(Duration::from_millis(ms)).await;
    }
}

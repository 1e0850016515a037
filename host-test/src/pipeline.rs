//! Makes one batch durable while the next one is read: the disk and the network need not wait for each other.

use crate::exit::{Failure, Result};
use crate::output::Output;
use crate::source::Batch;
use tokio::task::JoinHandle;

/// An output with one batch, at most, under way to it. What is dropped under way is as after a kill: it was not stored.
pub struct Pipeline {
    /// None while a batch is under way, and after an error.
    output: Option<Output>,
    under_way: Option<JoinHandle<(Output, Batch, Result<()>)>>,
}

impl Pipeline {
    /// Nothing is under way yet.
    pub fn new(output: Output) -> Self {
        Self { output: Some(output), under_way: None }
    }

    /// Begins to make a batch durable, with its checkpoint. Gives the batch before, which is durable now.
    ///
    /// # Errors
    ///
    /// As [`Output::deliver`] failed on the batch before; this one was not begun then.
    pub async fn begin(&mut self, batch: Batch, checkpoint: String) -> Result<Option<Batch>> {
        let before = self.finish().await?;
        let mut output = self.output.take().ok_or_else(ended)?;
        self.under_way = Some(tokio::task::spawn_blocking(move || {
            let done = output.deliver(&batch.records, checkpoint);
            (output, batch, done)
        }));
        Ok(before)
    }

    /// Waits until nothing is under way. Gives the last batch, which is durable now.
    ///
    /// # Errors
    ///
    /// As [`Output::deliver`].
    pub async fn finish(&mut self) -> Result<Option<Batch>> {
        let Some(task) = self.under_way.take() else { return Ok(None) };
        let (output, batch, done) = task.await.map_err(|_| ended())?;
        done?;
        self.output = Some(output);
        Ok(Some(batch))
    }
}

fn ended() -> Failure {
    Failure::Failed("the output can no longer be written".to_owned())
}

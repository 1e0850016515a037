//! Makes one batch durable while the next one is read: the disk and the network need not wait for each other.

use crate::exit::{Failure, Result};
use crate::guest::contract::Batch;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::patience;
use crate::run::retry::Retry;
use crate::run::stop::Stop;
use tokio::task::JoinHandle;

/// What is under way: the output, the batch, its checkpoint, and how it ended.
type Task = JoinHandle<(Output, Batch, String, Result<()>)>;

/// An output with one batch, at most, under way to it. What is dropped under way is as after a kill: it was not stored.
pub struct Pipeline {
    /// None while a batch is under way, and after an error.
    output: Option<Output>,
    under_way: Option<Task>,
    retry: Retry,
    stop: Stop,
    metrics: Metrics,
    /// A signal came while a file was locked. Nothing may be stored after what was not.
    is_over: bool,
}

impl Pipeline {
    /// Nothing is under way yet. A locked output or state is tried again as often as `retry` allows.
    pub fn new(output: Output, retry: Retry, stop: Stop, metrics: Metrics) -> Self {
        Self { output: Some(output), under_way: None, retry, stop, metrics, is_over: false }
    }

    /// Begins to make a batch durable, with its checkpoint. Gives the batch before, which is durable now.
    ///
    /// # Errors
    ///
    /// As [`Output::deliver`] failed on the batch before; this one was not begun then.
    pub async fn begin(&mut self, batch: Batch, checkpoint: String) -> Result<Option<Batch>> {
        let before = self.finish().await?;
        if !self.is_over {
            let output = self.output.take().ok_or_else(ended)?;
            self.start(output, batch, checkpoint);
        }
        Ok(before)
    }

    fn start(&mut self, mut output: Output, batch: Batch, checkpoint: String) {
        self.under_way = Some(tokio::task::spawn_blocking(move || {
            let done = output.deliver(&batch.records, checkpoint.clone());
            (output, batch, checkpoint, done)
        }));
    }

    /// Waits until nothing is under way. Gives the last batch, which is durable now.
    ///
    /// # Errors
    ///
    /// As [`Output::deliver`].
    pub async fn finish(&mut self) -> Result<Option<Batch>> {
        // Bounded by the retries.
        while let Some(task) = self.under_way.take() {
            let (output, batch, checkpoint, done) = task.await.map_err(|_| ended())?;
            match done {
                Ok(()) => {
                    self.retry.succeeded();
                    self.output = Some(output);
                    return Ok(Some(batch));
                }
                Err(failure) => {
                    if patience::wait(failure, &mut self.retry, &mut self.stop).await? {
                        self.metrics.retried();
                        self.start(output, batch, checkpoint);
                    } else {
                        self.is_over = true;
                        tracing::warn!("a batch was not stored; the next run reads it again");
                    }
                }
            }
        }
        Ok(None)
    }

    /// Goes on in a new file if the output was moved away; see [`Output::reopen`].
    ///
    /// # Errors
    ///
    /// As [`Pipeline::finish`] and [`Output::reopen`].
    pub async fn reopen(&mut self) -> Result<Option<Batch>> {
        let before = self.finish().await?;
        // Bounded by the retries. Where a signal ends the wait, the next write reopens, or the run is over.
        while let Some(output) = &mut self.output {
            match tokio::task::block_in_place(|| output.reopen()) {
                Ok(()) => {
                    self.retry.succeeded();
                    break;
                }
                Err(failure) => {
                    if !patience::wait(failure, &mut self.retry, &mut self.stop).await? {
                        break;
                    }
                    self.metrics.retried();
                }
            }
        }
        Ok(before)
    }
}

fn ended() -> Failure {
    Failure::Failed("the output can no longer be written".to_owned())
}

//! Makes one batch durable while the next one is read, so that the disk and the network do not wait
//! for each other.

use crate::exit::{Failure, Result};
use crate::guest::contract::Batch;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::moment;
use crate::run::patience;
use crate::run::stop::Stop;
use source_driver::{Plan, Policy};
use tokio::task::JoinHandle;

/// A write in progress: the output, the batch, its checkpoint, and the result.
type Task = JoinHandle<(Output, Batch, String, Result<()>)>;

/// An output with at most one write in progress. Dropping it during a write is like killing the
/// process: the batch does not count as stored.
pub struct Pipeline {
    /// `None` while a write is in progress, and after an error.
    output: Option<Output>,
    task: Option<Task>,
    policy: Policy,
    stop: Stop,
    metrics: Metrics,
    /// Whether a signal arrived while a file was locked. The batch was not stored then, so nothing
    /// may be stored after it.
    is_over: bool,
}

impl Pipeline {
    /// Creates a pipeline. A locked output or state is retried as often as the plan allows.
    pub fn new(output: Output, plan: Plan, stop: Stop, metrics: Metrics) -> Self {
        let policy = moment::policy(plan);
        Self { output: Some(output), task: None, policy, stop, metrics, is_over: false }
    }

    /// Starts to make a batch and its checkpoint durable. Returns the previous batch, which is now
    /// durable.
    ///
    /// # Errors
    ///
    /// Returns the error of [`Output::deliver`] for the previous batch. In that case, the write of
    /// this batch does not start.
    pub async fn begin(&mut self, batch: Batch, checkpoint: String) -> Result<Option<Batch>> {
        let before = self.finish().await?;
        if !self.is_over {
            let output = self.output.take().ok_or_else(ended)?;
            self.start(output, batch, checkpoint);
        }
        Ok(before)
    }

    fn start(&mut self, mut output: Output, batch: Batch, checkpoint: String) {
        self.task = Some(tokio::task::spawn_blocking(move || {
            let done = output.deliver(&batch.records, checkpoint.clone());
            (output, batch, checkpoint, done)
        }));
    }

    /// Waits until no write is in progress. Returns the last batch, which is now durable.
    ///
    /// # Errors
    ///
    /// Same as [`Output::deliver`].
    pub async fn finish(&mut self) -> Result<Option<Batch>> {
        // Bounded by the retries.
        while let Some(task) = self.task.take() {
            let (output, batch, checkpoint, done) = task.await.map_err(|_| ended())?;
            match done {
                Ok(()) => {
                    self.policy.succeeded();
                    self.output = Some(output);
                    return Ok(Some(batch));
                }
                Err(failure) => {
                    if patience::wait(failure, &mut self.policy, &mut self.stop).await? {
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

    /// Continues in a new file if the output was moved away; see [`Output::reopen`].
    ///
    /// # Errors
    ///
    /// Same as [`Pipeline::finish`] and [`Output::reopen`].
    pub async fn reopen(&mut self) -> Result<Option<Batch>> {
        let before = self.finish().await?;
        // Bounded by the retries. If a signal ends the wait, the next write reopens, or the run ends.
        while let Some(output) = &mut self.output {
            match tokio::task::block_in_place(|| output.reopen()) {
                Ok(()) => {
                    self.policy.succeeded();
                    break;
                }
                Err(failure) => {
                    if !patience::wait(failure, &mut self.policy, &mut self.stop).await? {
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

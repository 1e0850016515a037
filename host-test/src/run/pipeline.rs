//! Makes batches durable while the next ones are read, so that the disk and the network do not wait
//! for each other. A slow disk gets several batches at once, and one commit stores the checkpoint of
//! a group and announces the next.

use crate::exit::{Failure, Result};
use crate::guest::contract::{Batch, Event};
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::moment;
use crate::run::patience;
use crate::run::stop::Stop;
use source_driver::{Plan, Policy, Why};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Maximum size of the records in a group, in bytes, unless a single batch is larger: about 8,000 events. A larger
/// group would save little time, and each of its bytes is in memory several times.
const GROUP_BYTES_MAX: usize = 4 << 20;

/// Maximum number of batches in a group. Those without records have no size.
const GROUP_BATCHES_MAX: usize = 64;

/// Batches that become durable together, with the checkpoint after the last one. Without batches, a
/// group only stores the checkpoint of the one before.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    checkpoint: String,
    bytes: usize,
}

impl Group {
    fn add(&mut self, batch: Batch, checkpoint: String) {
        self.bytes += bytes(&batch);
        self.batches.push(batch);
        self.checkpoint = checkpoint;
    }

    fn has_room_for(&self, batch: &Batch) -> bool {
        self.batches.len() < GROUP_BATCHES_MAX && self.bytes + bytes(batch) <= GROUP_BYTES_MAX
    }
}

fn bytes(batch: &Batch) -> usize {
    batch.records.iter().map(|event| event.payload.len()).sum()
}

/// A write in progress: the output, the group, and the result.
type Task = JoinHandle<(Output, Group, Result<()>)>;

/// An output with at most one write in progress. Dropping it is like a kill: the batches that are
/// not durable yet are not stored.
pub struct Pipeline {
    /// `None` while a write is in progress, and after an error.
    output: Option<Output>,
    task: Option<Task>,
    /// What was read during the write in progress.
    next: Group,
    /// What is in the output, but not covered by a stored checkpoint.
    appended: Vec<Batch>,
    /// What became durable since the caller was last told.
    durable: Vec<Batch>,
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
        Self {
            output: Some(output),
            task: None,
            next: Group::default(),
            appended: Vec::new(),
            durable: Vec::new(),
            policy,
            stop,
            metrics,
            is_over: false,
        }
    }

    /// Takes a batch and the checkpoint after it, to make them durable. Returns the earlier batches
    /// that are durable now. Waits only if too much is not durable yet.
    ///
    /// # Errors
    ///
    /// Returns the error of [`Output::append`] for earlier batches.
    pub async fn begin(&mut self, batch: Batch, checkpoint: String) -> Result<Vec<Batch>> {
        let is_writing = self.task.as_ref().is_some_and(|task| !task.is_finished());
        if !is_writing || !self.next.has_room_for(&batch) {
            self.end_write().await?;
        }
        if !self.is_over {
            if self.output.is_none() && self.task.is_none() {
                return Err(ended());
            }
            self.next.add(batch, checkpoint);
            self.start_next();
        }
        Ok(std::mem::take(&mut self.durable))
    }

    /// Starts to write what was read, unless a write is in progress.
    fn start_next(&mut self) {
        if !self.next.batches.is_empty()
            && let Some(output) = self.output.take()
        {
            let group = std::mem::take(&mut self.next);
            self.start(output, group);
        }
    }

    fn start(&mut self, mut output: Output, group: Group) {
        self.task = Some(tokio::task::spawn_blocking(move || {
            let records: Vec<&Event> =
                group.batches.iter().flat_map(|batch| &batch.records).collect();
            let done = match group.batches.is_empty() {
                true => output.settle(),
                false => output.append(&records, &group.checkpoint),
            };
            drop(records);
            (output, group, done)
        }));
    }

    /// Waits for the write in progress, and starts the next one.
    async fn end_write(&mut self) -> Result<()> {
        // Bounded by the retries.
        while let Some(task) = self.task.take() {
            let (output, group, done) = task.await.map_err(|_| ended())?;
            // Announcing this group may have succeeded, and writing it failed.
            if done.is_ok() || output.is_settled() {
                self.durable.append(&mut self.appended);
            }
            match done {
                Ok(()) => {
                    self.policy.succeeded();
                    match output.is_settled() {
                        true => self.durable.extend(group.batches),
                        false => self.appended = group.batches,
                    }
                    self.output = Some(output);
                    self.start_next();
                    return Ok(());
                }
                Err(failure) => {
                    if patience::wait(failure, &mut self.policy, &mut self.stop).await? {
                        self.metrics.retried();
                        self.start(output, group);
                    } else {
                        self.is_over = true;
                        tracing::warn!("a batch was not stored; the next run reads it again");
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits until everything is durable. Returns the batches that became durable.
    ///
    /// # Errors
    ///
    /// Same as [`Output::append`].
    pub async fn finish(&mut self) -> Result<Vec<Batch>> {
        self.end_write().await?;
        // What was read during that write. Nothing is read now, so there is no third group.
        self.end_write().await?;
        if let Some(output) = self.output.take_if(|output| !output.is_settled()) {
            self.start(output, Group::default());
            self.end_write().await?;
        }
        Ok(std::mem::take(&mut self.durable))
    }

    /// Waits until everything is durable, and tells the output that the run waits. Returns the batches that became durable.
    ///
    /// # Errors
    ///
    /// Same as [`Pipeline::finish`] and [`Output::wait`].
    pub async fn pause(&mut self, why: Why, time: Duration) -> Result<Vec<Batch>> {
        let durable = self.finish().await?;
        if let Some(output) = &mut self.output {
            tokio::task::block_in_place(|| output.wait(why, time))?;
        }
        Ok(durable)
    }

    /// Continues in a new file if the output was moved away; see [`Output::reopen`].
    ///
    /// # Errors
    ///
    /// Same as [`Pipeline::finish`] and [`Output::reopen`].
    pub async fn reopen(&mut self) -> Result<Vec<Batch>> {
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

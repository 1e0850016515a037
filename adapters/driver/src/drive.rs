//! The loop itself.

use crate::backoff::Backoff;
use crate::contract::{Batch, Next, SourceError};
use crate::report::{Counts, Ended, Fault, Report};
use crate::shell::{Plan, Shell, SinkError, Source, StoreError};

/// Maximum number of consecutive batches that have no record and made no request, yet ask for another call immediately.
/// More than that means the source is spinning.
const EMPTY_BATCHES_MAX: u32 = 1_000;

/// Runs a source until it is idle or throttled, the time is used up, or a step fails permanently. Never loses an event:
/// see the crate's documentation.
pub async fn drive<C: Source, S: Shell>(source: &mut C, shell: &mut S, plan: &Plan) -> Report {
    let backoff = Backoff::new(plan, shell.now_ms());
    let mut run = Run { source, shell, plan, backoff, counts: Counts::default() };
    let ended = match run.rounds().await {
        Ok(ended) | Err(ended) => ended,
    };
    Report { ended, counts: run.counts }
}

struct Run<'a, C, S> {
    source: &'a mut C,
    shell: &'a mut S,
    plan: &'a Plan,
    backoff: Backoff,
    counts: Counts,
}

impl<C: Source, S: Shell> Run<'_, C, S> {
    async fn rounds(&mut self) -> Result<Ended, Ended> {
        let checkpoint = self.load().await?;
        self.source.configure(checkpoint)?;
        let mut empty = 0;
        // Bounded by the budget, and by `EMPTY_BATCHES_MAX` when no time passes.
        while !self.backoff.is_over(self.shell.now_ms()) {
            let mut batch = self.read().await?;
            self.counts.read(&mut batch);
            let is_empty = batch.records.is_empty() && batch.stats.requests == 0;
            self.settle(batch.records).await?;
            match batch.next {
                Next::Idle(again_in_ms) => return Ok(Ended::Idle { again_in_ms }),
                Next::Throttled(again_in_ms) => return Ok(Ended::Throttled { again_in_ms }),
                Next::Ready => empty = if is_empty { empty + 1 } else { 0 },
            }
            if empty > EMPTY_BATCHES_MAX {
                let why = "consecutive batches without a record or a request";
                return Err(SourceError::Protocol(format!("{EMPTY_BATCHES_MAX} {why}")).into());
            }
        }
        Ok(Ended::OutOfTime)
    }

    async fn load(&mut self) -> Result<Option<String>, Ended> {
        loop {
            match self.shell.load().await {
                Ok(checkpoint) => {
                    self.backoff.succeeded();
                    return Ok(checkpoint);
                }
                Err(error) => self.retry_store(error).await?,
            }
        }
    }

    async fn read(&mut self) -> Result<Batch, Ended> {
        loop {
            match self.source.read_batch(self.plan.batch_records) {
                Ok(batch) => {
                    self.backoff.succeeded();
                    return Ok(batch);
                }
                Err(SourceError::Transient(why)) => {
                    if !self.backoff.failed(self.shell).await {
                        // This covers no new events, but tells the next instance how long to wait. Nothing is lost if
                        // it fails.
                        if let Ok(checkpoint) = self.source.checkpoint() {
                            let _ = self.shell.store(&checkpoint).await;
                        }
                        return Err(SourceError::Transient(why).into());
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Delivers events and, once they are acknowledged, stores the checkpoint that covers them. The checkpoint is
    /// stored for an empty batch too, since the position advances.
    async fn settle(&mut self, events: Vec<crate::Event>) -> Result<(), Ended> {
        let checkpoint = self.source.checkpoint()?;
        while let Err(error) =
            if events.is_empty() { Ok(()) } else { self.shell.deliver(&events).await }
        {
            let (fault, is_transient, message) = match error {
                SinkError::Overtaken(message) => (Fault::Overtaken, true, message),
                SinkError::Refused(message) => (Fault::Sink, false, message),
                SinkError::Failed(_) if self.backoff.failed(self.shell).await => continue,
                SinkError::Failed(message) => (Fault::Sink, true, message),
            };
            return Err(Ended::Failed { fault, message, is_transient });
        }
        self.backoff.succeeded();
        while let Err(error) = self.shell.store(&checkpoint).await {
            self.retry_store(error).await?;
        }
        self.backoff.succeeded();
        self.counts.delivered += events.len() as u64;
        Ok(())
    }

    async fn retry_store(&mut self, error: StoreError) -> Result<(), Ended> {
        let (fault, is_transient, message) = match error {
            StoreError::Overtaken(message) => (Fault::Overtaken, true, message),
            StoreError::Corrupt(message) => (Fault::InvalidCheckpoint, false, message),
            StoreError::Failed(_) if self.backoff.failed(self.shell).await => return Ok(()),
            StoreError::Failed(message) => (Fault::Store, true, message),
        };
        Err(Ended::Failed { fault, message, is_transient })
    }
}

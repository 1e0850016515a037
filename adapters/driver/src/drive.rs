//! The loop itself.

use crate::contract::{Batch, Event};
use crate::plan::Plan;
use crate::policy::{End, Moment, Policy, Then};
use crate::report::{Counts, Ended, Fault, Report};
use crate::shell::{Shell, SinkError, Source, StoreError};

/// Runs a source until the plan ends it, or a step fails permanently. Never loses an event: see the crate's
/// documentation.
pub async fn drive<C: Source, S: Shell>(source: &mut C, shell: &mut S, plan: &Plan) -> Report {
    let policy = Policy::new(*plan, shell.now_ms());
    let mut run = Run { source, shell, policy, counts: Counts::default() };
    let ended = match run.rounds().await {
        Ok(ended) | Err(ended) => ended,
    };
    Report { ended, counts: run.counts }
}

struct Run<'a, C, S> {
    source: &'a mut C,
    shell: &'a mut S,
    policy: Policy,
    counts: Counts,
}

impl<C: Source, S: Shell> Run<'_, C, S> {
    async fn rounds(&mut self) -> Result<Ended, Ended> {
        let checkpoint = self.load().await?;
        self.source.configure(checkpoint)?;
        let mut then = self.policy.resume(self.now());
        // Bounded by the policy.
        loop {
            then = match then {
                Then::Read => {
                    let mut batch = self.read().await?;
                    self.counts.read(&mut batch);
                    self.settle(&batch.records).await?;
                    self.policy.batch(&batch, self.now())?
                }
                Then::Wait { ms, .. } => {
                    self.shell.sleep(ms).await;
                    self.policy.resume(self.now())
                }
                Then::End(End::Idle { again_in_ms }) => return Ok(Ended::Idle { again_in_ms }),
                Then::End(End::Throttled { again_in_ms }) => {
                    return Ok(Ended::Throttled { again_in_ms });
                }
                // A failed step has returned already, and nothing stops a shell.
                Then::End(End::OutOfTime | End::Stopped | End::Failed) => {
                    return Ok(Ended::OutOfTime);
                }
            };
        }
    }

    async fn load(&mut self) -> Result<Option<String>, Ended> {
        loop {
            match self.shell.load().await {
                Ok(checkpoint) => {
                    self.policy.succeeded();
                    return Ok(checkpoint);
                }
                Err(error) => self.retry_store(error).await?,
            }
        }
    }

    async fn read(&mut self) -> Result<Batch, Ended> {
        loop {
            let error = match self.source.read_batch(self.policy.plan().batch_records) {
                Ok(batch) => {
                    self.policy.succeeded();
                    return Ok(batch);
                }
                Err(error) => error,
            };
            if self.may_retry(error.is_transient()).await {
                continue;
            }
            // The checkpoint covers no new events, but tells the next instance how long to wait. Nothing is lost if it
            // fails.
            if error.is_transient()
                && let Ok(checkpoint) = self.source.checkpoint()
            {
                let _ = self.shell.store(&checkpoint).await;
            }
            return Err(error.into());
        }
    }

    /// Delivers events and, once they are acknowledged, stores the checkpoint that covers them. The checkpoint is
    /// stored for an empty batch too, since the position advances.
    async fn settle(&mut self, events: &[Event]) -> Result<(), Ended> {
        let checkpoint = self.source.checkpoint()?;
        while let Err(error) =
            if events.is_empty() { Ok(()) } else { self.shell.deliver(events).await }
        {
            let (is_transient, message) = match error {
                SinkError::Overtaken(message) => return Err(overtaken(message)),
                SinkError::Refused(message) => (false, message),
                SinkError::Failed(message) => (true, message),
            };
            if !self.may_retry(is_transient).await {
                return Err(Ended::Failed { fault: Fault::Sink, message, is_transient });
            }
        }
        self.policy.succeeded();
        while let Err(error) = self.shell.store(&checkpoint).await {
            self.retry_store(error).await?;
        }
        self.policy.succeeded();
        self.counts.delivered += events.len() as u64;
        Ok(())
    }

    async fn retry_store(&mut self, error: StoreError) -> Result<(), Ended> {
        let (fault, is_transient, message) = match error {
            StoreError::Overtaken(message) => return Err(overtaken(message)),
            StoreError::Corrupt(message) => (Fault::InvalidCheckpoint, false, message),
            StoreError::Failed(message) => (Fault::Store, true, message),
        };
        match self.may_retry(is_transient).await {
            true => Ok(()),
            false => Err(Ended::Failed { fault, message, is_transient }),
        }
    }

    /// Records that a step failed, and waits as the policy says. Returns `false` if the run has to end.
    async fn may_retry(&mut self, is_transient: bool) -> bool {
        match self.policy.failed(is_transient, self.now()) {
            Then::Read => true,
            Then::Wait { ms, .. } => {
                self.shell.sleep(ms).await;
                true
            }
            Then::End(_) => false,
        }
    }

    fn now(&self) -> Moment {
        Moment::at(self.shell.now_ms())
    }
}

fn overtaken(message: String) -> Ended {
    Ended::Failed { fault: Fault::Overtaken, message, is_transient: true }
}

//! The main loop: reads a batch, makes it durable, stores the checkpoint, and waits as the batch
//! says.

use crate::exit::{Failure, Result};
use crate::guest::contract::{Batch, CallError, SourceError};
use crate::guest::source::Source;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::moment::{moment, policy};
use crate::run::notes::Notes;
use crate::run::patience::gave_up;
use crate::run::pipeline::Pipeline;
use crate::run::progress::{Progress, until};
use crate::run::stop::{Hangup, Stop};
use crate::run::tally::Tally;
use source_driver::{End, Next, Plan, Policy, Then, Why};
use std::time::Duration;

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Job {
    /// How to read the source.
    pub plan: Plan,
    /// The number of records after which the run ends. Whole batches are delivered, so there may be
    /// a few more.
    pub records_max: Option<u64>,
    /// The start time of the backfill (RFC 3339), to show its progress.
    pub backfill: Option<String>,
    /// The metrics to update.
    pub metrics: Metrics,
}

/// Runs a configured source until its plan or a signal ends it. The tally also counts what was
/// done before a failure.
///
/// # Errors
///
/// Returns the error of the source or the output. Every delivered record is durable and covered by
/// the checkpoint.
pub async fn run(
    source: &mut Source,
    output: Output,
    job: Job,
    stop: &mut Stop,
    hangup: Hangup,
    tally: &mut Tally,
) -> Result<()> {
    let progress = Progress::start(job.backfill.as_deref());
    let mut pipeline = Pipeline::new(output, job.plan, stop.clone(), job.metrics.clone());
    let (policy, notes) = (policy(job.plan), Notes::default());
    let mut run = Run { job, policy, tally, progress, notes, hangup, read: 0 };
    let ended = run.rounds(source, &mut pipeline, stop).await;
    // However the run ended, everything that was read is made durable.
    run.count(&pipeline.finish().await?);
    ended
}

/// The state of a run.
struct Run<'a> {
    job: Job,
    policy: Policy,
    tally: &'a mut Tally,
    progress: Progress,
    notes: Notes,
    hangup: Hangup,
    /// The number of records read, including the batch in progress.
    read: u64,
}

impl Run<'_> {
    async fn rounds(
        &mut self,
        source: &mut Source,
        pipeline: &mut Pipeline,
        stop: &mut Stop,
    ) -> Result<()> {
        let mut then = self.policy.resume(moment(stop));
        // Ends as the policy says, which limits rounds that do nothing.
        loop {
            then = match then {
                Then::Read => match self.round(source, pipeline, stop).await? {
                    Some(then) => then,
                    None => return Ok(()),
                },
                Then::Wait { ms, why } => {
                    self.pause(pipeline, why, Duration::from_millis(ms), stop).await?;
                    self.policy.resume(moment(stop))
                }
                Then::End(end) => {
                    log_end(end);
                    return Ok(());
                }
            };
        }
    }

    /// Reads a batch, and starts to make it durable. Returns `None` if no more records are wanted
    /// or the call was abandoned.
    async fn round(
        &mut self,
        source: &mut Source,
        pipeline: &mut Pipeline,
        stop: &mut Stop,
    ) -> Result<Option<Then>> {
        if self.hangup.has_come() {
            let durable = pipeline.reopen().await?;
            self.count(&durable);
        }
        let wanted = self.job.records_max.map_or(u64::MAX, |max| max.saturating_sub(self.read));
        if wanted == 0 {
            return Ok(None);
        }
        let ask = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.job.plan.batch_records);
        let Some(answer) = read(source, ask, stop).await else { return Ok(None) };
        let batch = match answer {
            Ok(batch) => batch,
            Err(error) => return self.failed(error, stop).map(Some),
        };
        self.read += batch.records.len() as u64;
        self.notes.log(&batch.stats.notes);
        let then = self.policy.batch(&batch, moment(stop))?;
        if matches!(batch.next, Next::Idle(_)) {
            self.progress.caught_up();
        }
        let checkpoint = source.checkpoint().await?;
        let durable = pipeline.begin(batch, checkpoint).await?;
        self.count(&durable);
        // A signal may have arrived while an earlier write was waited for.
        Ok(Some(if then == Then::Read { self.policy.resume(moment(stop)) } else { then }))
    }

    /// Returns what to do after a failed call, or the failure if it ends the run.
    fn failed(&mut self, error: CallError, stop: &Stop) -> Result<Then> {
        let then = self.policy.failed(error.is_transient(), moment(stop));
        match (then, error) {
            (Then::End(End::Failed), CallError::Source(SourceError::Transient(why))) => {
                Err(gave_up(&self.policy, &why))
            }
            (Then::End(End::Failed), error) => Err(error.into()),
            (Then::Wait { ms, .. }, CallError::Source(error)) => {
                self.job.metrics.retried();
                let seconds = Duration::from_millis(ms).as_secs_f64();
                tracing::warn!("{error}; retrying in {seconds:.1} s");
                Ok(then)
            }
            (then, error) => {
                tracing::warn!("{}; stopping without a retry", Failure::from(error));
                Ok(then)
            }
        }
    }

    /// Counts batches that are durable.
    fn count(&mut self, batches: &[Batch]) {
        for batch in batches {
            self.tally.count(batch);
            self.job.metrics.count(batch, &self.tally.lag);
            let oldest = batch.records.first().map(|event| event.occurred_at.as_str());
            self.progress.batch(self.tally, oldest);
        }
    }

    /// Finishes the batch in progress, and waits.
    async fn pause(
        &mut self,
        pipeline: &mut Pipeline,
        why: Why,
        time: Duration,
        stop: &mut Stop,
    ) -> Result<()> {
        let durable = pipeline.pause(why, time).await?;
        self.count(&durable);
        let why = match why {
            Why::Idle => "caught up, waiting",
            Why::Throttled => "throttled by the rate limit, waiting",
            Why::Failed => "retrying",
        };
        self.progress.wait(self.tally, why, time);
        let end = tokio::time::Instant::now() + time;
        // Ends at that time, on a signal to stop, or on an error. Each SIGHUP takes one more round.
        loop {
            tokio::select! {
                () = stop.sleep_until(end) => return Ok(()),
                () = self.hangup.next() => drop(pipeline.reopen().await?),
            }
        }
    }
}

/// Makes one call. Returns `None` if it did not end in time after a signal. The call is then
/// dropped. Nothing is lost, because the next run repeats it.
async fn read(
    source: &mut Source,
    records_max: u32,
    stop: &mut Stop,
) -> Option<std::result::Result<Batch, CallError>> {
    tokio::select! {
        answer = source.read_batch(records_max) => Some(answer),
        () = stop.is_overdue() => {
            tracing::warn!("the call in progress was abandoned; the next run repeats it");
            None
        }
    }
}

/// Logs why a run that does not wait ended early.
fn log_end(end: End) {
    if let End::Throttled { again_in_ms } = end {
        let time = Duration::from_millis(again_in_ms);
        let (seconds, until) = (time.as_secs_f64().ceil(), until(time));
        tracing::warn!(
            "not everything was read: the rate limit allows no request for {seconds} s{until}; the \
             next run continues from here, and --until-idle waits instead"
        );
    }
}

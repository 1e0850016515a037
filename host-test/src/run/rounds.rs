//! The main loop: reads a batch, makes it durable, stores the checkpoint, and waits as the batch
//! says.

use crate::exit::{Failure, Result};
use crate::guest::contract::{Batch, CallError, Next, SourceError};
use crate::guest::source::Source;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::notes::Notes;
use crate::run::pipeline::Pipeline;
use crate::run::progress::{Progress, until};
use crate::run::retry::Retry;
use crate::run::stop::{Hangup, Stop};
use crate::run::tally::Tally;
use std::time::Duration;

/// Maximum number of consecutive calls that ask to be called again at once, but return no record
/// and make no request. More means that the component spins.
const EMPTY_CALLS_MAX: u32 = 1_000;

/// Why a run waits for the rate limit.
const THROTTLED: &str = "throttled by the rate limit, waiting";

/// The condition on which a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the first `idle` or `throttled`, without waiting.
    Once,
    /// At the first `idle`; waits when `throttled`.
    Idle,
    /// Never.
    Never,
}

/// The parameters of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The condition on which it ends.
    pub until: Until,
    /// Maximum number of records to request in one batch.
    pub batch_records: u32,
    /// The number of records after which it ends. Whole batches are delivered, so there may be a
    /// few more.
    pub records_max: Option<u64>,
    /// Maximum number of consecutive retries.
    pub retries: u32,
    /// The start time of the backfill (RFC 3339), to show its progress.
    pub backfill: Option<String>,
    /// The metrics to update.
    pub metrics: Metrics,
}

/// Runs a configured source until the plan or a signal ends it. The tally also counts what was
/// done before a failure.
///
/// # Errors
///
/// Returns the error of the source or the output. Every delivered record is durable and covered by
/// the checkpoint.
pub async fn run(
    source: &mut Source,
    output: Output,
    plan: Plan,
    stop: &mut Stop,
    hangup: Hangup,
    tally: &mut Tally,
) -> Result<()> {
    let progress = Progress::start(plan.backfill.as_deref());
    let retry = Retry::new(plan.retries);
    let mut pipeline = Pipeline::new(output, retry, stop.clone(), plan.metrics.clone());
    let notes = Notes::default();
    let mut run = Run { plan, tally, progress, notes, hangup, read: 0, empty_calls: 0 };
    let ended = run.rounds(source, &mut pipeline, stop).await;
    // Whatever ended the run, what was read is made durable.
    run.count(pipeline.finish().await?);
    ended
}

/// The state of a run.
struct Run<'a> {
    plan: Plan,
    tally: &'a mut Tally,
    progress: Progress,
    notes: Notes,
    hangup: Hangup,
    /// The number of records read, including the batch in progress.
    read: u64,
    empty_calls: u32,
}

impl Run<'_> {
    async fn rounds(
        &mut self,
        source: &mut Source,
        pipeline: &mut Pipeline,
        stop: &mut Stop,
    ) -> Result<()> {
        let mut retry = Retry::new(self.plan.retries);
        // Ends with the plan, a signal or a failure; `EMPTY_CALLS_MAX` limits rounds that do nothing.
        while !stop.is_set() {
            if self.hangup.has_come() {
                let durable = pipeline.reopen().await?;
                self.count(durable);
            }
            let wanted =
                self.plan.records_max.map_or(u64::MAX, |max| max.saturating_sub(self.read));
            if wanted == 0 {
                break;
            }
            let ask = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.plan.batch_records);
            let Some(answer) = read(source, ask, stop).await else { break };
            let batch = match answer {
                Ok(batch) => batch,
                Err(CallError::Source(SourceError::Transient(why))) => {
                    let Some(wait) = retry.failed(rand::random()) else {
                        return Err(Failure::Failed(retry.exhausted(&why)));
                    };
                    self.plan.metrics.retried();
                    tracing::warn!("{why}; retrying in {:.1} s", wait.as_secs_f64());
                    self.pause(pipeline, "retrying", wait, stop).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            retry.succeeded();
            let pause = self.examine(&batch)?;
            let checkpoint = source.checkpoint().await?;
            let durable = pipeline.begin(batch, checkpoint).await?;
            self.count(durable);
            let Some(pause) = pause else { continue };
            if pause.ends {
                pause.log_end();
                break;
            }
            self.pause(pipeline, pause.why, pause.time, stop).await?;
        }
        Ok(())
    }

    /// Examines a batch that was just read. Returns the pause that follows it, if any.
    fn examine(&mut self, batch: &Batch) -> Result<Option<Pause>> {
        self.read += batch.records.len() as u64;
        self.notes.log(&batch.stats.notes);
        let is_empty = batch.records.is_empty() && batch.stats.requests == 0;
        let pause = Pause::of(batch.next, self.plan.until);
        self.empty_calls = if is_empty && pause.is_none() { self.empty_calls + 1 } else { 0 };
        if self.empty_calls > EMPTY_CALLS_MAX {
            let why = "consecutive batches without a record or a request";
            return Err(Failure::Failed(format!("protocol: {EMPTY_CALLS_MAX} {why}")));
        }
        if matches!(batch.next, Next::Idle(_)) {
            self.progress.caught_up();
        }
        Ok(pause)
    }

    /// Counts a batch that is durable.
    fn count(&mut self, batch: Option<Batch>) {
        let Some(batch) = batch else { return };
        self.tally.count(&batch);
        self.plan.metrics.count(&batch, &self.tally.lag);
        let oldest = batch.records.first().map(|event| event.occurred_at.as_str());
        self.progress.batch(self.tally, oldest);
    }

    /// Finishes the batch in progress, and waits.
    async fn pause(
        &mut self,
        pipeline: &mut Pipeline,
        why: &str,
        time: Duration,
        stop: &mut Stop,
    ) -> Result<()> {
        let durable = pipeline.finish().await?;
        self.count(durable);
        self.progress.wait(self.tally, why, time);
        let end = tokio::time::Instant::now() + time;
        // Ends at that time, with a signal to stop, or with an error; SIGHUPs in between are few.
        loop {
            tokio::select! {
                () = stop.sleep_until(end) => return Ok(()),
                () = self.hangup.next() => drop(pipeline.reopen().await?),
            }
        }
    }
}

/// Makes one call. Returns `None` if it did not end in time after a signal. The call is then
/// dropped, and nothing is lost: the next run asks again.
async fn read(
    source: &mut Source,
    records_max: u32,
    stop: &mut Stop,
) -> Option<std::result::Result<Batch, CallError>> {
    tokio::select! {
        answer = source.read_batch(records_max) => Some(answer),
        () = stop.is_overdue() => {
            tracing::warn!("the call in progress was abandoned");
            None
        }
    }
}

/// A wait that the source asks for.
struct Pause {
    why: &'static str,
    time: Duration,
    /// Whether the plan ends here instead of waiting.
    ends: bool,
}

impl Pause {
    /// Logs what a run that does not wait leaves to the next one.
    fn log_end(&self) {
        if self.why == THROTTLED {
            let (seconds, until) = (self.time.as_secs_f64().ceil(), until(self.time));
            tracing::warn!(
                "not everything was read: the rate limit allows the next request in {seconds} s\
                 {until}; the next run continues there, and --until-idle waits for it"
            );
        }
    }

    fn of(next: Next, until: Until) -> Option<Self> {
        let (why, ms, ends) = match next {
            Next::Ready => return None,
            Next::Idle(ms) => ("caught up, waiting", ms, until != Until::Never),
            Next::Throttled(ms) => (THROTTLED, ms, until == Until::Once),
        };
        Some(Self { why, time: Duration::from_millis(ms), ends })
    }
}

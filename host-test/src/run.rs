//! The loop: read a batch, make it durable, store the checkpoint, wait as the batch says.

use crate::exit::{Failure, Result};
use crate::metrics::Metrics;
use crate::output::Output;
use crate::progress::Progress;
use crate::retry::Retry;
use crate::signals::Stop;
use crate::source::{Batch, CallError, Next, Source, SourceError};
use crate::tally::Tally;
use std::collections::HashSet;
use std::time::Duration;

/// So many calls in a row that ask for another one at once, and bring neither a record nor a
/// request, are a component that spins.
const EMPTY_CALLS_MAX: u32 = 1_000;

/// So many kinds of notes are remembered, and each logged once.
const NOTES_MAX: usize = 1_000;

/// When a run ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the first `idle` or `throttled`, without waiting.
    Once,
    /// At the first `idle`; waits through `throttled`.
    Idle,
    /// Never.
    Never,
}

/// How a run goes on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When it ends by itself.
    pub until: Until,
    /// Records asked for in one batch.
    pub batch_records: u32,
    /// So many records end it, or somewhat more: whole batches are delivered.
    pub records_max: Option<u64>,
    /// Retries in a row.
    pub retries: u32,
    /// Where history begins (RFC 3339), to tell how far the run has come.
    pub backfill: Option<String>,
    /// Where the run is counted.
    pub metrics: Metrics,
}

/// Runs a configured source until the plan or a signal ends it. The tally counts also what was
/// done before a failure.
///
/// # Errors
///
/// As the source or the output failed; every delivered record is durable and covered.
pub async fn run(
    source: &mut Source,
    output: &mut Output,
    plan: Plan,
    stop: &mut Stop,
    tally: &mut Tally,
) -> Result<()> {
    let mut retry = Retry::new(plan.retries);
    let mut progress = Progress::start(plan.backfill.as_deref());
    let mut notes = Notes::default();
    let mut empty_calls = 0;
    // Ends by plan, signal or failure; `EMPTY_CALLS_MAX` bounds the rounds that do nothing.
    while !stop.is_set() {
        let wanted = plan.records_max.map_or(u64::MAX, |max| max.saturating_sub(tally.events));
        if wanted == 0 {
            break;
        }
        let ask = u32::try_from(wanted).unwrap_or(u32::MAX).min(plan.batch_records);
        let Some(answer) = read(source, ask, stop).await else { break };
        let batch = match answer {
            Ok(batch) => batch,
            Err(CallError::Source(SourceError::Transient(why))) => {
                let Some(wait) = retry.failed(rand::random()) else {
                    return Err(Failure::Failed(format!("given up after retries: {why}")));
                };
                plan.metrics.retried();
                tracing::warn!("{why}; trying again in {:.1} s", wait.as_secs_f64());
                progress.wait(tally, "retrying", wait);
                stop.sleep(wait).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        retry.succeeded();
        let checkpoint = source.checkpoint().await?;
        output.deliver(&batch.records, checkpoint)?;
        tally.count(&batch);
        plan.metrics.count(&batch, &tally.lag);
        notes.tell(&batch.stats.notes);
        progress.batch(tally, batch.records.first().map(|event| event.occurred_at.as_str()));
        let idle = batch.records.is_empty() && batch.stats.requests == 0;
        let Some(pause) = Pause::of(batch.next, plan.until) else {
            empty_calls = if idle { empty_calls + 1 } else { 0 };
            if empty_calls > EMPTY_CALLS_MAX {
                let why = "batches in a row without a record or a request";
                return Err(Failure::Failed(format!("protocol: {EMPTY_CALLS_MAX} {why}")));
            }
            continue;
        };
        empty_calls = 0;
        if matches!(batch.next, Next::Idle(_)) {
            progress.caught_up();
        }
        if pause.ends {
            break;
        }
        progress.wait(tally, pause.why, pause.time);
        stop.sleep(pause.time).await;
    }
    Ok(())
}

/// One call, or `None` when it did not end in time after a signal. It is dropped then, and with it
/// nothing is lost: the next run asks again.
async fn read(
    source: &mut Source,
    records_max: u32,
    stop: &mut Stop,
) -> Option<std::result::Result<Batch, CallError>> {
    tokio::select! {
        answer = source.read_batch(records_max) => Some(answer),
        () = stop.is_overdue() => {
            tracing::warn!("the call under way was abandoned");
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
    fn of(next: Next, until: Until) -> Option<Self> {
        let (why, ms, ends) = match next {
            Next::Ready => return None,
            Next::Idle(ms) => ("caught up, waiting", ms, until != Until::Never),
            Next::Throttled(ms) => ("throttled, waiting", ms, until == Until::Once),
        };
        Some(Self { why, time: Duration::from_millis(ms), ends })
    }
}

/// Notes of the source, each kind of them logged once.
#[derive(Default)]
struct Notes {
    /// The texts without their numbers: a count or a time in them does not make another kind.
    kinds: HashSet<String>,
    is_full: bool,
}

impl Notes {
    /// Logs what is new, and returns how many lines that were.
    fn tell(&mut self, notes: &[String]) -> usize {
        let mut told = 0;
        for note in notes {
            let kind = kind(note);
            if self.is_full || self.kinds.contains(&kind) {
                continue;
            }
            told += 1;
            if self.kinds.len() == NOTES_MAX {
                self.is_full = true;
                tracing::warn!("more than {NOTES_MAX} kinds of notes; new ones are dropped");
                continue;
            }
            tracing::warn!("{note}");
            self.kinds.insert(kind);
        }
        told
    }
}

/// A note without its numbers and times; digits in a name stay.
fn kind(note: &str) -> String {
    let begins = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    let plain = |word: &str| match begins(word) {
        true => word.replace(|letter: char| letter.is_ascii_digit(), ""),
        false => word.to_owned(),
    };
    note.split(' ').map(plain).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_whose_number_changes_is_logged_once() {
        let mut notes = Notes::default();
        let told: Vec<_> = (0..5).map(|n| notes.tell(&[format!("{n} rows were null")])).collect();
        assert_eq!(told, [1, 0, 0, 0, 0]);
        assert_eq!(notes.tell(&["no type A_1".to_owned(), "no type A_2".to_owned()]), 2);
    }

    #[test]
    fn kinds_of_notes_are_bounded_and_the_bound_is_told_once() {
        let mut notes = Notes::default();
        let many: Vec<_> = (0..1_500).map(|n| "x".repeat(n)).collect();
        assert_eq!(notes.tell(&many), NOTES_MAX + 1);
        assert_eq!(notes.tell(&many), 0);
    }
}

//! (State, ask, answer) → rows to deliver, and what the answer changes: the walk, the budget, or the next request.

use crate::ask::Ask;
use crate::buildkite::answer::{Answer, Page, What};
use crate::buildkite::quota::Quota;
use crate::error::Error;
use crate::settings::Config;
use crate::sync::absorb::absorb;
use crate::sync::batch::Stats;
use crate::sync::hand_out::Pending;
use crate::sync::pace::Served;
use crate::sync::recover;
use crate::sync::state::State;
use crate::sync::tail::Asked;
use crate::text::time::Millis;

/// Processes an answer, where `asked_at` is the host's time of the request and `now` that of the answer. Returns what
/// is to be delivered (only a page brings events) and the statistics of the call so far.
///
/// # Errors
///
/// Returns the errors of [`absorb`] and of the functions in [`recover`]. The state is unchanged then.
pub fn receive(
    config: &Config,
    state: &mut State,
    ask: &Ask,
    answer: Answer,
    asked_at: Millis,
    now: Millis,
) -> Result<(Pending, Stats), Error> {
    let Answer { what, quota, sent_at } = answer;
    let note = match what {
        What::Page(page) => {
            let asked = Asked { at: asked_at, server: sent_at };
            return receive_page(config, state, ask, page, &quota, asked, now);
        }
        What::Smaller(hopeless) => recover::halve(state, ask, hopeless)?,
        What::BadCursor(quote) => recover::drop_cursor(state, ask, quote)?,
        What::UnknownTypes(names) => {
            let note = recover::leave_out(config, state, ask, names, sent_at, now)?;
            state.pace.charge_refusal(config, &quota, now);
            note
        }
        What::Later(later) => {
            state.pace.exceeded(config, &quota, later, now);
            "the rate limit was exceeded (HTTP 429)".into()
        }
    };
    Ok((Pending::default(), Stats { requests: 1, notes: vec![note], ..Stats::default() }))
}

fn receive_page(
    config: &Config,
    state: &mut State,
    ask: &Ask,
    page: Page,
    quota: &Quota,
    asked: Asked,
    now: Millis,
) -> Result<(Pending, Stats), Error> {
    let rows = page.rows.len() as i64;
    // The first poll, or one long after the last, returns more events than the next ones will.
    let since = state.tail.polled().map(|polled| asked.at.since(polled));
    let is_typical = since.is_some_and(|ms| ms <= 2 * config.poll_interval_ms);
    let (pending, tally) = absorb(config, state, ask, page, asked)?;
    let is_old = state.walk.served(&ask.target);
    let served = Served { ask, rows, is_typical, is_old };
    let points = state.pace.served(config, &served, quota, now);
    let mut notes = tally.notes;
    notes.extend(recover::answered(state, ask));
    let stats = Stats {
        requests: 1,
        points: u64::try_from(points).unwrap_or(0),
        repeats: tally.repeats,
        excluded: tally.excluded,
        null_nodes: tally.null_nodes,
        notes,
    };
    Ok((pending, stats))
}

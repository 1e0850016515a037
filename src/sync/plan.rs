//! Decides what to request next, or how long to wait. It knows nothing of HTTP, JSON or GraphQL.

use crate::ask::{Ask, Target};
use crate::budget::allowance::{Allowance, SMALL_PAGE};
use crate::settings::Config;
use crate::sync::gap::Gap;
use crate::sync::state::State;
use crate::text::time::{HOUR_MS, Millis};

/// How far the bounds of a gap are widened in the request. It is not documented whether the API's bounds are inclusive,
/// and its times are truncated to the millisecond. Slightly more than a second, in case it compares whole seconds. Rows
/// outside the gap are dropped on arrival.
const MARGIN_MS: i64 = 1_001;

/// What to do now. Waits are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make this request.
    Ask(Ask),
    /// Everything is delivered. The next live poll is due after this time.
    Idle(u64),
    /// The remote, its budget or the operator's limit asks to wait.
    Throttled(u64),
}

/// Decides what to do now.
///
/// Live polls come first, then the newest gap, then the older ones: fresh events before history, however long it is.
pub fn plan(config: &Config, state: &State, now: Millis) -> Step {
    match decide(config, state, now) {
        Step::Ask(ask) => {
            let is_full = matches!(ask.target, Target::Live { full: true, .. });
            let without = state.pace.unknown().left_out(is_full);
            Step::Ask(Ask { without, ..ask })
        }
        step => step,
    }
}

fn decide(config: &Config, state: &State, now: Millis) -> Step {
    let pace = &state.pace;
    if let Some(until) = pace.blocked_until(config, now) {
        return Step::Throttled(wait(now, until));
    }
    let due = pace.rest().must_poll() || state.tail.is_due(config.poll_interval_ms, now);
    let page = pace.page_size(config);
    let rest = pace.rest().until(now);
    if rest.is_none()
        && !pace.rest().must_poll()
        && let Some(ask) = overdue_ask(config, state, page, now)
    {
        return Step::Ask(ask);
    }
    if due && state.tail.start().is_none() {
        return live_step(config, state, now, Ask::of(Target::Start, 1));
    }
    let opening =
        state.live_floor(config.lookback_ms, now).filter(|_| due && state.walk.has_room());
    if let Some((floor, full)) = opening {
        let target = Target::Live { floor, full };
        let ask = Ask { from: Some(floor.plus(-MARGIN_MS)), ..Ask::of(target, page) };
        match live_step(config, state, now, ask) {
            Step::Throttled(_) if !state.walk.gaps().is_empty() => {}
            step => return step,
        }
    }
    let poll_at = state.tail.polled().map_or(now, |polled| polled.plus(config.poll_interval_ms));
    if state.walk.gaps().is_empty() {
        return Step::Idle(wait(now, poll_at));
    }
    // A live poll may be due before the gaps may continue, and may take budget that history may not. One that is due
    // already but may not be opened waits with them.
    let sooner = |until: Millis| if due { until } else { until.min(poll_at) };
    match rest.map_or_else(|| gap_ask(config, state, page, now), Err) {
        Ok(ask) => Step::Ask(ask),
        Err(until) => Step::Throttled(wait(now, sooner(until))),
    }
}

/// Returns the live poll, as large as the budget allows.
fn live_step(config: &Config, state: &State, now: Millis, ask: Ask) -> Step {
    match state.pace.budget().for_live(config, ask.first, now) {
        Allowance::Page(first) => Step::Ask(Ask { first, ..ask }),
        Allowance::Wait(until) => Step::Throttled(wait(now, until)),
    }
}

/// Returns the next page of an old gap, once fresh ones have had their share of requests.
fn overdue_ask(config: &Config, state: &State, page: u32, now: Millis) -> Option<Ask> {
    let index = state.walk.overdue_gap()?;
    match state.pace.budget().for_old(config, page, now) {
        Allowance::Page(first) => Some(page_of(index, &state.walk.gaps()[index], first)),
        Allowance::Wait(_) => None,
    }
}

/// Returns the next page of the newest gap, or of the one behind it if the newest may not take more of the budget.
fn gap_ask(config: &Config, state: &State, page: u32, now: Millis) -> Result<Ask, Millis> {
    let old = || state.pace.budget().for_old(config, page, now);
    let gaps = state.walk.gaps();
    let turn = match gaps.len() {
        1 => (0, old()),
        _ => match state.pace.budget().for_newest(config, page, now) {
            Allowance::Wait(_) => (state.walk.old_gap().unwrap_or(1), old()),
            newest => (0, newest),
        },
    };
    match turn {
        (index, Allowance::Page(first)) => Ok(page_of(index, &gaps[index], first)),
        (_, Allowance::Wait(reset)) => Err(reset),
    }
}

/// Returns a gap's next page: by its cursor with the filters it was issued for, otherwise by the time reached.
fn page_of(index: usize, gap: &Gap, first: u32) -> Ask {
    let (to, after) = match &gap.cursor {
        Some(cursor) => (cursor.to, Some(cursor.after.clone())),
        None => (Some(gap.reached.plus(MARGIN_MS)), None),
    };
    let first = if gap.confirm && after.is_none() { first.min(SMALL_PAGE as u32) } else { first };
    let from = Some(gap.floor.plus(-MARGIN_MS));
    Ask { from, to, after, ..Ask::of(Target::Gap(index), first) }
}

/// Returns the milliseconds to wait: at least one (zero would spin), and at most an hour for a throttle or a day for an
/// interval.
fn wait(now: Millis, until: Millis) -> u64 {
    u64::try_from(until.since(now)).unwrap_or(0).clamp(1, 24 * HOUR_MS as u64)
}

//! Rows leave here, and the state follows them: a gap moves down only past what was handed out.

use crate::gap::Gap;
use crate::record::Row;
use crate::settings::Config;
use crate::state::State;
use crate::time::Millis;

/// A row on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The event.
    pub row: Row,
    /// The settings exclude it: it is passed over, but moves the walk like any row.
    pub excluded: bool,
}

/// A page that is being handed out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// The gap it belongs to, by its place in the list; none: the page belongs to no gap.
    gap: Option<usize>,
    /// What is still to be handed out; the newest, which goes first, stands last.
    waiting: Vec<Waiting>,
    /// What becomes of the gap when all is out; none: the gap is closed.
    after: Option<Gap>,
    /// The gap as it was when the page was asked for.
    before: Gap,
}

impl Pending {
    /// The rows of a page of this gap, newest first, the gap as it was, and as it is when all are out (none: it is closed).
    pub fn new(gap: usize, mut waiting: Vec<Waiting>, before: Gap, after: Option<Gap>) -> Self {
        waiting.reverse();
        Self { gap: Some(gap), waiting, after, before }
    }

    /// Whether nothing is left to be handed out.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Hands out at most `max` events, a chunk from the top of what waits. Gives them newest first, with a note when not
/// all of their uuids could be kept.
pub fn hand_out(
    config: &Config,
    state: &mut State,
    pending: &mut Pending,
    max: usize,
) -> (Vec<Row>, Option<String>) {
    let mut rows = Vec::with_capacity(max.min(pending.waiting.len()));
    let mut passed = Vec::new();
    while let Some(next) = pending.waiting.last() {
        if !next.excluded && rows.len() >= max {
            break;
        }
        let Some(next) = pending.waiting.pop() else { break };
        passed.push((next.row.at, next.row.uuid));
        if !next.excluded {
            rows.push(next.row);
        }
    }
    let note = settle(config, state, pending, &passed);
    (rows, note)
}

/// Moves the gap down past what was handed out, and keeps the uuids that may be read again.
fn settle(
    config: &Config,
    state: &mut State,
    pending: &mut Pending,
    passed: &[(Millis, u128)],
) -> Option<String> {
    let index = pending.gap?;
    let above = state.gaps.get(index)?.reached;
    let is_done = pending.waiting.is_empty();
    let after = if is_done { pending.after.take() } else { None };
    let last = passed.last().map_or(above, |(at, _)| *at);
    let reached = after.as_ref().map_or(last, |gap| gap.reached);
    let recent = state.overlap_floor(config.lookback_ms);
    // Below it nothing is kept from here on, whatever the lookback will be later.
    state.covered = state.covered.max(recent);
    let mut all_kept = true;
    for (at, uuid) in passed.iter().filter(|(at, _)| *at >= recent || *at == reached) {
        all_kept &= state.known.insert(*at, *uuid);
    }
    state.known.forget_between(reached, recent.min(above.plus(1)));
    if is_done {
        pending.gap = None;
        match after {
            Some(gap) => state.gaps[index] = gap,
            None => drop(state.gaps.remove(index)),
        }
    } else {
        // In mid-page the page's own cursor would skip what waits: a new instance reads this page again.
        let Gap { floor, cursor, confirm, .. } = pending.before.clone();
        let confirm = confirm && cursor.is_some();
        state.gaps[index] = Gap { cursor, confirm, ..Gap::new(floor, reached) };
    }
    if is_done && index == 0 {
        return state.prune(config.lookback_ms);
    }
    (!all_kept).then(|| {
        format!("more than {} events at {reached}: some may be handed out twice", state.known.len())
    })
}

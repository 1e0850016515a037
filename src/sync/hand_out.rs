//! Rows are delivered here, and the state follows them: a gap moves down only past what was delivered.

use crate::buildkite::record::Row;
use crate::settings::Config;
use crate::sync::delivered::KNOWN_MAX;
use crate::sync::gap::Gap;
use crate::sync::state::State;
use crate::sync::walk::Passed;
use crate::text::time::Millis;

/// A row that waits to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its time, or the time of the row above it in the listing if it has none.
    pub at: Millis,
    /// The event.
    pub row: Row,
    /// Whether the settings exclude it. It is skipped, but moves the walk like any other row.
    pub excluded: bool,
}

/// A page that is being delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// The gap that the page belongs to, by its index in the list. `None` if it belongs to no gap.
    gap: Option<usize>,
    /// The rows that are still waiting. The newest goes first and is the last element.
    waiting: Vec<Waiting>,
    /// The gap once all rows are out. `None` if it is closed then.
    after: Option<Gap>,
    /// The gap as it was when the page was requested.
    before: Gap,
}

impl Pending {
    /// Creates a page from its rows, newest first, from the gap as it was, and from the gap once all rows are out
    /// (`None` if it is closed then).
    pub fn new(gap: usize, mut waiting: Vec<Waiting>, before: Gap, after: Option<Gap>) -> Self {
        waiting.reverse();
        Self { gap: Some(gap), waiting, after, before }
    }

    /// Returns whether no row is waiting.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Delivers at most `max` events from the top of those that are waiting. Returns them newest first, with notes if not
/// all of their uuids could be kept.
pub fn hand_out(
    config: &Config,
    state: &mut State,
    pending: &mut Pending,
    max: usize,
) -> (Vec<Row>, Vec<String>) {
    let mut rows = Vec::with_capacity(max.min(pending.waiting.len()));
    let mut passed = Vec::new();
    let mut notes = Vec::new();
    while let Some(next) = pending.waiting.last() {
        if !next.excluded && rows.len() >= max {
            break;
        }
        let Some(next) = pending.waiting.pop() else { break };
        let is_dated = next.row.at.is_some();
        passed.push(Passed { at: next.at, uuid: next.row.uuid, is_dated });
        if !is_dated && !state.walk.keep_undated(next.row.uuid) {
            notes.push(
                "many events without a readable time: an earlier one may be delivered twice".into(),
            );
        }
        if !next.excluded {
            rows.push(next.row);
        }
    }
    settle(config, state, pending, &passed, &mut notes);
    // One note is enough, however often it happened.
    notes.dedup();
    (rows, notes)
}

/// Moves the gap down past what was delivered, and keeps the uuids that may be read again.
fn settle(
    config: &Config,
    state: &mut State,
    pending: &mut Pending,
    passed: &[Passed],
    notes: &mut Vec<String>,
) {
    let Some(index) = pending.gap else { return };
    let Some(above) = state.walk.gaps().get(index).map(|gap| gap.reached) else { return };
    let is_done = pending.waiting.is_empty();
    let after = if is_done { pending.after.take() } else { None };
    let last = passed.last().map_or(above, |last| last.at);
    let reached = after.as_ref().map_or(last, |gap| gap.reached);
    let recent = state.overlap_floor(config.lookback_ms);
    // Below this time nothing is kept from now on, even if the lookback is raised later.
    state.tail.cover_from(recent);
    let all_kept = state.walk.keep(passed, above, reached, recent);
    if is_done {
        pending.gap = None;
        state.walk.set(index, after);
    } else {
        // In the middle of a page, the page's own cursor would skip the rows that are still waiting: a new instance
        // reads this page again.
        let Gap { floor, cursor, confirm, .. } = pending.before.clone();
        let confirm = confirm && cursor.is_some();
        state.walk.set(index, Some(Gap { cursor, confirm, ..Gap::new(floor, reached) }));
    }
    if !all_kept {
        notes.push(format!(
            "more than {KNOWN_MAX} events are known around {reached}: some may be delivered twice"
        ));
    }
    if is_done && index == 0 {
        notes.extend(state.prune(config.lookback_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_on_late_events_does_not_hide_the_one_on_repeats() {
        let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
        let settings = r#"{"org_slug":"acme-inc","backfill_start_time":"2026-01-01T00:00:00Z"}"#;
        let now = Millis::parse_rfc3339("2026-01-02T00:00:00Z").expect("a time");
        let config = Config::parse(settings, &secrets, now).expect("good settings");
        let mut state = State::fresh(&config);
        state.tail.looked(now, true, now);
        let passed = |uuid| Passed { at: now, uuid, is_dated: true };
        let known: Vec<Passed> = (0..KNOWN_MAX as u128).map(passed).collect();
        assert!(state.walk.keep(&known, now, now, now));
        let gap = Gap::new(now.plus(-1_000), now);
        state.walk.open(gap.clone());
        let row = Row {
            at: Some(now),
            uuid: u128::MAX,
            id: String::new(),
            occurred_at: String::new(),
            kind: "X".into(),
            payload: "{}".into(),
            odd: Vec::new(),
        };
        let waiting = vec![Waiting { at: now, row, excluded: false }];
        let mut pending = Pending::new(0, waiting, gap, None);
        let (rows, notes) = hand_out(&config, &mut state, &mut pending, 10);
        assert_eq!(rows.len(), 1);
        let says = |words: &str| notes.iter().any(|note| note.contains(words));
        assert!(says("may be delivered twice"), "{notes:?}");
        assert!(says("a late one would be missed"), "{notes:?}");
    }
}

//! Planted bugs: each one rewrites one place in the core, as somebody might get it wrong. The simulation must find
//! every one.

use crate::mutant::{Mutant, mutant};

/// The bugs, in no particular order.
pub const MUTANTS: &[Mutant] = &[
    mutant(
        "an unknown type is never retried",
        "src/sync/rejected_types.rs",
        "let is_trial = is_full && self.refusals == 0;",
        "let is_trial = is_full && self.names.is_empty();",
    ),
    mutant(
        "an unknown type is retried at every call",
        "src/sync/rejected_types.rs",
        "let is_trial = is_full && self.refusals == 0;",
        "let is_trial = is_full;",
    ),
    mutant(
        "a re-read without a type counts for that type too",
        "src/sync/tail.rs",
        "looked.map_or(full, |looked| looked.min(full))",
        "looked.map_or(full, |looked| looked.max(full))",
    ),
    mutant(
        "a cursor of another filter is kept",
        "src/sync/recover.rs",
        "        state.walk.drop_cursors();\n",
        "",
    ),
    mutant(
        "a gap ends with its first page",
        "src/sync/hand_out.rs",
        "state.walk.set(index, after);",
        "state.walk.set(index, after.filter(|_| false));",
    ),
    mutant(
        "events at the edge are skipped: >= for >",
        "src/sync/absorb.rs",
        "Some(at) => at > gap.reached ||",
        "Some(at) => at >= gap.reached ||",
    ),
    mutant(
        "events at the floor are skipped: <= for <",
        "src/sync/absorb.rs",
        "if above < gap.floor {",
        "if above <= gap.floor {",
    ),
    mutant(
        "repeats are not dropped",
        "src/sync/absorb.rs",
        "Some(at) => at > gap.reached || state.walk.knows(at, row.uuid),",
        "Some(at) => at > gap.reached,",
    ),
    mutant(
        "an event without a readable time is not remembered",
        "src/sync/absorb.rs",
        "state.walk.knows_undated(row.uuid) || waiting.iter().any(is_here)",
        "waiting.iter().any(is_here)",
    ),
    mutant(
        "a new instance makes a request at once when no gap is open",
        "src/sync/plan.rs",
        "state.tail.is_due(config.poll_interval_ms, now);",
        "state.tail.is_due(config.poll_interval_ms, now) || state.walk.gaps().is_empty();",
    ),
    mutant(
        "the pause of failing gaps is not in the checkpoint",
        "src/sync/rest.rs",
        "object.time(\"rest_until\", self.until);",
        "",
    ),
    mutant(
        "the page's cursor is kept in the middle of a page",
        "src/sync/hand_out.rs",
        "let Gap { floor, cursor, confirm, .. } = pending.before.clone();",
        "let Gap { floor, confirm, .. } = pending.before.clone();\n        \
         let cursor = pending.after.as_ref().and_then(|gap| gap.cursor.clone());",
    ),
    mutant(
        "a null organization is read as no events",
        "src/buildkite/answer.rs",
        "None => Err(at(Stage::Organization, not_visible(config))),",
        "None => Ok(What::Page(Page { rows: Vec::new(), end_cursor: None, has_next: false })),",
    ),
    mutant(
        "a null connection is read as no events",
        "src/buildkite/answer.rs",
        "Some(None) => Err(at(Stage::Permission, no_audit_log(config, \"auditEvents is null\"))),",
        "Some(None) => Ok(What::Page(Page { rows: Vec::new(), end_cursor: None, \
         has_next: false })),",
    ),
    mutant(
        "partial data beside errors is used",
        "src/buildkite/answer.rs",
        "if let Some(failure) = envelope.failures.first() {",
        "if let Some(failure) = envelope.failures.first().filter(|_| !envelope.has_data()) {",
    ),
    mutant(
        "the ceiling comes from the local clock",
        "src/sync/tail.rs",
        "let seen = asked.server.filter(is_sound).or(newest).unwrap_or(floor);",
        "let seen = asked.server.filter(is_sound).map_or(asked.at, |_| asked.at);",
    ),
    mutant(
        "a gap is dropped after an error",
        "src/source.rs",
        ".inspect_err(|error| state.pace.failed(&ask.target, error, now))?;",
        ".inspect_err(|error| {\n                state.pace.failed(&ask.target, error, now);\n                \
         state.walk.close_all();\n            })?;",
    ),
    mutant(
        "edge uuids are forgotten",
        "src/sync/walk.rs",
        "event.is_dated && (event.at >= recent || event.at == reached)",
        "event.is_dated && event.at >= recent",
    ),
    mutant(
        "seam uuids are forgotten",
        "src/sync/walk.rs",
        "at >= floor || gaps.iter().any(|gap| (gap.floor..=gap.reached).contains(&at))",
        "at >= floor || gaps.is_empty()",
    ),
    mutant(
        "older gaps are not cut",
        "src/sync/walk.rs",
        "            older.cut_below(gap.floor);",
        "            older.confirm = false;",
    ),
    mutant(
        "the floor lies below the start",
        "src/sync/tail.rs",
        "self.start.unwrap_or(Millis::EPOCH).max(self.covered)",
        "self.covered.plus(-2_000)",
    ),
    mutant(
        "a raised lookback reaches below the known events",
        "src/sync/tail.rs",
        "self.start.unwrap_or(Millis::EPOCH).max(self.covered)",
        "self.start.unwrap_or(Millis::EPOCH)",
    ),
    mutant(
        "`to` is exactly the time reached",
        "src/sync/plan.rs",
        "None => (Some(gap.reached.plus(MARGIN_MS)), None),",
        "None => (Some(gap.reached), None),",
    ),
    mutant(
        "`from` is exactly the floor",
        "src/sync/plan.rs",
        "let from = Some(gap.floor.plus(-MARGIN_MS));",
        "let from = Some(gap.floor);",
    ),
    mutant(
        "a short page is taken for the last one",
        "src/sync/follow.rs",
        "if !seen.has_next && (!seen.is_full || is_confirmed) {",
        "if !seen.is_full {",
    ),
    mutant(
        "the end of a full page is believed",
        "src/sync/follow.rs",
        "if !seen.has_next && (!seen.is_full || is_confirmed) {",
        "if !seen.has_next {",
    ),
    mutant(
        "a gap is dropped while its records wait",
        "src/sync/hand_out.rs",
        "let is_done = pending.waiting.is_empty();",
        "let is_done = true;",
    ),
    mutant(
        "the page size is not remembered after a 504",
        "src/sync/pace.rs",
        "self.reduced = Some(Reduced { size, good: 0 });",
        "self.reduced = None.filter(|_: &Reduced| size > 0);",
    ),
    mutant(
        "a 429 is forgotten",
        "src/sync/pace.rs",
        "self.throttled_until = Some(now.plus(wait_ms));",
        "self.throttled_until = Some(now.plus(wait_ms / 1_000));",
    ),
    mutant(
        "every poll counts as a full re-read",
        "src/sync/tail.rs",
        "if is_full || self.full.is_none() {",
        "if is_full || self.polled.is_some() {",
    ),
    mutant(
        "full re-reads come too rarely",
        "src/sync/tail.rs",
        "            || since_full >= lookback_ms\n            || high_water.since(full) >= lookback_ms;",
        "            || since_full >= lookback_ms + HOUR_MS;",
    ),
    mutant(
        "the lookback is forgotten",
        "src/sync/tail.rs",
        "looked.plus(-lookback_ms).min(high_water.plus(-OVERLAP_MS)).max(self.lowest())",
        "high_water.plus(-OVERLAP_MS).max(looked.plus(-lookback_ms)).max(self.lowest())",
    ),
    mutant(
        "recent uuids are dropped before the floor rises",
        "src/sync/hand_out.rs",
        "    state.tail.cover_from(recent);\n",
        "",
    ),
    mutant(
        "a uuid that is twice on one page is delivered twice",
        "src/sync/absorb.rs",
        "        !is_double\n",
        "        true\n",
    ),
    mutant(
        "history never gets its turn",
        "src/sync/walk.rs",
        "self.front_pages >= FRONT_PAGES",
        "self.front_pages >= FRONT_PAGES + u32::MAX / 2",
    ),
    mutant(
        "history goes first",
        "src/sync/walk.rs",
        "self.front_pages >= FRONT_PAGES",
        "self.front_pages <= FRONT_PAGES",
    ),
    mutant(
        "an earlier start adds no gap",
        "src/sync/walk.rs",
        "None => self.gaps.push(Gap::new(earlier, start.plus(-1))),",
        "None => {}",
    ),
];

/// Bugs that no run can reveal, each with the reason.
pub const HARMLESS: &[(Mutant, &str)] = &[(
    mutant("a cut gap keeps its cursor", "src/sync/gap.rs", "        self.cursor = None;\n", ""),
    "the cursor is above the cut, so the walk still reaches the gap, only later",
)];

//! (State, ask, page) → rows to deliver, and what then becomes of the gap. The only change of state here is opening a
//! live gap: a walk moves when its rows are delivered.

use crate::ask::{Ask, Target};
use crate::buildkite::answer::Page;
use crate::buildkite::record::{Missing, Row};
use crate::error::Error;
use crate::settings::Config;
use crate::sync::follow::{Seen, follow};
use crate::sync::gap::Gap;
use crate::sync::hand_out::{Pending, Waiting};
use crate::sync::state::State;
use crate::sync::tail::Asked;
use crate::text::time::{HOUR_MS, Millis};

/// What a page contained besides rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that had been delivered before.
    pub repeats: u64,
    /// Rows that the settings exclude.
    pub excluded: u64,
    /// Events that cannot be delivered.
    pub null_nodes: u64,
    /// Notes for the operator.
    pub notes: Vec<String>,
}

/// Processes a page. On an error the state is unchanged.
///
/// # Errors
///
/// Returns [`Error::Protocol`] if the listing leads nowhere; see [`crate::sync::follow`].
pub fn absorb(
    config: &Config,
    state: &mut State,
    ask: &Ask,
    page: Page,
    asked: Asked,
) -> Result<(Pending, Tally), Error> {
    match ask.target {
        Target::Start => Ok((Pending::default(), begin(state, &page, asked))),
        Target::Check => Ok((Pending::default(), Tally::default())),
        Target::Live { floor, full } => {
            let newest = page.rows.iter().flatten().filter_map(|row| row.at).max();
            let ceiling = state.tail.ceiling(asked, newest_past(&page, asked), floor);
            // The newest gap has no upper bound: events above the ceiling are delivered too, and stay known. If a page
            // has only null nodes, what follows may lie anywhere.
            let top = if page.rows.is_empty() { ceiling } else { Millis::LAST };
            let top = newest.map_or(top, |newest| newest.max(ceiling)).max(floor);
            let gap = Gap::new(floor, top);
            let (after, waiting, mut tally) = read(config, state, ask, page, gap.clone())?;
            state.walk.open(gap.clone());
            state.tail.looked(ceiling, full, asked.at);
            if full {
                let known = state.walk.known_from(floor);
                tally.notes.extend(state.pace.budget().rereading(config, known));
            }
            tally.notes.extend(state.prune(config.lookback_ms));
            Ok((Pending::new(0, waiting, gap, after), tally))
        }
        Target::Gap(index) => {
            let gap = state
                .walk
                .gaps()
                .get(index)
                .cloned()
                .ok_or_else(|| Error::Protocol("no such gap".into()))?;
            let (after, waiting, tally) = read(config, state, ask, page, gap.clone())?;
            Ok((Pending::new(index, waiting, gap, after), tally))
        }
    }
}

/// Returns the time of the newest event of a page, ignoring times in the future.
fn newest_past(page: &Page, asked: Asked) -> Option<Millis> {
    let latest = asked.at.plus(2 * HOUR_MS); // The clocks may well differ by an hour.
    page.rows.iter().flatten().filter_map(|row| row.at).filter(|at| *at <= latest).max()
}

/// Processes the first answer of a run without backfill. Everything from the server's time on is new, except what the
/// page already shows.
fn begin(state: &mut State, page: &Page, asked: Asked) -> Tally {
    let past = newest_past(page, asked).map_or(Millis::EPOCH, |newest| newest.plus(1));
    let start = asked.server.map_or(past, |sent| sent.max(past));
    state.tail.begin(start, asked.at);
    Tally {
        notes: vec![format!(
            "backfill_start_time is not set: events from {start} on are read, older ones are skipped"
        )],
        ..Tally::default()
    }
}

/// What follows from a page: the gap after it (`None` if closed), the rows to deliver, and the tally.
type Reading = (Option<Gap>, Vec<Waiting>, Tally);

/// Reads a page of the gap.
fn read(config: &Config, state: &State, ask: &Ask, page: Page, gap: Gap) -> Result<Reading, Error> {
    let mut tally = Tally::default();
    let count = page.rows.len();
    let last = page.rows.iter().rev().flatten().find_map(|row| row.at);
    let waiting = fresh(config, state, page.rows, &gap, &mut tally);
    // Rows below the floor appear only because the requested bounds are wider than the gap, so the whole gap was shown.
    let is_through = last.is_some_and(|last| last < gap.floor);
    let seen = Seen {
        is_full: count >= ask.first as usize && !is_through,
        is_empty: count == 0,
        // Repeats, excluded events and rows outside the gap move the walk like any other row, but never out of the gap.
        reached: last.map_or(gap.reached, |last| last.clamp(gap.floor, gap.reached)),
        brings_new: !waiting.is_empty(),
        cursor: page.end_cursor,
        has_next: page.has_next && !is_through,
    };
    let after = follow(ask, gap, seen)?;
    Ok((after, waiting, tally))
}

/// Returns the rows of a page that were not delivered before, newest first.
fn fresh(
    config: &Config,
    state: &State,
    rows: Vec<Result<Row, Missing>>,
    gap: &Gap,
    tally: &mut Tally,
) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(rows.len());
    let (mut odd, mut missing) = (Counted::default(), Counted::default());
    // The time of the last row that has one. A row without a time lies just below it in the listing.
    let mut above = gap.reached;
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                tally.null_nodes += 1;
                missing.count(why, || format!("near {}", above.min(gap.reached)));
                continue;
            }
        };
        above = row.at.unwrap_or(above);
        if above < gap.floor {
            continue; // In the margin below the gap: it belongs to an older gap, or to none.
        }
        let is_repeat = match row.at {
            // Anything above was delivered before, in this gap or a newer one.
            Some(at) => at > gap.reached || state.walk.knows(at, row.uuid),
            None => {
                let is_here =
                    |other: &Waiting| other.row.at.is_none() && other.row.uuid == row.uuid;
                state.walk.knows_undated(row.uuid) || waiting.iter().any(is_here)
            }
        };
        if is_repeat {
            tally.repeats += 1;
            continue;
        }
        for why in &row.odd {
            odd.count(why, || row.id.clone());
        }
        let excluded = config.exclude_event_types.contains(&row.kind);
        tally.excluded += u64::from(excluded);
        waiting.push(Waiting { at: above.min(gap.reached), row, excluded });
    }
    newest_first(&mut waiting);
    drop_doubles(&mut waiting, tally);
    tally.notes.extend(odd.notes("delivered as received"));
    tally.notes.extend(missing.notes("not delivered"));
    waiting
}

/// How often each oddity was seen on a page, and where first. There are only a handful of oddities.
#[derive(Default)]
struct Counted(Vec<(&'static str, u32, String)>);

impl Counted {
    fn count(&mut self, why: &'static str, first: impl FnOnce() -> String) {
        match self.0.iter_mut().find(|(known, ..)| *known == why) {
            Some((_, count, _)) => *count += 1,
            None => self.0.push((why, 1, first())),
        }
    }

    fn notes(self, what: &str) -> impl Iterator<Item = String> {
        self.0.into_iter().map(move |(why, count, first)| {
            let events = if count == 1 { "event" } else { "events" };
            format!("{count} {events} {what} ({why}); first: {first}")
        })
    }
}

/// Sorts a listing that is out of order. It arrives almost sorted, so each row moves only a few places.
fn newest_first(waiting: &mut [Waiting]) {
    for end in 1..waiting.len() {
        let mut at = end;
        while at > 0 && waiting[at - 1].at < waiting[at].at {
            waiting.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Drops a uuid that occurs twice on one page. Equal uuids have equal times, so only neighbors are compared.
fn drop_doubles(waiting: &mut Vec<Waiting>, tally: &mut Tally) {
    let mut seen: Vec<u128> = Vec::new();
    let mut time = None;
    waiting.retain(|next| {
        if time != Some(next.at) {
            time = Some(next.at);
            seen.clear();
        }
        let is_double = seen.contains(&next.row.uuid);
        tally.repeats += u64::from(is_double);
        seen.push(next.row.uuid);
        !is_double
    });
}

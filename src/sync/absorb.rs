//! (State, ask, page) → rows to hand out, and what becomes of the gap then. Opening a live gap is all that moves the
//! state here: a walk moves when its rows are handed out.

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

/// What a page brought besides rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that had been handed out before.
    pub repeats: u64,
    /// Rows that the settings exclude.
    pub excluded: u64,
    /// Events that cannot be handed out.
    pub null_nodes: u64,
    /// For the operator.
    pub notes: Vec<String>,
}

/// Takes in a page. On an error the state is as it was.
///
/// # Errors
///
/// [`Error::Protocol`] when the listing leads nowhere: see [`crate::sync::follow`].
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
            // Nothing bounds the newest gap from above: what came after the ceiling goes out too, and stays known. Where
            // only nulls show, what follows them may lie anywhere.
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

/// The time of the newest event of a page, but for one that lies in the future.
fn newest_past(page: &Page, asked: Asked) -> Option<Millis> {
    let latest = asked.at.plus(2 * HOUR_MS); // Clocks may well differ by an hour.
    page.rows.iter().flatten().filter_map(|row| row.at).filter(|at| *at <= latest).max()
}

/// The first answer of a run without backfill: from the server's time on, everything is new, save what is already there.
fn begin(state: &mut State, page: &Page, asked: Asked) -> Tally {
    let past = newest_past(page, asked).map_or(Millis::EPOCH, |newest| newest.plus(1));
    let start = asked.server.map_or(past, |sent| sent.max(past));
    state.tail.begin(start, asked.at);
    Tally {
        notes: vec![format!(
            "no backfill_start_time: events from {start} on are new, older ones are left out"
        )],
        ..Tally::default()
    }
}

/// What follows a page: the gap after it (none: closed), the rows to hand out, and the tally.
type Reading = (Option<Gap>, Vec<Waiting>, Tally);

/// Reads a page of this gap.
fn read(config: &Config, state: &State, ask: &Ask, page: Page, gap: Gap) -> Result<Reading, Error> {
    let mut tally = Tally::default();
    let count = page.rows.len();
    let last = page.rows.iter().rev().flatten().find_map(|row| row.at);
    let waiting = fresh(config, state, page.rows, &gap, &mut tally);
    // Below the floor begins what was asked for only because the bounds are moved outwards: all of the gap was shown.
    let is_through = last.is_some_and(|last| last < gap.floor);
    let seen = Seen {
        is_full: count >= ask.first as usize && !is_through,
        is_empty: count == 0,
        // Repeats, excluded events and rows outside move the walk like any row, but never out of the gap.
        reached: last.map_or(gap.reached, |last| last.clamp(gap.floor, gap.reached)),
        brings_new: !waiting.is_empty(),
        cursor: page.end_cursor,
        has_next: page.has_next && !is_through,
    };
    let after = follow(ask, gap, seen)?;
    Ok((after, waiting, tally))
}

/// The rows of a page that were not handed out before, newest first.
fn fresh(
    config: &Config,
    state: &State,
    rows: Vec<Result<Row, Missing>>,
    gap: &Gap,
    tally: &mut Tally,
) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(rows.len());
    let (mut odd, mut missing) = (Counted::default(), Counted::default());
    // The time of the last row that shows one. A row that shows none stands just below it in the listing.
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
            continue; // The margin below: it belongs to no gap, or to an older one.
        }
        let is_repeat = match row.at {
            // What lies above has been handed out, in this gap or a newer one.
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
    tally.notes.extend(odd.notes("handed out as received"));
    tally.notes.extend(missing.notes("not handed out"));
    waiting
}

/// How often each oddity was seen on a page, and where first. There are a handful of oddities.
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

/// Sorts a listing in disorder. It is all but sorted as it comes, so each row has at most a few places to go.
fn newest_first(waiting: &mut [Waiting]) {
    for end in 1..waiting.len() {
        let mut at = end;
        while at > 0 && waiting[at - 1].at < waiting[at].at {
            waiting.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Drops a uuid that stands twice on one page. Equal uuids have equal times, so only neighbours are compared.
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

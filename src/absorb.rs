//! (State, ask, page) → rows to hand out, and what becomes of the gap then. Opening a live gap is all that moves the
//! state here: a walk moves when its rows are handed out.

use crate::answer::Page;
use crate::error::Error;
use crate::follow::{Seen, follow};
use crate::hand_out::{Pending, Waiting};
use crate::plan::{Ask, Target};
use crate::record::Row;
use crate::settings::Config;
use crate::state::{Gap, State};
use crate::time::Millis;

/// What a page brought besides rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that had been handed out before.
    pub repeats: u64,
    /// Rows that the settings exclude.
    pub excluded: u64,
    /// Null nodes.
    pub null_nodes: u64,
    /// For the operator.
    pub notes: Vec<String>,
}

/// Takes in a page; `asked_at` is the host's time of the ask. On an error the state is as it was.
///
/// # Errors
///
/// [`Error::Protocol`] when the listing leads nowhere: see [`crate::follow`].
pub fn absorb(
    config: &Config,
    state: &mut State,
    ask: &Ask,
    page: Page,
    asked_at: Millis,
) -> Result<(Pending, Tally), Error> {
    match ask.target {
        Target::Start => Ok((Pending::default(), begin(state, ask, &page, asked_at))),
        Target::Check => Ok((Pending::default(), Tally::default())),
        Target::Live { floor, full } => {
            let newest = page.rows.iter().flatten().map(|row| row.at).max();
            let ceiling = ceiling(state, page.sent_at, newest, floor);
            // Nothing bounds the newest gap from above: what came after the ceiling goes out too, and stays known.
            let top = newest.map_or(ceiling, |newest| newest.max(ceiling)).max(floor);
            let gap = Gap::new(floor, top);
            let (after, waiting, mut tally) = read(config, state, ask, page, gap.clone())?;
            state.open(gap);
            state.high_water = Some(ceiling);
            state.polled = Some(asked_at);
            if full || state.full.is_none() {
                (state.full, state.full_polled) = (Some(ceiling), Some(asked_at));
            }
            tally.notes.extend(state.prune(config.lookback_ms));
            Ok((Pending::new(0, waiting, after), tally))
        }
        Target::Gap(index) => {
            let gap = state
                .gaps
                .get(index)
                .cloned()
                .ok_or_else(|| Error::Protocol("no such gap".into()))?;
            let (after, waiting, tally) = read(config, state, ask, page, gap)?;
            Ok((Pending::new(index, waiting, after), tally))
        }
    }
}

/// The top of a new live gap: the server's time when its first page was asked for, never below the last one; without a
/// usable `Date` the newest event seen.
fn ceiling(
    state: &State,
    sent_at: Option<Millis>,
    newest: Option<Millis>,
    floor: Millis,
) -> Millis {
    let seen = sent_at.or(newest).unwrap_or(floor);
    state.high_water.map_or(seen.max(floor), |last| last.max(seen))
}

/// The first answer of a run without backfill: from the server's time on, everything is new. What it shows of the time
/// since is past all the same, and is kept as known; if more of it may be hidden, the start moves up to what is seen.
fn begin(state: &mut State, ask: &Ask, page: &Page, now: Millis) -> Tally {
    let times = || page.rows.iter().flatten().map(|row| row.at);
    let mut start = page.sent_at.or_else(|| times().max()).unwrap_or(Millis::EPOCH);
    let is_full = page.has_next || page.rows.len() >= ask.first as usize;
    if let Some(oldest) = times().min().filter(|oldest| is_full && *oldest >= start) {
        start = oldest.plus(1);
    }
    state.start = Some(start);
    state.covered = start;
    state.high_water = Some(start);
    (state.full, state.full_polled) = (Some(start), Some(now));
    state.polled = Some(now);
    for row in page.rows.iter().flatten().filter(|row| row.at >= start) {
        // At most 25 rows into an empty set: there is room.
        let _ = state.known.insert(row.at, row.uuid);
    }
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
    let lowest = page.rows.iter().flatten().map(|row| row.at).min();
    let waiting = fresh(config, state, page.rows, &gap, &mut tally);
    let seen = Seen {
        is_full: count >= ask.first as usize,
        is_empty: count == 0,
        // Repeats, excluded events and rows outside move the walk like any row, but never out of the gap.
        reached: lowest.map_or(gap.reached, |lowest| lowest.clamp(gap.floor, gap.reached)),
        brings_new: !waiting.is_empty(),
        cursor: page.end_cursor,
        has_next: page.has_next,
    };
    let after = follow(ask, gap, seen)?;
    Ok((after, waiting, tally))
}

/// The rows of a page that were not handed out before, newest first.
fn fresh(
    config: &Config,
    state: &State,
    rows: Vec<Option<Row>>,
    gap: &Gap,
    tally: &mut Tally,
) -> Vec<Waiting> {
    let mut waiting: Vec<Waiting> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(row) = row else {
            tally.null_nodes += 1;
            continue;
        };
        if row.at < gap.floor {
            continue; // The margin below: it belongs to no gap, or to an older one.
        }
        // What lies above has been handed out, in this gap or a newer one.
        if row.at > gap.reached || state.known.contains(row.at, row.uuid) {
            tally.repeats += 1;
            continue;
        }
        let excluded = config.exclude_event_types.contains(&row.kind);
        tally.excluded += u64::from(excluded);
        waiting.push(Waiting { row, excluded });
    }
    newest_first(&mut waiting);
    drop_doubles(&mut waiting, tally);
    waiting
}

/// Mends a listing in disorder. It is all but sorted as it comes, so each row has at most a few places to go.
fn newest_first(waiting: &mut [Waiting]) {
    for end in 1..waiting.len() {
        let mut at = end;
        while at > 0 && waiting[at - 1].row.at < waiting[at].row.at {
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
        if time != Some(next.row.at) {
            time = Some(next.row.at);
            seen.clear();
        }
        let is_double = seen.contains(&next.row.uuid);
        tally.repeats += u64::from(is_double);
        seen.push(next.row.uuid);
        !is_double
    });
}

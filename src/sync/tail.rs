//! The live tail: up to which time events were looked for, when, and how far back the next poll looks.

use crate::sync::walk::Walk;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// How far a live gap reaches below the last ceiling, since a `Date` shows whole seconds and a service's clocks differ.
const OVERLAP_MS: i64 = 5 * SECOND_MS;
/// A poll that re-reads at most this many known events is made a full re-read: 100 points, 2% of a user's budget.
const FULL_FOR_FREE: usize = 25;
/// How far a server's clock may run ahead of the host's between two polls.
const AHEAD_MS: i64 = 60 * SECOND_MS;

/// When a page was requested, by two clocks.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The host's time.
    pub at: Millis,
    /// The server's time. `None` if the answer did not show it.
    pub server: Option<Millis>,
}

/// What a changed backfill start means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing to do.
    Kept,
    /// The past from `to` up to the former start, `from`, is wanted too.
    Earlier {
        /// The former start.
        from: Millis,
        /// The new start.
        to: Millis,
    },
    /// A start later than that of the state has no effect.
    Late {
        /// The start of the state.
        start: Millis,
        /// The start in the settings.
        wanted: Millis,
    },
}

/// The times up to which events have been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Nothing older is ever delivered: the backfill start or the server's time at the first run. `None` before it.
    start: Option<Millis>,
    /// The backfill start in the settings that was followed last. Only a change of it matters.
    followed: Option<Millis>,
    /// Ceiling of the newest gap ever opened: every visible event up to here is delivered or lies in a gap.
    high_water: Option<Millis>,
    /// Ceiling of the last full re-read.
    full: Option<Millis>,
    /// The host's time of the last full re-read.
    full_polled: Option<Millis>,
    /// From this time on every delivered event is known by uuid. No live gap reaches lower, or it would repeat events.
    covered: Millis,
    /// The host's time of the last live poll.
    polled: Option<Millis>,
}

impl Tail {
    /// Returns the tail before the first run. With a backfill start, the first live gap will cover everything since
    /// then. Without one, the first answer decides.
    pub fn fresh(start: Option<Millis>) -> Self {
        Self {
            start,
            followed: start,
            high_water: None,
            full: None,
            full_polled: None,
            covered: start.unwrap_or(Millis::EPOCH),
            polled: None,
        }
    }

    /// Writes the tail's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.time("start", self.start);
        object.time("followed", self.followed);
        object.time("high_water", self.high_water);
        object.time("full", self.full);
        object.time("full_polled", self.full_polled);
        object.time("covered", Some(self.covered));
        object.time("polled", self.polled);
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            start: reader.time("start"),
            followed: reader.time("followed"),
            high_water: reader.time("high_water"),
            full: reader.time("full"),
            full_polled: reader.time("full_polled"),
            covered: reader.needed("covered"),
            polled: reader.time("polled"),
        }
    }

    /// Returns the invariant that this tail violates, if any.
    pub fn fault(&self) -> Option<&'static str> {
        let has_begun = self.start.is_some() && self.full.is_some() && self.polled.is_some();
        let is_odd = self.high_water.is_some() && !has_begun;
        is_odd.then_some("a high-water mark without a start")
    }

    /// Returns the time below which nothing is ever delivered. `None` before the first run.
    pub fn start(&self) -> Option<Millis> {
        self.start
    }

    /// Returns the time up to which every visible event is delivered or lies in a gap. `None` before the first read.
    pub fn high_water(&self) -> Option<Millis> {
        self.high_water
    }

    /// Returns the ceiling of the last full re-read.
    pub fn full(&self) -> Option<Millis> {
        self.full
    }

    /// Returns the host's time of the last live poll.
    pub fn polled(&self) -> Option<Millis> {
        self.polled
    }

    /// Returns whether it is time to look for new events: an interval has passed, or the clock ran backwards. A new
    /// instance looks no sooner, since a host may start one as often as it likes.
    pub fn is_due(&self, poll_interval_ms: i64, now: Millis) -> bool {
        let Some(polled) = self.polled else { return true };
        let passed = now.since(polled);
        passed < 0 || passed >= poll_interval_ms
    }

    /// Returns the lowest floor that the next live gap can have. At and above it every delivered event is kept by uuid.
    /// `looked` is the time up to which all types have been looked for. `None` for the last full re-read.
    pub fn overlap_floor(&self, looked: Option<Millis>, lookback_ms: i64) -> Millis {
        let (Some(high_water), Some(full)) = (self.high_water, self.full) else {
            return self.lowest();
        };
        let looked = looked.map_or(full, |looked| looked.min(full));
        looked.plus(-lookback_ms).min(high_water.plus(-OVERLAP_MS)).max(self.lowest())
    }

    /// Returns the lowest allowed floor: not below the start or the time from which the recent uuids are complete.
    fn lowest(&self) -> Millis {
        self.start.unwrap_or(Millis::EPOCH).max(self.covered)
    }

    /// Returns the floor of a live gap opened now, and whether it is a full re-read.
    ///
    /// It is full if it re-reads only a few known events, or if a lookback has passed since the last full one, by the
    /// server's clock or the host's. So an event that became visible late is read by the next full re-read, and
    /// re-reading never uses up the budget.
    ///
    /// Returns `None` if the new gap would swallow the newest open one completely: its walk would start over at every
    /// poll, so that gap is finished first. It reaches back a few seconds, or its full re-read waits (at most an hour
    /// plus a lookback).
    pub fn live_floor(
        &self,
        walk: &Walk,
        looked: Option<Millis>,
        lookback_ms: i64,
        now: Millis,
    ) -> Option<(Millis, bool)> {
        let deep = self.overlap_floor(looked, lookback_ms);
        let (Some(high_water), Some(full)) = (self.high_water, self.full) else {
            return Some((deep, true));
        };
        let since_full = self.full_polled.map_or(lookback_ms, |polled| now.since(polled));
        let is_full = walk.known_from(deep) <= FULL_FOR_FREE
            || since_full < 0
            || since_full >= lookback_ms
            || high_water.since(full) >= lookback_ms;
        let is_overdue = since_full >= lookback_ms + HOUR_MS;
        if is_full && (walk.is_clear(deep) || is_overdue) {
            return Some((deep, true));
        }
        let shallow = high_water.plus(-OVERLAP_MS).max(self.lowest());
        walk.is_clear(shallow).then_some((shallow, false))
    }

    /// Returns the top of a new live gap: the server's time when its first page was requested, never below the last
    /// ceiling. Without a usable `Date` it is the time of the newest event seen.
    ///
    /// A ceiling that is too low costs a few events read again, forever if the `Date` stands still. One in the future
    /// hides events. So a time that did not move since the last poll or ran ahead of the host's clock is not believed.
    pub fn ceiling(&self, asked: Asked, newest: Option<Millis>, floor: Millis) -> Millis {
        let last = self.high_water;
        let passed = self.polled.map_or(0, |polled| asked.at.since(polled).max(0));
        let is_sound = |time: &Millis| {
            last.is_none_or(|last| (1..=passed + AHEAD_MS).contains(&time.since(last)))
        };
        let seen = asked.server.filter(is_sound).or(newest).unwrap_or(floor);
        last.map_or(seen.max(floor), |last| last.max(seen))
    }

    /// Notes that a live gap with this ceiling was opened, by a full re-read or an ordinary poll.
    pub fn looked(&mut self, ceiling: Millis, is_full: bool, asked_at: Millis) {
        (self.high_water, self.polled) = (Some(ceiling), Some(asked_at));
        if is_full || self.full.is_none() {
            (self.full, self.full_polled) = (Some(ceiling), Some(asked_at));
        }
    }

    /// Starts a run without backfill.
    pub fn begin(&mut self, start: Millis, asked_at: Millis) {
        (self.start, self.covered) = (Some(start), start);
        self.looked(start, true, asked_at);
    }

    /// Notes that delivered events below this time are no longer known by uuid.
    pub fn cover_from(&mut self, floor: Millis) {
        self.covered = self.covered.max(floor);
    }

    /// Follows the backfill start of the settings.
    pub fn follow(&mut self, wanted: Option<Millis>) -> Start {
        if wanted == self.followed {
            return Start::Kept;
        }
        self.followed = wanted;
        if self.high_water.is_none() {
            // Nothing was read yet, so nothing was promised either.
            (self.start, self.covered) = (wanted, wanted.unwrap_or(Millis::EPOCH));
            return Start::Kept;
        }
        let (Some(wanted), Some(start)) = (wanted, self.start) else { return Start::Kept };
        if wanted < start {
            if self.covered == start {
                // Nothing below was ever delivered, so nothing can repeat, and late events are looked for there too.
                self.covered = wanted;
            }
            self.start = Some(wanted);
            return Start::Earlier { from: start, to: wanted };
        }
        if wanted > start { Start::Late { start, wanted } } else { Start::Kept }
    }

    /// Continues from the high-water mark with other settings. From now on no floor lies below it, so nothing is
    /// delivered twice. The start stays: an earlier one in the settings adds only what lies below it.
    pub fn rebind(&mut self, wanted: Option<Millis>) {
        self.followed = wanted;
        self.cover_from(self.high_water.unwrap_or(Millis::EPOCH));
        self.full = self.high_water;
    }
}

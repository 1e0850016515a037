//! What a checkpoint holds.

use crate::budget::Budget;
use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::sync::delivered::RECENT_MAX;
use crate::sync::rejected_types::Unknown;
use crate::sync::rest::Rest;
use crate::sync::walk::Walk;
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// How far a live gap reaches below the last ceiling: a `Date` shows whole seconds, and clocks of one service differ.
const OVERLAP_MS: i64 = 5 * SECOND_MS;
/// A poll that re-reads at most this many known events may as well be a full re-read: 100 points, 2 % of a user's budget.
const FULL_FOR_FREE: usize = 25;

/// A page size below the setting, after answers that were too heavy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// Events a page now.
    pub size: u32,
    /// Good pages since the size last changed.
    pub good: u32,
}

/// Everything that must outlive an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whose state it is.
    pub binding: Binding,
    /// Nothing older is ever delivered: the backfill start, or the server's time at the first run. None: no run yet.
    pub start: Option<Millis>,
    /// The backfill start of the settings that was followed last; only a changed one means anything.
    pub followed: Option<Millis>,
    /// Ceiling of the newest gap ever opened: every visible event up to here is delivered or lies in a gap.
    pub high_water: Option<Millis>,
    /// Ceiling of the last full re-read.
    pub full: Option<Millis>,
    /// The host's time of the last full re-read.
    pub full_polled: Option<Millis>,
    /// From here on every delivered event is known by uuid. No live gap reaches deeper, or it would repeat.
    pub covered: Millis,
    /// The host's time of the last live ask.
    pub polled: Option<Millis>,
    /// The host's time of the last ask of any kind.
    pub asked: Option<Millis>,
    /// No request before this time of the host.
    pub throttled_until: Option<Millis>,
    /// The rest of gaps after a failed page.
    pub rest: Rest,
    /// A page size below the setting.
    pub reduced: Option<Reduced>,
    /// Types that the remote does not know.
    pub unknown: Unknown,
    /// What is known of the rate limits.
    pub budget: Budget,
    /// The open gaps and what was delivered around them.
    pub walk: Walk,
}

impl State {
    /// The state before the first run. With a backfill start the whole past since then is what the first live gap will
    /// cover; without, the first answer decides.
    pub fn fresh(config: &Config) -> Self {
        Self {
            binding: Binding::of(config),
            start: config.backfill_start,
            followed: config.backfill_start,
            high_water: None,
            full: None,
            full_polled: None,
            covered: config.backfill_start.unwrap_or(Millis::EPOCH),
            polled: None,
            asked: None,
            throttled_until: None,
            rest: Rest::default(),
            reduced: None,
            unknown: Unknown::default(),
            budget: Budget::default(),
            walk: Walk::default(),
        }
    }

    /// The lowest floor that the next live gap can have. At and above it every delivered event is kept by uuid.
    pub fn overlap_floor(&self, lookback_ms: i64) -> Millis {
        let (Some(high_water), Some(full)) = (self.high_water, self.full) else {
            return self.lowest();
        };
        let looked = self.unknown.looked.map_or(full, |looked| looked.min(full));
        looked.plus(-lookback_ms).min(high_water.plus(-OVERLAP_MS)).max(self.lowest())
    }

    /// No floor lies below the start, nor below the time from which the recent uuids are complete.
    fn lowest(&self) -> Millis {
        self.start.unwrap_or(Millis::EPOCH).max(self.covered)
    }

    /// The floor of a live gap opened now, and whether it is a full re-read. It is full when that re-reads few known
    /// events, or when a lookback has passed since the last one, by the server's clock or the host's; so an event that
    /// became visible late is read by the next full re-read, and re-reading never eats the budget.
    ///
    /// None while the new gap would swallow the newest open one whole, for then its walk would begin anew at every poll:
    /// that one is finished first. It reaches a few seconds, or its full re-read waits (at most an hour and a lookback).
    pub fn live_floor(&self, lookback_ms: i64, now: Millis) -> Option<(Millis, bool)> {
        let deep = self.overlap_floor(lookback_ms);
        let (Some(high_water), Some(full)) = (self.high_water, self.full) else {
            return Some((deep, true));
        };
        let since_full = self.full_polled.map_or(lookback_ms, |polled| now.since(polled));
        let is_full = self.walk.known_from(deep) <= FULL_FOR_FREE
            || since_full < 0
            || since_full >= lookback_ms
            || high_water.since(full) >= lookback_ms;
        let is_overdue = since_full >= lookback_ms + HOUR_MS;
        if is_full && (self.walk.is_clear(deep) || is_overdue) {
            return Some((deep, true));
        }
        let shallow = high_water.plus(-OVERLAP_MS).max(self.lowest());
        self.walk.is_clear(shallow).then_some((shallow, false))
    }

    /// Forgets the uuids that no gap can read again, and lets the overlap floor rise when more than 10,000 recent ones
    /// remain. Returns a note for the operator in that case.
    pub fn prune(&mut self, lookback_ms: i64) -> Option<String> {
        let floor = self.overlap_floor(lookback_ms);
        let raised = self.walk.raised(floor);
        let floor = raised.unwrap_or(floor);
        self.covered = self.covered.max(floor);
        self.walk.forget_below(floor);
        raised.map(|floor| {
            format!(
                "more than {RECENT_MAX} recent events: those before {floor} are not read again, \
                 so a late one would be missed; a smaller lookback_seconds avoids this"
            )
        })
    }

    /// Follows a changed backfill start: an earlier one adds a gap below, a later one has no effect. Gives a note for
    /// the operator in the second case.
    pub fn follow_start(&mut self, wanted: Option<Millis>) -> Option<String> {
        if wanted == self.followed {
            return None;
        }
        self.followed = wanted;
        if self.high_water.is_none() {
            // Nothing was read yet, so nothing was promised either.
            (self.start, self.covered) = (wanted, wanted.unwrap_or(Millis::EPOCH));
            return None;
        }
        let (wanted, start) = (wanted?, self.start?);
        if wanted < start {
            self.walk.extend(start, wanted);
            if self.covered == start {
                // Nothing below was ever delivered, so nothing can repeat, and late events are looked for there too.
                self.covered = wanted;
            }
            self.start = Some(wanted);
        } else if wanted > start {
            return Some(format!(
                "backfill_start_time {wanted} has no effect: this state already began at {start}"
            ));
        }
        None
    }
}

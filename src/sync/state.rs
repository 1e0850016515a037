//! What a checkpoint holds.

use crate::budget::Budget;
use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::sync::delivered::RECENT_MAX;
use crate::sync::rejected_types::Unknown;
use crate::sync::rest::Rest;
use crate::sync::tail::{Start, Tail};
use crate::sync::walk::Walk;
use crate::text::time::Millis;

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
    /// Up to which time events were looked for.
    pub tail: Tail,
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
    /// The state before the first run.
    pub fn fresh(config: &Config) -> Self {
        Self {
            binding: Binding::of(config),
            tail: Tail::fresh(config.backfill_start),
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
        self.tail.overlap_floor(self.unknown.looked, lookback_ms)
    }

    /// The floor of a live gap opened now, and whether it is a full re-read; see [`Tail::live_floor`].
    pub fn live_floor(&self, lookback_ms: i64, now: Millis) -> Option<(Millis, bool)> {
        self.tail.live_floor(&self.walk, self.unknown.looked, lookback_ms, now)
    }

    /// Forgets the uuids that no gap can read again, and lets the overlap floor rise when more than 10,000 recent ones
    /// remain. Returns a note for the operator in that case.
    pub fn prune(&mut self, lookback_ms: i64) -> Option<String> {
        let floor = self.overlap_floor(lookback_ms);
        let raised = self.walk.raised(floor);
        let floor = raised.unwrap_or(floor);
        self.tail.cover_from(floor);
        self.walk.forget_below(floor);
        raised.map(|floor| {
            format!(
                "more than {RECENT_MAX} recent events: those before {floor} are not read again, \
                 so a late one would be missed; a smaller lookback_seconds avoids this"
            )
        })
    }

    /// Follows a changed backfill start: an earlier one adds a gap below, a later one has no effect. Returns a note for
    /// the operator in the second case.
    pub fn follow_start(&mut self, wanted: Option<Millis>) -> Option<String> {
        match self.tail.follow(wanted) {
            Start::Kept => None,
            Start::Earlier { from, to } => {
                self.walk.extend(from, to);
                None
            }
            Start::Late { start, wanted } => Some(format!(
                "backfill_start_time {wanted} has no effect: this state already began at {start}"
            )),
        }
    }
}

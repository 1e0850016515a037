//! Everything that must outlive an instance: what the state is bound to, the live tail, the pace and the walk. Each of
//! the four writes, reads and checks its own part of the checkpoint. Code that needs more than one of them is here.

use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::sync::delivered::RECENT_MAX;
use crate::sync::pace::Pace;
use crate::sync::tail::{Start, Tail};
use crate::sync::walk::Walk;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// The contents of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What the state is bound to.
    pub binding: Binding,
    /// Up to which time events were looked for.
    pub tail: Tail,
    /// When and how requests may be made.
    pub pace: Pace,
    /// The open gaps and what was delivered around them.
    pub walk: Walk,
}

impl State {
    /// Returns the state before the first run.
    pub fn fresh(config: &Config) -> Self {
        Self {
            binding: Binding::of(config),
            tail: Tail::fresh(config.backfill_start),
            pace: Pace::default(),
            walk: Walk::default(),
        }
    }

    /// Writes all parts, in this order.
    pub fn write(&self, object: &mut Object) {
        self.binding.write(object);
        self.tail.write(object);
        self.pace.write(object);
        self.walk.write(object);
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            binding: Binding::read(reader),
            tail: Tail::read(reader),
            pace: Pace::read(reader),
            walk: Walk::read(reader),
        }
    }

    /// Returns the invariant that this state violates, if any.
    pub fn fault(&self) -> Option<&'static str> {
        let is_odd = self.tail.high_water().is_none() && !self.walk.is_fresh();
        self.walk
            .fault(self.tail.start())
            .or(self.tail.fault())
            .or(is_odd.then_some("gaps without a high-water mark"))
            .or(self.pace.fault(&self.binding))
    }

    /// Returns the lowest floor that the next live gap can have. At and above it every delivered event is kept by uuid.
    pub fn overlap_floor(&self, lookback_ms: i64) -> Millis {
        self.tail.overlap_floor(self.pace.unknown().looked(), lookback_ms)
    }

    /// Returns the floor of a live gap opened now, and whether it is a full re-read; see [`Tail::live_floor`].
    pub fn live_floor(&self, lookback_ms: i64, now: Millis) -> Option<(Millis, bool)> {
        self.tail.live_floor(&self.walk, self.pace.unknown().looked(), lookback_ms, now)
    }

    /// Forgets the uuids that no gap can read again, and raises the overlap floor if more than 10,000 recent ones
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
    /// the operator in the latter case.
    pub fn follow_start(&mut self, wanted: Option<Millis>) -> Option<String> {
        match self.tail.follow(wanted) {
            Start::Kept => None,
            Start::Earlier { from, to } => {
                self.walk.extend(from, to);
                None
            }
            Start::Late { start, wanted } => Some(format!(
                "backfill_start_time {wanted} has no effect: this state began at {start}; \
                 to start later, use a new state"
            )),
        }
    }

    /// Continues from the high-water mark with these settings. Gaps that are still open below it are abandoned.
    pub fn rebind(&mut self, config: &Config) {
        self.binding = Binding::of(config);
        self.tail.rebind(config.backfill_start);
        self.pace.rebind();
        self.walk.close_all();
    }
}

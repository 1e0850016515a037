//! The walk down the listing: the open gaps, the uuids that were delivered and may be read again, and whose turn it
//! is.
//!
//! A gap is a time range that is not fully delivered. The API lists newest first, so a gap is walked from its top down.
//! A backfill is just the oldest gap, and an outage is just a tall one: live tail, backfill and recovery are one
//! mechanism.

use crate::ask::Target;
use crate::sync::delivered::{CROWDED, Known, RECENT_MAX};
use crate::sync::follow::ODD_MAX;
use crate::sync::gap::Gap;
use crate::sync::undated::Undated;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// Maximum number of open gaps. Each costs requests to finish; at the maximum, the newest is finished first.
const GAPS_MAX: usize = 16;
/// Number of requests in a row for live polls and the newest gap while an older one waits. The old gaps keep a quarter
/// even if the remote names no budget, or answers more slowly than polls are due.
const FRONT_PAGES: u32 = 3;
/// Number of requests in a row for the gap behind the newest while an older one waits. Even if every poll leaves
/// another gap behind, history must be finished eventually.
const OLD_PAGES: u32 = 3;

/// An event that was passed on the way down.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// Its time, or the time of the event above it in the listing.
    pub at: Millis,
    /// Its uuid.
    pub uuid: u128,
    /// Whether its own time can be read. An event without a readable time is known only by its uuid.
    pub is_dated: bool,
}

/// The open gaps and what was delivered around them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Requests for live polls and the newest gap since the last turn of an old gap.
    front_pages: u32,
    /// Requests for old gaps since the last turn of the oldest of several.
    old_pages: u32,
    /// The open gaps, newest first. They never overlap.
    gaps: Vec<Gap>,
    /// Uuids of delivered events that may be read again.
    known: Known,
    /// Uuids of delivered events whose time cannot be read.
    undated: Undated,
}

impl Walk {
    /// Writes the walk's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.number("front_pages", self.front_pages.into());
        object.number("old_pages", self.old_pages.into());
        object.objects("gaps", &self.gaps, Gap::write);
        object.plain("known", &self.known.pack());
        if !self.undated.is_empty() {
            object.plain("undated", &self.undated.pack());
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            front_pages: reader.count("front_pages"),
            old_pages: reader.added_count("old_pages"),
            gaps: reader.objects("gaps", Gap::read),
            known: reader.packed("known", Known::unpack),
            undated: reader.added_packed("undated", Undated::unpack),
        }
    }

    /// Returns the invariant that a walk beginning at `start` violates, if any.
    pub fn fault(&self, start: Option<Millis>) -> Option<&'static str> {
        let ordered = self.gaps.windows(2).all(|pair| pair[0].floor > pair[1].reached);
        let is_low = self.gaps.last().is_some_and(|gap| Some(gap.floor) < start);
        // An earlier backfill start adds one gap below the others, down to itself, beyond the maximum. It is added
        // once.
        let is_added = self.gaps.last().is_some_and(|gap| Some(gap.floor) == start);
        if self.gaps.len() > GAPS_MAX + usize::from(is_added) {
            Some("too many gaps")
        } else if is_low || !ordered || self.gaps.iter().any(|gap| gap.floor > gap.reached) {
            Some("gaps overlap, are inverted, or lie below the start")
        } else {
            None
        }
    }

    /// Returns whether nothing has been walked yet.
    pub fn is_fresh(&self) -> bool {
        self.gaps.is_empty() && self.known.is_empty()
    }

    /// Returns the open gaps, newest first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Returns how many delivered events are known by uuid and time.
    pub fn known(&self) -> usize {
        self.known.len()
    }

    /// Returns how many of these events lie at `floor` or later.
    pub fn known_from(&self, floor: Millis) -> usize {
        self.known.count_from(floor)
    }

    /// Returns whether this event was delivered before, as far as is known.
    pub fn knows(&self, at: Millis, uuid: u128) -> bool {
        self.known.contains(at, uuid)
    }

    /// Returns the same for an event whose time cannot be read.
    pub fn knows_undated(&self, uuid: u128) -> bool {
        self.undated.contains(uuid)
    }

    /// Returns whether another live gap may be opened. If not, the newest is finished first.
    pub fn has_room(&self) -> bool {
        self.gaps.len() < GAPS_MAX && self.known.len() < CROWDED
    }

    /// Returns whether a live gap with this floor would leave a part of the newest open one.
    pub fn is_clear(&self, floor: Millis) -> bool {
        self.gaps.first().is_none_or(|newest| newest.floor < floor)
    }

    /// Returns the gap that is served once fresh ones have had their share: the one behind the newest, now and then the
    /// oldest, or the only one.
    pub fn old_gap(&self) -> Option<usize> {
        let last = self.gaps.len().checked_sub(1)?;
        Some(if self.old_pages >= OLD_PAGES { last } else { last.min(1) })
    }

    /// Returns the old gap if fresh ones have had their share of requests.
    pub fn overdue_gap(&self) -> Option<usize> {
        self.old_gap().filter(|_| self.front_pages >= FRONT_PAGES)
    }

    /// Notes that a request was served. Returns whether it was an old gap's turn.
    pub fn served(&mut self, target: &Target) -> bool {
        let is_old = matches!(target, Target::Gap(index) if self.old_gap() == Some(*index));
        if is_old {
            self.front_pages = 0;
            self.old_pages = if self.old_pages >= OLD_PAGES { 0 } else { self.old_pages + 1 };
        } else {
            self.front_pages = self.front_pages.saturating_add(1);
        }
        is_old
    }

    /// Adds a live gap at the front. It takes over everything at or above its floor: older gaps are cut to end there.
    pub fn open(&mut self, gap: Gap) {
        for older in self.gaps.iter_mut().filter(|older| older.reached >= gap.floor) {
            older.cut_below(gap.floor);
        }
        self.gaps.retain(|older| older.floor <= older.reached && older.floor < gap.floor);
        self.gaps.insert(0, gap);
    }

    /// Extends the walk below `start`, down to an earlier one: by the oldest gap if it ends there, otherwise by a new
    /// one.
    pub fn extend(&mut self, start: Millis, earlier: Millis) {
        match self.gaps.last_mut().filter(|gap| gap.floor == start) {
            Some(oldest) => {
                // Another floor is another filter, for which the cursor is not valid.
                (oldest.floor, oldest.cursor, oldest.confirm) = (earlier, None, false);
            }
            None => self.gaps.push(Gap::new(earlier, start.plus(-1))),
        }
    }

    /// Abandons all open gaps.
    pub fn close_all(&mut self) {
        self.gaps.clear();
    }

    /// Replaces a gap, or closes it if `gap` is `None`.
    pub fn set(&mut self, index: usize, gap: Option<Gap>) {
        let Some(place) = self.gaps.get_mut(index) else { return };
        match gap {
            Some(gap) => *place = gap,
            None => drop(self.gaps.remove(index)),
        }
    }

    /// Drops the cursors, which belong to another filter: the gaps continue by time.
    pub fn drop_cursors(&mut self) {
        self.gaps.iter_mut().for_each(|gap| gap.cursor = None);
    }

    /// Drops a cursor that was refused. Returns false if there is no such gap, or if too many were refused without
    /// progress.
    #[must_use]
    pub fn drop_cursor(&mut self, index: usize) -> bool {
        let gap = self.gaps.get_mut(index).filter(|gap| gap.odd < ODD_MAX);
        gap.is_some_and(|gap| {
            gap.odd += 1;
            gap.cursor = None;
            true
        })
    }

    /// Keeps the uuid of an event whose time cannot be read. Returns false if the oldest had to be removed for it.
    #[must_use]
    pub fn keep_undated(&mut self, uuid: u128) -> bool {
        self.undated.insert(uuid)
    }

    /// Keeps the uuids of these events, on the way from `above` down to `reached`, that may be read again: the recent
    /// ones and those at the edge. Forgets the ones in between. Returns false if one could not be kept.
    #[must_use]
    pub fn keep(
        &mut self,
        passed: &[Passed],
        above: Millis,
        reached: Millis,
        recent: Millis,
    ) -> bool {
        let mut all_kept = true;
        let is_kept =
            |event: &&Passed| event.is_dated && (event.at >= recent || event.at == reached);
        for event in passed.iter().filter(is_kept) {
            all_kept &= self.known.insert(event.at, event.uuid);
        }
        self.known.forget_between(reached, recent.min(above.plus(1)));
        all_kept
    }

    /// Returns the lowest floor at or above `floor` from which few enough uuids are recent, or `None` if that is
    /// `floor` itself.
    pub fn raised(&self, floor: Millis) -> Option<Millis> {
        self.known.surplus_at(floor, RECENT_MAX).map(|surplus| surplus.plus(1))
    }

    /// Forgets the uuids below `floor` that no gap can read again.
    pub fn forget_below(&mut self, floor: Millis) {
        let gaps = &self.gaps;
        self.known.retain(|at| {
            at >= floor || gaps.iter().any(|gap| (gap.floor..=gap.reached).contains(&at))
        });
    }
}

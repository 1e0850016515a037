//! Stores which events exist and in what order. Each takes 16 bytes, so a million are no problem. The
//! contents of an event are generated again on every request.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::filter::Filter;
use crate::key::{Key, tie};
use crate::synth::{ADDED_FROM, Purpose, Synth};

/// A page of events, newest first.
pub(crate) struct Page {
    pub keys: Vec<Key>,
    /// Whether more events of the filter follow.
    pub has_next: bool,
}

/// All events that are visible now.
pub(crate) struct Store {
    synth: Synth,
    ties_reversed: bool,
    /// Ascending.
    keys: Vec<Key>,
    added: u64,
    live: Option<Live>,
}

/// Additional events that occur while the server runs.
struct Live {
    gap_us_max: i64,
    next_us: i64,
    rng: ChaCha8Rng,
}

/// Maximum number of live events that appear between two accesses to the store. A clock that jumps by a
/// year must not fill the memory.
const LIVE_AT_ONCE_MAX: usize = 10_000;

impl Store {
    /// Returns a store of the first `events` events. The last parameter is the rate of live events per minute and the
    /// current time.
    pub fn new(
        synth: &Synth,
        events: u64,
        ties_reversed: bool,
        (per_minute, now_ms): (f64, u64),
    ) -> Self {
        let key = |(index, time_us)| Key { time_us, tie: tie(index, ties_reversed) };
        let mut keys: Vec<Key> = (0..events).zip(synth.times()).map(key).collect();
        // Only ties can be out of order.
        keys.sort_unstable();
        let live = (per_minute > 0.0).then(|| {
            // Gaps are uniform up to twice the mean, from 1 µs to about a year.
            let gap_us_max = (120_000_000.0 / per_minute).clamp(1.0, 3e13) as i64;
            let rng = synth.draw(Purpose::Times, ADDED_FROM);
            Live { gap_us_max, next_us: micros(now_ms), rng }
        });
        Self { synth: synth.clone(), ties_reversed, keys, added: 0, live }
    }

    /// Adds the live events that are due. Call it before each access.
    pub fn tick(&mut self, now_ms: u64) {
        let Some(mut live) = self.live.take() else { return };
        let now_us = micros(now_ms);
        let mut due = Vec::new();
        while live.next_us <= now_us && due.len() < LIVE_AT_ONCE_MAX {
            due.push(live.next_us);
            live.next_us += live.rng.random_range(1..=live.gap_us_max);
        }
        if live.next_us <= now_us {
            live.next_us = now_us + live.gap_us_max;
        }
        self.live = Some(live);
        if !due.is_empty() {
            self.insert(due);
        }
    }

    /// Adds events that occurred at `at_us` or, without it, in the current millisecond.
    pub fn add(&mut self, count: u64, at_us: Option<i64>, now_ms: u64) -> Vec<Key> {
        let mut rng = self.synth.draw(Purpose::Times, ADDED_FROM + 1 + self.added);
        let now_us = micros(now_ms);
        let times = (0..count)
            .map(|_| at_us.unwrap_or_else(|| now_us + rng.random_range(0..1_000)))
            .collect();
        self.insert(times)
    }

    fn insert(&mut self, times_us: Vec<i64>) -> Vec<Key> {
        let mut keys = Vec::with_capacity(times_us.len());
        for time_us in times_us {
            let tie = tie(ADDED_FROM + self.added, self.ties_reversed);
            keys.push(Key { time_us, tie });
            self.added += 1;
        }
        self.keys.extend_from_slice(&keys);
        // The keys are nearly sorted, so this costs little more than one pass.
        self.keys.sort();
        keys
    }

    /// Returns the newest events that match the filter and are older than `after`, at most `first`.
    pub fn page(&self, filter: &Filter, after: Option<Key>, first: usize) -> Page {
        let mut older = self.matching(filter, after);
        let keys: Vec<Key> = older.by_ref().take(first).collect();
        Page { keys, has_next: older.next().is_some() }
    }

    /// Returns the number of events that match the filter.
    pub fn count(&self, filter: &Filter) -> usize {
        if filter.by_time_only() {
            return self.range(filter, None).len();
        }
        self.matching(filter, None).count()
    }

    /// Returns all events, newest first.
    pub fn all(&self) -> Vec<Key> {
        self.keys.iter().rev().copied().collect()
    }

    /// Returns the event with this UUID.
    pub fn find(&self, uuid: Uuid) -> Option<Key> {
        // The UUID begins with the millisecond, so only that millisecond is searched.
        let ms = i64::try_from(uuid.as_u128() >> 80).ok()?;
        let from = self.keys.partition_point(|key| key.time_us.div_euclid(1_000) < ms);
        let same_ms =
            self.keys[from..].iter().take_while(|key| key.time_us.div_euclid(1_000) == ms);
        same_ms.copied().find(|key| self.synth.uuid(key.index(), key.time_us) == uuid)
    }

    fn matching<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<Key>,
    ) -> impl Iterator<Item = Key> + 'a {
        let matches = |key: &Key| {
            filter.by_time_only() || filter.matches(&self.synth, &self.synth.facets(key.index()))
        };
        self.range(filter, after).iter().rev().copied().filter(matches)
    }

    fn range(&self, filter: &Filter, after: Option<Key>) -> &[Key] {
        let from = self.keys.partition_point(|key| filter.is_before(key.time_us));
        let to = self.keys.partition_point(|key| {
            !filter.is_past(key.time_us) && after.is_none_or(|after| *key < after)
        });
        self.keys.get(from..to).unwrap_or_default()
    }
}

/// Converts milliseconds to microseconds, and saturates at `i64::MAX`.
pub(crate) fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(events: u64) -> Store {
        Store::new(&Synth::new(7), events, false, (0.0, 0))
    }

    #[test]
    fn more_events_extend_the_same_sequence() {
        let (small, large) = (store(300), store(900));
        assert_eq!(small.keys[..], large.keys[..300]);
    }

    #[test]
    fn every_uuid_is_unique_and_is_found() {
        let store = store(3_000);
        let mut seen = std::collections::HashSet::new();
        for key in store.all() {
            let uuid = store.synth.uuid(key.index(), key.time_us);
            assert!(seen.insert(uuid));
            assert_eq!(store.find(uuid), Some(key));
        }
    }

    #[test]
    fn live_events_appear_at_their_rate_and_never_ahead_of_the_clock() {
        let mut store = Store::new(&Synth::new(7), 0, false, (60.0, 1_000_000));
        store.tick(1_000_000 + 600_000);
        assert!((500..700).contains(&store.keys.len()), "{}", store.keys.len());
        assert!(store.keys.iter().all(|key| key.time_us <= micros(1_600_000)));
    }

    #[test]
    fn a_jump_of_the_clock_adds_a_bounded_number_of_events() {
        let mut store = Store::new(&Synth::new(7), 0, false, (6_000.0, 0));
        store.tick(1 << 40);
        assert_eq!(store.keys.len(), LIVE_AT_ONCE_MAX);
    }
}

//! The uuids of events that were delivered and may be read again: one set for all gaps.
//!
//! A uuid in the set has one of three roles, which depends only on its time:
//! - At or above the overlap floor it is *recent*: the next live gap reads it again.
//! - Within the range of an open gap it is part of that gap's *seam*: it was delivered before the gap was opened.
//! - In the exact millisecond that a walk has reached it is part of the walk's *edge*.
//!
//! Gaps never overlap, so the roles cannot be confused, and history far below is never kept.

use crate::text::base64;
use crate::text::time::Millis;

/// Maximum number of recent uuids: 25 times a full page, and 290 kB of checkpoint. When there are more, the overlap
/// floor rises instead.
pub const RECENT_MAX: usize = 10_000;
/// No live gap is opened while more than this many are kept: the newest gap is finished first.
pub const CROWDED: usize = 20_000;
/// Maximum number in total, 1.2 MB of checkpoint: recent ones, seams and edges together.
pub const KNOWN_MAX: usize = 40_000;

/// Size of one packed entry: 6 bytes of milliseconds since 1970 and 16 of uuid, both big-endian.
const PACKED: usize = 22;

/// A set of (time, uuid), as a sorted list, since it is small, read often and written at its ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known(Vec<(Millis, u128)>);

impl Known {
    /// Returns how many uuids are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no uuid is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether this event was delivered before, as far as is known.
    pub fn contains(&self, at: Millis, uuid: u128) -> bool {
        self.0.binary_search(&(at, uuid)).is_ok()
    }

    /// Keeps a uuid. Returns false if the set is full and it could not be kept.
    #[must_use]
    pub fn insert(&mut self, at: Millis, uuid: u128) -> bool {
        if self.0.len() >= KNOWN_MAX {
            return false;
        }
        if let Err(place) = self.0.binary_search(&(at, uuid)) {
            self.0.insert(place, (at, uuid));
        }
        true
    }

    /// Returns the index of the first entry at `time` or later.
    fn place(&self, time: Millis) -> usize {
        self.0.partition_point(|(at, _)| *at < time)
    }

    /// Returns how many entries lie at `floor` or later.
    pub fn count_from(&self, floor: Millis) -> usize {
        self.0.len() - self.place(floor)
    }

    /// Returns the time of the newest entry that must be removed so that at most `keep` entries remain at `floor` or
    /// later.
    pub fn surplus_at(&self, floor: Millis, keep: usize) -> Option<Millis> {
        let surplus = self.count_from(floor).checked_sub(keep + 1)?;
        self.0.get(self.place(floor) + surplus).map(|(at, _)| *at)
    }

    /// Removes the entries with `above < time < below`.
    pub fn forget_between(&mut self, above: Millis, below: Millis) {
        let (low, high) = (self.0.partition_point(|(at, _)| *at <= above), self.place(below));
        if low < high {
            self.0.drain(low..high);
        }
    }

    /// Keeps only the entries whose time is wanted.
    pub fn retain(&mut self, wanted: impl Fn(Millis) -> bool) {
        self.0.retain(|(at, _)| wanted(*at));
    }

    /// Writes the set as base64 of packed entries.
    pub fn pack(&self) -> String {
        let mut bytes = Vec::with_capacity(self.0.len() * PACKED);
        for (at, uuid) in &self.0 {
            bytes.extend_from_slice(&at.get().to_be_bytes()[2..]);
            bytes.extend_from_slice(&uuid.to_be_bytes());
        }
        base64::encode(&bytes)
    }

    /// Reads what [`Self::pack`] wrote. Returns `None` for anything else.
    pub fn unpack(text: &str) -> Option<Self> {
        let bytes = base64::decode(text)?;
        let (entries, rest) = bytes.as_chunks::<PACKED>();
        let mut known = Vec::with_capacity(entries.len());
        for entry in entries {
            let ms = entry[..6].iter().fold(0, |ms, byte| ms << 8 | i64::from(*byte));
            let uuid = entry[6..].iter().fold(0, |uuid, byte| uuid << 8 | u128::from(*byte));
            known.push((Millis::new(ms), uuid));
            if ms > Millis::LAST.get() {
                return None;
            }
        }
        let is_ordered = known.windows(2).all(|pair| pair[0] < pair[1]);
        (rest.is_empty() && known.len() <= KNOWN_MAX && is_ordered).then_some(Self(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Millis {
        Millis::new(ms)
    }

    #[test]
    fn packing_and_unpacking_changes_nothing() {
        let mut known = Known::default();
        assert!(known.insert(at(1_732_000_000_123), 7));
        assert!(known.insert(Millis::LAST, u128::MAX));
        assert_eq!(Known::unpack(&known.pack()), Some(known));
    }

    #[test]
    fn damaged_packing_is_refused() {
        for text in ["?", "AAAA", "//////////////////////////////==", &"A".repeat(88)] {
            assert_eq!(Known::unpack(text), None, "{text}");
        }
    }

    #[test]
    fn forget_between_keeps_both_ends() {
        let mut known = Known::default();
        (1..=5).for_each(|ms| assert!(known.insert(at(ms), 1)));
        known.forget_between(at(1), at(4));
        assert!(known.contains(at(1), 1) && known.contains(at(4), 1) && known.contains(at(5), 1));
        assert_eq!(known.len(), 3);
    }

    #[test]
    fn surplus_at_names_the_newest_that_must_be_removed() {
        let mut known = Known::default();
        (1..=5).for_each(|ms| assert!(known.insert(at(ms), 1)));
        assert_eq!(known.surplus_at(at(1), 3), Some(at(2)));
        assert_eq!(known.surplus_at(at(1), 5), None);
    }
}

//! The position of an event in the order of all events.

/// A position in the order of events. Keys ascend with time; the newest event is last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// When the event occurred, in microseconds since 1970.
    pub time_us: i64,
    /// Orders events of the same microsecond: the index, or its negative if ties are reversed.
    pub tie: i64,
}

impl Key {
    /// Returns the index of the event.
    pub fn index(self) -> u64 {
        self.tie.unsigned_abs()
    }
}

/// Returns the tie of the event with this index.
pub(crate) fn tie(index: u64, reversed: bool) -> i64 {
    // Indices stay below 2^41.
    let index = index.cast_signed();
    if reversed { -index } else { index }
}

//! A time range that is not fully delivered, and how far down it has been walked.

use crate::text::time::Millis;

/// A place in a listing: good only with the very filters it was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The remote's opaque text.
    pub after: String,
    /// The upper bound that was asked for with it; none: no bound.
    pub to: Option<Millis>,
}

/// A time range not fully delivered. Every event of it at a time later than `reached` has been handed out; of the
/// events in the millisecond `reached`, those in the set of known uuids have been; of the rest down to `floor`, only
/// those which were delivered before the gap was opened, and these are known too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// Lower end, inclusive.
    pub floor: Millis,
    /// How far down it has been walked.
    pub reached: Millis,
    /// Where the listing goes on; a shortcut, for `reached` alone is enough.
    pub cursor: Option<Cursor>,
    /// The last page said that it was the last, yet it was full: ask once more from `reached`.
    pub confirm: bool,
    /// Pages in a row that brought nothing new.
    pub barren: u32,
    /// Odd pages in a row (no cursor, the same cursor, no rows, though more was promised).
    pub odd: u32,
}

impl Gap {
    /// A gap of which nothing has been read.
    pub fn new(floor: Millis, reached: Millis) -> Self {
        Self { floor, reached, cursor: None, confirm: false, barren: 0, odd: 0 }
    }

    /// Ends the gap below `time`; what it had reached above is another's now, and its cursor is worth nothing.
    pub fn cut_below(&mut self, time: Millis) {
        self.reached = time.plus(-1);
        self.cursor = None;
        self.confirm = false;
        self.barren = 0;
        self.odd = 0;
    }
}

//! A time range that is not fully delivered, and how far down it has been walked.

use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// A place in a listing. It is valid only with exactly the filters that it was issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The remote's opaque text.
    pub after: String,
    /// The upper bound that was requested with it. `None` for no bound.
    pub to: Option<Millis>,
}

/// A time range that is not fully delivered:
/// - Every event of it later than `reached` has been delivered.
/// - Of the events in the millisecond `reached`, those in the set of known uuids have been.
/// - Of the rest, down to `floor`, only those that were delivered before the gap was opened have been. They are known
///   too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// Lower end, inclusive.
    pub floor: Millis,
    /// How far down it has been walked.
    pub reached: Millis,
    /// Where the listing continues. It is only a shortcut: `reached` alone is enough.
    pub cursor: Option<Cursor>,
    /// The last page claimed to be the last although it was full: ask once more from `reached`.
    pub confirm: bool,
    /// Pages in a row without anything new.
    pub barren: u32,
    /// Odd pages in a row (no cursor, the same cursor, no rows, though more was promised).
    pub odd: u32,
}

impl Gap {
    /// Creates a gap that has not been read yet.
    pub fn new(floor: Millis, reached: Millis) -> Self {
        Self { floor, reached, cursor: None, confirm: false, barren: 0, odd: 0 }
    }

    /// Writes the gap's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.time("floor", Some(self.floor));
        object.time("reached", Some(self.reached));
        if let Some(cursor) = &self.cursor {
            object.text("after", &cursor.after);
            object.time("to", cursor.to);
        }
        object.number("confirm", self.confirm.into());
        object.number("barren", self.barren.into());
        object.number("odd", self.odd.into());
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        let to = reader.time("to");
        let after = reader.text_or_none("after");
        Self {
            floor: reader.needed("floor"),
            reached: reader.needed("reached"),
            cursor: after.map(|after| Cursor { after, to }),
            confirm: reader.number("confirm") != 0,
            barren: reader.count("barren"),
            odd: reader.count("odd"),
        }
    }

    /// Ends the gap below `time`. The part above now belongs to another gap, and the cursor is no longer valid.
    pub fn cut_below(&mut self, time: Millis) {
        self.reached = time.plus(-1);
        self.cursor = None;
        self.confirm = false;
        self.barren = 0;
        self.odd = 0;
    }
}

//! Configured types that the remote does not know: a typo, or a name that came or went. They are left out of requests,
//! so that the others are read, and are tried again.

use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis};

/// The types that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// Their names. The first is the next to be tried.
    names: Vec<String>,
    /// Number of refusals since the last full re-read that succeeded.
    refusals: u32,
    /// A time of the server at or before the first of these refusals.
    tried: Option<Millis>,
    /// The time of the server up to which all types have been looked for. Full re-reads reach a lookback below it, so a
    /// type that is known again within an hour has missed nothing.
    looked: Option<Millis>,
}

impl Unknown {
    /// Writes the types' part of the checkpoint. Writes nothing if all are known.
    pub fn write(&self, object: &mut Object) {
        if !self.names.is_empty() {
            object.texts("unknown_types", &self.names);
            object.number("unknown_refusals", self.refusals.into());
            object.time("unknown_tried", self.tried);
            object.time("unknown_looked", self.looked);
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            names: reader.texts_or_none("unknown_types"),
            refusals: reader.added_count("unknown_refusals"),
            tried: reader.time("unknown_tried"),
            looked: reader.time("unknown_looked"),
        }
    }

    /// Returns their names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of refusals since the last full re-read that succeeded.
    pub fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Returns the time of the server up to which all types have been looked for. `None` for the last full re-read.
    pub fn looked(&self) -> Option<Millis> {
        self.looked
    }

    /// Returns what a request leaves out. A full re-read tries one of the types again; if that is refused, it leaves
    /// the type out.
    pub fn left_out(&self, is_full: bool) -> Vec<String> {
        let is_trial = is_full && self.refusals == 0;
        self.names.iter().skip(usize::from(is_trial)).cloned().collect()
    }

    /// Notes that the remote refused these names, which a request had not left out. All types had been looked for up to
    /// `full`. `not_after` is a time of the server at or before the refusal.
    pub fn refused(
        &mut self,
        without: &[String],
        names: Vec<String>,
        full: Option<Millis>,
        not_after: Option<Millis>,
    ) {
        if self.names.is_empty() {
            self.looked = full.or(not_after);
        }
        // A type that was tried moves to the end if it was refused, and is removed if it was not. So no more is left
        // out than was refused.
        self.names = [without, &names].concat();
        if self.refusals == 0 {
            self.tried = not_after;
        }
        self.refusals = self.refusals.saturating_add(1);
    }

    /// Notes that a full re-read with this ceiling succeeded. Returns the names that are known again.
    pub fn answered(&mut self, without: &[String], ceiling: Millis) -> Vec<String> {
        let (names, known) = self.names.drain(..).partition(|name| without.contains(name));
        self.names = names;
        let is_held = self.looked.is_some_and(|looked| ceiling.since(looked) <= HOUR_MS);
        if self.names.is_empty() {
            self.looked = None;
        } else if !is_held {
            // A type that does not come back must not cost requests forever.
            self.looked = self.tried.or(Some(ceiling));
        }
        (self.refusals, self.tried) = (0, None);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Option<Millis> {
        Some(Millis::new(ms))
    }

    #[test]
    fn a_full_re_read_tries_one_type_and_leaves_it_out_once_refused() {
        let mut unknown = Unknown::default();
        unknown.refused(&[], vec!["A".into(), "B".into()], at(50), at(100));
        assert_eq!(unknown.left_out(true), ["A", "B"]);
        assert_eq!(unknown.answered(&["A".into(), "B".into()], Millis::new(900)), [""; 0]);
        assert_eq!((unknown.left_out(true), unknown.left_out(false).len()), (vec!["B".into()], 2));
        unknown.refused(&["B".into()], vec!["A".into()], at(900), at(900));
        assert_eq!(
            (unknown.left_out(true), unknown.looked),
            (vec!["B".into(), "A".into()], at(50))
        );
        unknown.answered(&["B".into(), "A".into()], Millis::new(1_000));
        assert_eq!(unknown.answered(&["A".into()], Millis::new(2_000)), ["B"]);
        assert_eq!(unknown.answered(&[], Millis::new(3_000)), ["A"]);
        assert_eq!(unknown, Unknown::default());
    }

    #[test]
    fn a_type_that_was_tried_and_not_refused_is_not_left_out_with_those_that_were() {
        let mut unknown = Unknown { names: vec!["A".into(), "B".into()], ..Unknown::default() };
        // Of the three types, the one that was always known is refused now, but one must be left to ask for.
        unknown.refused(&["B".into()], vec!["C".into()], at(1), at(1));
        assert_eq!(unknown.names, ["B", "C"]);
    }

    #[test]
    fn a_type_that_does_not_come_back_is_looked_for_at_most_an_hour_back() {
        let mut unknown = Unknown::default();
        unknown.refused(&[], vec!["A".into()], at(0), at(100));
        unknown.answered(&["A".into()], Millis::new(HOUR_MS));
        assert_eq!(unknown.looked, at(0));
        unknown.refused(&[], vec!["A".into()], at(HOUR_MS), at(HOUR_MS + 7));
        unknown.answered(&["A".into()], Millis::new(HOUR_MS + 9));
        assert_eq!(unknown.looked, at(HOUR_MS + 7));
    }
}

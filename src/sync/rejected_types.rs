//! Types of the settings that the remote does not know: a slip of the pen, or a name that came or went. They are left out
//! of what is asked for, so that the others are read, and tried again.

use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis};

/// The types that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// Their names; the first is the next to be tried.
    names: Vec<String>,
    /// Refusals since the last full re-read that succeeded.
    refusals: u32,
    /// A time of the server, not after the first of these refusals.
    tried: Option<Millis>,
    /// Up to this time of the server all types have been looked for. Full re-reads reach a lookback below it, so a type
    /// that is known again within an hour has missed nothing.
    looked: Option<Millis>,
}

impl Unknown {
    /// Their part of the checkpoint: nothing where all are known.
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

    /// Their names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Refusals since the last full re-read that succeeded.
    pub fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Up to this time of the server all types have been looked for; none: up to the last full re-read.
    pub fn looked(&self) -> Option<Millis> {
        self.looked
    }

    /// What an ask leaves out. A full re-read tries one of them again; refused, it goes without.
    pub fn left_out(&self, is_full: bool) -> Vec<String> {
        let is_trial = is_full && self.refusals == 0;
        self.names.iter().skip(usize::from(is_trial)).cloned().collect()
    }

    /// The remote refused these names, which an ask had not left out. `full`: up to where all had been looked for;
    /// `not_after`: a time of the server not after this.
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
        // What was tried comes last if it was refused, and goes if it was not; so never more is left out than was refused.
        self.names = [without, &names].concat();
        if self.refusals == 0 {
            self.tried = not_after;
        }
        self.refusals = self.refusals.saturating_add(1);
    }

    /// A full re-read with this ceiling succeeded. Returns the names that are known again.
    pub fn answered(&mut self, without: &[String], ceiling: Millis) -> Vec<String> {
        let (names, known) = self.names.drain(..).partition(|name| without.contains(name));
        self.names = names;
        let is_held = self.looked.is_some_and(|looked| ceiling.since(looked) <= HOUR_MS);
        if self.names.is_empty() {
            self.looked = None;
        } else if !is_held {
            // A type that does not come back must not be paid for forever.
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
    fn a_full_re_read_tries_one_and_goes_without_once_refused() {
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
    fn what_was_tried_and_not_refused_is_not_left_out_beside_what_was() {
        let mut unknown = Unknown { names: vec!["A".into(), "B".into()], ..Unknown::default() };
        // Of three types, the one that was always known is refused now: one must be left to ask for.
        unknown.refused(&["B".into()], vec!["C".into()], at(1), at(1));
        assert_eq!(unknown.names, ["B", "C"]);
    }

    #[test]
    fn one_that_does_not_come_back_is_looked_for_an_hour_back_at_most() {
        let mut unknown = Unknown::default();
        unknown.refused(&[], vec!["A".into()], at(0), at(100));
        unknown.answered(&["A".into()], Millis::new(HOUR_MS));
        assert_eq!(unknown.looked, at(0));
        unknown.refused(&[], vec!["A".into()], at(HOUR_MS), at(HOUR_MS + 7));
        unknown.answered(&["A".into()], Millis::new(HOUR_MS + 9));
        assert_eq!(unknown.looked, at(HOUR_MS + 7));
    }
}

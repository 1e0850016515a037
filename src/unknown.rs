//! Types of the settings that the remote does not know: a slip of the pen, or a name that came or went. They are left out
//! of what is asked for, so that the others are read, and tried again.

use crate::time::Millis;

/// The types that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// Their names.
    pub names: Vec<String>,
    /// The host's time at which the remote last refused one.
    pub said: Option<Millis>,
    /// Refusals since the last full re-read that succeeded.
    pub refusals: u32,
}

impl Unknown {
    /// What an ask leaves out. A full re-read tries all types first; refused, it goes without. The next one reaches a
    /// lookback below it, so nothing is missed of a type that has become known in between, unless a lookback passed
    /// between refusal and re-read: then all are tried once more, but no third time, or no poll would ever succeed.
    pub fn left_out(&self, is_full: bool, lookback_ms: i64, now: Millis) -> Vec<String> {
        let is_fresh = self.said.is_some_and(|said| (0..lookback_ms).contains(&now.since(said)));
        let stands = self.refusals > 1 || (self.refusals == 1 && is_fresh);
        if is_full && !stands { Vec::new() } else { self.names.clone() }
    }

    /// The remote refused these names, when it was asked for all types or for those not left out.
    pub fn refused(&mut self, for_all: bool, names: Vec<String>, now: Millis) {
        if for_all {
            // What it does not name any more it knows again.
            self.names.clear();
        }
        self.names.extend(names);
        self.said = Some(now);
        self.refusals = self.refusals.saturating_add(1);
    }

    /// A full re-read succeeded, for all types or for those not left out.
    pub fn answered(&mut self, for_all: bool) {
        self.refusals = 0;
        if for_all {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_re_read_tries_all_but_goes_without_once_refused() {
        let mut unknown = Unknown::default();
        let left_out = |unknown: &Unknown, ms: i64| unknown.left_out(true, 300, Millis::new(ms));
        unknown.refused(true, vec!["A".into()], Millis::new(1_000));
        assert_eq!(left_out(&unknown, 1_299), ["A"]);
        assert_eq!(left_out(&unknown, 1_300), [""; 0]);
        unknown.refused(true, vec!["A".into()], Millis::new(1_300));
        assert_eq!(left_out(&unknown, 9_000), ["A"]);
        unknown.answered(false);
        assert_eq!(left_out(&unknown, 9_000), [""; 0]);
        assert_eq!(unknown.left_out(false, 300, Millis::new(9_000)), ["A"]);
        // It is known now, but another is not.
        unknown.refused(true, vec!["B".into()], Millis::new(9_000));
        assert_eq!(left_out(&unknown, 9_000), ["B"]);
        unknown.answered(true);
        assert_eq!(unknown, Unknown::default());
    }
}

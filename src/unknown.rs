//! Types of the settings that the remote does not know: a slip of the pen, or a name that came or went. They are left out
//! of what is asked for, so that the others are read, and tried again.

use crate::time::Millis;

/// The types that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// Their names.
    pub names: Vec<String>,
    /// They were refused since the last full re-read that succeeded, so the next one goes without them.
    pub stands: bool,
    /// A time of the server, not after the first of these refusals: up to there they have been looked for.
    pub tried: Option<Millis>,
}

impl Unknown {
    /// What an ask leaves out. A full re-read tries all types first; refused, it goes without.
    pub fn left_out(&self, is_full: bool) -> Vec<String> {
        if is_full && !self.stands { Vec::new() } else { self.names.clone() }
    }

    /// The remote refused these names, when it was asked for all types or for those not left out.
    pub fn refused(&mut self, for_all: bool, names: Vec<String>, not_after: Option<Millis>) {
        if for_all {
            // What it does not name any more it knows again.
            self.names.clear();
        }
        self.names.extend(names);
        if !self.stands {
            (self.stands, self.tried) = (true, not_after);
        }
    }

    /// How far a full re-read with this ceiling has looked for all types, those left out among them. The next one
    /// reaches a lookback below that, so it misses nothing of a type that has become known in between.
    pub fn looked_up_to(&self, for_all: bool, ceiling: Millis) -> Millis {
        let tried = self.tried.filter(|_| !for_all);
        tried.map_or(ceiling, |tried| tried.min(ceiling))
    }

    /// A full re-read succeeded, for all types or for those not left out.
    pub fn answered(&mut self, for_all: bool) {
        (self.stands, self.tried) = (false, None);
        if for_all {
            self.names.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_re_read_tries_all_and_goes_without_once_refused() {
        let mut unknown = Unknown::default();
        unknown.refused(true, vec!["A".into()], Some(Millis::new(100)));
        assert_eq!(unknown.left_out(true), ["A"]);
        assert_eq!(unknown.looked_up_to(false, Millis::new(900)), Millis::new(100));
        unknown.answered(false);
        assert_eq!(unknown.left_out(true), [""; 0]);
        assert_eq!(unknown.left_out(false), ["A"]);
        // It is known now, but another is not.
        unknown.refused(true, vec!["B".into()], Some(Millis::new(200)));
        assert_eq!(unknown.left_out(true), ["B"]);
        assert_eq!(unknown.looked_up_to(true, Millis::new(900)), Millis::new(900));
        unknown.answered(true);
        assert_eq!(unknown, Unknown::default());
    }
}

//! What an instance remembers of its own calls. A new one begins with nothing, and loses nothing by it.

use crate::error::Error;
use crate::plan::Target;
use crate::time::Millis;

/// How long gaps rest after a page of one failed: two seconds, doubled with each failure in a row, up to four minutes.
const REST_MS: i64 = 2_000;
/// See [`REST_MS`].
const REST_DOUBLINGS: u32 = 7;

/// The memory of an instance.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// It has made a live ask.
    pub polled: bool,
    /// A page of a gap failed, and no live poll has succeeded since: look whether the remote answers at all.
    pub must_poll: bool,
    rest_until: Option<Millis>,
    failures: u32,
}

impl Session {
    /// Until when gaps rest, because a page of one failed while live polls succeed: a failing history never ends a run
    /// whose live polls succeed.
    pub fn rest_until(&self, now: Millis) -> Option<Millis> {
        // A rest longer than the longest is a clock that went backwards.
        let rests = 1..=REST_MS << REST_DOUBLINGS;
        self.rest_until.filter(|until| rests.contains(&until.since(now)) && !self.must_poll)
    }

    /// Takes in that an ask failed.
    pub fn failed(&mut self, target: &Target, error: &Error, now: Millis) {
        if matches!((target, error), (Target::Gap(_), Error::Transient(_))) {
            let rest_ms = REST_MS << self.failures.min(REST_DOUBLINGS);
            self.failures = self.failures.saturating_add(1);
            self.must_poll = true;
            self.rest_until = Some(now.plus(rest_ms));
        }
    }

    /// Takes in that an ask brought a page.
    pub fn succeeded(&mut self, target: &Target) {
        match target {
            Target::Live { .. } | Target::Start => (self.polled, self.must_poll) = (true, false),
            _ => *self = Self { polled: self.polled, ..Self::default() },
        }
    }
}

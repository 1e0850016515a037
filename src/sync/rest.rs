//! The pause of the gaps after one of their pages failed. It is part of the state, so that a new instance waits just as
//! this one would.

use crate::ask::Target;
use crate::error::Error;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// Pause after a page of a gap failed, in milliseconds: two seconds, doubled with each failure in a row, up to four
/// minutes.
const REST_MS: i64 = 2_000;
/// Maximum number of doublings of [`REST_MS`].
const REST_DOUBLINGS: u32 = 7;

/// Whether and until when the gaps pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// A page of a gap failed, and no live poll has succeeded since: check whether the remote answers at all.
    must_poll: bool,
    /// When the pause ends, on the host's clock.
    until: Option<Millis>,
    /// Number of failures in a row.
    failures: u32,
}

impl Rest {
    /// Writes the pause's part of the checkpoint. Writes nothing if nothing failed.
    pub fn write(&self, object: &mut Object) {
        if *self != Self::default() {
            object.time("rest_until", self.until);
            object.number("rest_failures", self.failures.into());
            object.number("must_poll", self.must_poll.into());
        }
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            until: reader.time("rest_until"),
            failures: reader.added_count("rest_failures"),
            must_poll: reader.added("must_poll") != 0,
        }
    }

    /// Returns whether the next request must be a live poll.
    pub fn must_poll(&self) -> bool {
        self.must_poll
    }

    /// Asks for a live poll first.
    pub fn poll_first(&mut self) {
        self.must_poll = true;
    }

    /// Returns when the pause ends, if the gaps pause because a page of one failed while live polls succeed. A failing
    /// history never ends a run whose live polls succeed.
    pub fn until(&self, now: Millis) -> Option<Millis> {
        // A pause longer than the maximum means that the clock went backwards.
        let rests = 1..=REST_MS << REST_DOUBLINGS;
        self.until.filter(|until| rests.contains(&until.since(now)) && !self.must_poll)
    }

    /// Notes that a request failed.
    pub fn failed(&mut self, target: &Target, error: &Error, now: Millis) {
        if matches!((target, error), (Target::Gap(_), Error::Transient(_))) {
            let rest_ms = REST_MS << self.failures.min(REST_DOUBLINGS);
            self.failures = self.failures.saturating_add(1);
            self.must_poll = true;
            self.until = Some(now.plus(rest_ms));
        }
    }

    /// Notes that a request returned a page.
    pub fn succeeded(&mut self, target: &Target) {
        match target {
            Target::Live { .. } | Target::Start => self.must_poll = false,
            _ => *self = Self::default(),
        }
    }
}

//! The rest of gaps after a page of one failed. It is part of the state, so that a new instance waits as this one would.

use crate::ask::Target;
use crate::error::Error;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// How long gaps rest after a page of one failed: two seconds, doubled with each failure in a row, up to four minutes.
const REST_MS: i64 = 2_000;
/// See [`REST_MS`].
const REST_DOUBLINGS: u32 = 7;

/// Whether and until when gaps rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// A page of a gap failed, and no live poll has succeeded since: look whether the remote answers at all.
    must_poll: bool,
    /// When the rest ends, by the host's time.
    until: Option<Millis>,
    /// Failures in a row.
    failures: u32,
}

impl Rest {
    /// Its part of the checkpoint: nothing where nothing failed.
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

    /// Whether the next request must be a live poll.
    pub fn must_poll(&self) -> bool {
        self.must_poll
    }

    /// Asks for a live poll first.
    pub fn poll_first(&mut self) {
        self.must_poll = true;
    }

    /// Until when gaps rest, because a page of one failed while live polls succeed: a failing history never ends a run
    /// whose live polls succeed.
    pub fn until(&self, now: Millis) -> Option<Millis> {
        // A rest longer than the longest is a clock that went backwards.
        let rests = 1..=REST_MS << REST_DOUBLINGS;
        self.until.filter(|until| rests.contains(&until.since(now)) && !self.must_poll)
    }

    /// Takes in that an ask failed.
    pub fn failed(&mut self, target: &Target, error: &Error, now: Millis) {
        if matches!((target, error), (Target::Gap(_), Error::Transient(_))) {
            let rest_ms = REST_MS << self.failures.min(REST_DOUBLINGS);
            self.failures = self.failures.saturating_add(1);
            self.must_poll = true;
            self.until = Some(now.plus(rest_ms));
        }
    }

    /// Takes in that an ask brought a page.
    pub fn succeeded(&mut self, target: &Target) {
        match target {
            Target::Live { .. } | Target::Start => self.must_poll = false,
            _ => *self = Self::default(),
        }
    }
}

//! The pace: when requests may be made, for how much, and without which types. Refusals are kept, so that a new
//! instance is not refused again.

use crate::ask::{Ask, Target};
use crate::budget::Budget;
use crate::budget::allowance::{EVENT_POINTS, PAGE_POINTS};
use crate::buildkite::quota::Quota;
use crate::buildkite::response::{Later, Points};
use crate::error::Error;
use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::sync::rejected_types::Unknown;
use crate::sync::rest::Rest;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis};

/// Number of good pages at a reduced size before a larger one is tried: rare enough that at most one request in sixteen
/// is wasted on a remote that cannot do better.
const GOOD_PAGES: u32 = 16;
/// Number of refusals in a row, each for one or more unknown types, that are followed by another request at once.
/// More of them mean a long list of typos, which is not urgent.
const REFUSALS_FREE: u32 = 3;
/// Time to the next request after further refusals, in milliseconds.
const REFUSAL_MS: i64 = 1_000;
/// Maximum charge for one page that is believed, in points.
const POINTS_MAX: i64 = 1_000_000;

/// A page size below the setting, after answers that were too heavy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reduced {
    /// Current number of events per page.
    size: u32,
    /// Good pages since the size last changed.
    good: u32,
}

/// A page that arrived, as far as its price is informative.
#[derive(Debug)]
pub struct Served<'a> {
    /// The request for the page.
    pub ask: &'a Ask,
    /// Rows of the page.
    pub rows: i64,
    /// Whether its charge predicts the next live polls.
    pub is_typical: bool,
    /// Whether it was an old gap's turn.
    pub is_old: bool,
}

/// When and how requests may be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// The host's time of the last request of any kind. Kept only if the settings limit requests.
    asked: Option<Millis>,
    /// No request before this time on the host's clock.
    throttled_until: Option<Millis>,
    /// The pause of the gaps after a failed page.
    rest: Rest,
    /// A page size below the setting.
    reduced: Option<Reduced>,
    /// Types that the remote does not know.
    unknown: Unknown,
    /// What is known about the rate limits.
    budget: Budget,
}

impl Pace {
    /// Writes the pace's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.time("asked", self.asked);
        object.time("throttled_until", self.throttled_until);
        self.rest.write(object);
        if let Some(reduced) = &self.reduced {
            object.number("page_size", reduced.size.into());
            object.number("good_pages", reduced.good.into());
        }
        self.unknown.write(object);
        self.budget.write(object);
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        let asked = reader.time("asked");
        let throttled_until = reader.time("throttled_until");
        let rest = Rest::read(reader);
        let size = reader.count_or_none("page_size");
        let reduced = size.map(|size| Reduced { size, good: reader.count("good_pages") });
        let unknown = Unknown::read(reader);
        Self { asked, throttled_until, rest, reduced, unknown, budget: Budget::read(reader) }
    }

    /// Returns the invariant that this pace violates in a state with this binding, if any.
    pub fn fault(&self, binding: &Binding) -> Option<&'static str> {
        if self.reduced.as_ref().is_some_and(|reduced| reduced.size == 0) {
            Some("a page size of 0")
        } else if !binding.can_leave_out(self.unknown.names()) {
            Some("unknown types that are not requested, or no other types")
        } else {
            None
        }
    }

    /// Returns the pause of the gaps after a failed page.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Returns what is known about the rate limits.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Returns the types that the remote does not know.
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// Returns the time before which the remote asks for no request. `None` if a request may be made.
    pub fn throttled_until(&self) -> Option<Millis> {
        self.throttled_until
    }

    /// Returns the time before which no request may be made. A time more than an hour away means that the clock jumped.
    pub fn blocked_until(&self, config: &Config, now: Millis) -> Option<Millis> {
        let spaced = self.asked.filter(|asked| *asked <= now);
        let spaced = spaced.map(|asked| asked.plus(config.request_spacing_ms));
        let latest = self.throttled_until.into_iter().chain(spaced);
        latest.filter(|until| (1..=HOUR_MS).contains(&until.since(now))).max()
    }

    /// Returns the number of events per page: the setting, or less after answers that were too heavy.
    pub fn page_size(&self, config: &Config) -> u32 {
        let reduced = self.reduced.as_ref().map(|reduced| reduced.size.min(config.page_size));
        reduced.unwrap_or(config.page_size).max(1)
    }

    /// Notes that a request is about to be made.
    pub fn note_ask(&mut self, config: &Config, now: Millis) {
        if config.request_spacing_ms > 0 {
            self.asked = Some(now);
        }
    }

    /// Makes the next call look for new events, although no poll is due.
    pub fn look_now(&mut self) {
        self.rest.poll_first();
    }

    /// Continues with other settings. The new endpoint has not asked for a pause, and all types are requested.
    pub fn rebind(&mut self) {
        (self.throttled_until, self.unknown) = (None, Unknown::default());
    }

    /// Forgets points that were assumed at a portal before its requests were counted. They are never charged.
    pub fn forget_assumed(&mut self, config: &Config) {
        self.budget.forget_assumed(config);
    }

    /// Notes that a request failed.
    pub fn failed(&mut self, target: &Target, error: &Error, now: Millis) {
        self.rest.failed(target, error, now);
    }

    /// Notes that a page arrived. Returns the points it was charged, as the answer reported them, or estimated.
    pub fn served(&mut self, config: &Config, served: &Served, quota: &Quota, now: Millis) -> i64 {
        let &Served { ask, rows, is_typical, is_old } = served;
        let budget = &mut self.budget;
        let guess =
            if budget.counts_points(config) { PAGE_POINTS + EVENT_POINTS * rows } else { 0 };
        let points = quota.charged.unwrap_or(guess).min(POINTS_MAX);
        budget.note_page(rows, points);
        match ask.target {
            Target::Live { .. } | Target::Start => {
                budget.note_live(config, quota, points, is_typical, now);
            }
            Target::Gap(_) | Target::Check => budget.observe(config, quota, points, now),
        }
        if is_old {
            budget.note_old(points, now);
        }
        self.rest.succeeded(&ask.target);
        self.grow(config, ask);
        points
    }

    /// Notes that the rate limit was exceeded.
    pub fn exceeded(&mut self, config: &Config, quota: &Quota, later: Later, now: Millis) {
        let Later { wait_ms, points } = later;
        self.budget.observe(config, quota, 0, now);
        if let Some(Points { limit }) = points.filter(|_| config.endpoint.portal().is_some()) {
            self.budget.adopt_points(limit, wait_ms, now);
        }
        self.throttled_until = Some(now.plus(wait_ms));
    }

    /// Halves a page that was too heavy. Returns the new size, or `None` if it was a page of one event.
    pub fn halve(&mut self, ask: &Ask) -> Option<u32> {
        let size = (ask.first > 1).then_some(ask.first / 2)?;
        self.reduced = Some(Reduced { size, good: 0 });
        Some(size)
    }

    /// Tries a larger page after enough good pages at a reduced size.
    fn grow(&mut self, config: &Config, ask: &Ask) {
        let Some(reduced) = self.reduced.as_mut().filter(|reduced| ask.first >= reduced.size)
        else {
            return;
        };
        reduced.good = reduced.good.saturating_add(1);
        if reduced.good >= GOOD_PAGES {
            *reduced = Reduced { size: reduced.size.saturating_mul(2), good: 0 };
            if reduced.size >= config.page_size {
                self.reduced = None;
            }
        }
    }

    /// Notes that a request was refused for its types. See [`Unknown::refused`] for the first four arguments.
    pub fn refused_types(
        &mut self,
        without: &[String],
        names: Vec<String>,
        full: Option<Millis>,
        not_after: Option<Millis>,
        now: Millis,
    ) {
        self.unknown.refused(without, names, full, not_after);
        if self.unknown.refusals() > REFUSALS_FREE {
            self.throttled_until = Some(now.plus(REFUSAL_MS));
        }
    }

    /// Charges the answer that refused the types. Its cost is not documented; it counts as an empty page if the answer
    /// does not name it.
    pub fn charge_refusal(&mut self, config: &Config, quota: &Quota, now: Millis) {
        self.budget.observe(config, quota, PAGE_POINTS, now);
    }

    /// Notes that a full re-read succeeded; see [`Unknown::answered`].
    pub fn answered_types(&mut self, without: &[String], ceiling: Millis) -> Vec<String> {
        self.unknown.answered(without, ceiling)
    }
}

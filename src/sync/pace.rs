//! The pace: when the remote may be asked, for how much, and without which types. What it refused is kept, so that a new
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

/// Good pages at a reduced size before a larger one is tried: seldom enough that a remote which cannot do better is
/// asked in vain for one page in sixteen.
const GOOD_PAGES: u32 = 16;
/// Refusals in a row for types that are not known, one or more each, that are followed by another request at once: more
/// are a long list of slips, which has time.
const REFUSALS_FREE: u32 = 3;
/// Time to the next request after more of them, in milliseconds.
const REFUSAL_MS: i64 = 1_000;
/// Most points that one page is charged, whatever the remote says.
const POINTS_MAX: i64 = 1_000_000;

/// A page size below the setting, after answers that were too heavy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reduced {
    /// Events a page now.
    size: u32,
    /// Good pages since the size last changed.
    good: u32,
}

/// A page that came, as far as its price means something.
#[derive(Debug)]
pub struct Served<'a> {
    /// What was asked for.
    pub ask: &'a Ask,
    /// Rows of the page.
    pub rows: i64,
    /// What it is charged foretells the live polls to come.
    pub is_typical: bool,
    /// It was an old gap's turn.
    pub is_old: bool,
}

/// How the remote may be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// The host's time of the last ask of any kind; kept only where the settings cap requests.
    asked: Option<Millis>,
    /// No request before this time of the host.
    throttled_until: Option<Millis>,
    /// The rest of gaps after a failed page.
    rest: Rest,
    /// A page size below the setting.
    reduced: Option<Reduced>,
    /// Types that the remote does not know.
    unknown: Unknown,
    /// What is known of the rate limits.
    budget: Budget,
}

impl Pace {
    /// Its part of the checkpoint.
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

    /// What cannot be true of any pace of a state with this binding.
    pub fn fault(&self, binding: &Binding) -> Option<&'static str> {
        if self.reduced.as_ref().is_some_and(|reduced| reduced.size == 0) {
            Some("a page of no events")
        } else if !binding.can_leave_out(self.unknown.names()) {
            Some("unknown types that nobody asks for, or nothing else")
        } else {
            None
        }
    }

    /// The rest of gaps after a failed page.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// What is known of the rate limits.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Types that the remote does not know.
    pub fn unknown(&self) -> &Unknown {
        &self.unknown
    }

    /// No request before this time of the host; none: it may be asked.
    pub fn throttled_until(&self) -> Option<Millis> {
        self.throttled_until
    }

    /// The time before which no request may be made; a time more than an hour away is a clock that jumped.
    pub fn blocked_until(&self, config: &Config, now: Millis) -> Option<Millis> {
        let spaced = self.asked.filter(|asked| *asked <= now);
        let spaced = spaced.map(|asked| asked.plus(config.request_spacing_ms));
        let latest = self.throttled_until.into_iter().chain(spaced);
        latest.filter(|until| (1..=HOUR_MS).contains(&until.since(now))).max()
    }

    /// Events a page: the setting, or less after answers that were too heavy.
    pub fn page_size(&self, config: &Config) -> u32 {
        let reduced = self.reduced.as_ref().map(|reduced| reduced.size.min(config.page_size));
        reduced.unwrap_or(config.page_size).max(1)
    }

    /// A request is about to be made.
    pub fn note_ask(&mut self, config: &Config, now: Millis) {
        if config.request_spacing_ms > 0 {
            self.asked = Some(now);
        }
    }

    /// The next call looks for new events, although no poll is due.
    pub fn look_now(&mut self) {
        self.rest.poll_first();
    }

    /// Goes on with other settings: at another endpoint nothing asks to wait, and all types are asked for.
    pub fn rebind(&mut self) {
        (self.throttled_until, self.unknown) = (None, Unknown::default());
    }

    /// Before a portal's requests were counted, points were assumed there, which nobody charges.
    pub fn forget_assumed(&mut self, config: &Config) {
        self.budget.forget_assumed(config);
    }

    /// An ask failed.
    pub fn failed(&mut self, target: &Target, error: &Error, now: Millis) {
        self.rest.failed(target, error, now);
    }

    /// A page came. Returns the points it was charged, as the answer said or else as estimated.
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

    /// The rate limit is exceeded.
    pub fn exceeded(&mut self, config: &Config, quota: &Quota, later: Later, now: Millis) {
        let Later { wait_ms, points } = later;
        self.budget.observe(config, quota, 0, now);
        if let Some(Points { limit }) = points.filter(|_| config.endpoint.portal().is_some()) {
            self.budget.adopt_points(limit, wait_ms, now);
        }
        self.throttled_until = Some(now.plus(wait_ms));
    }

    /// The page was too heavy: halves it. Returns the new size; none: it was a page of one event.
    pub fn halve(&mut self, ask: &Ask) -> Option<u32> {
        let size = (ask.first > 1).then_some(ask.first / 2)?;
        self.reduced = Some(Reduced { size, good: 0 });
        Some(size)
    }

    /// After enough good pages at a reduced size, a larger one is tried again.
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

    /// An ask was refused for its types; see [`Unknown::refused`] for the first four arguments.
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

    /// The answer that refused them is charged. What it costs is not documented: as much as an empty page, where the
    /// answer does not say.
    pub fn charge_refusal(&mut self, config: &Config, quota: &Quota, now: Millis) {
        self.budget.observe(config, quota, PAGE_POINTS, now);
    }

    /// A full re-read succeeded; see [`Unknown::answered`].
    pub fn answered_types(&mut self, without: &[String], ceiling: Millis) -> Vec<String> {
        self.unknown.answered(without, ceiling)
    }
}

//! One bucket of the remote's rate limits, as an answer shows it. One of which a figure is missing is treated as if it
//! were not named.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits and buildkite.com/docs/apis/graphql/portals.

use crate::buildkite::quota::Reading;
use crate::settings::Config;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// One bucket as the last answer showed it, in points or, at a portal, in requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// What a window grants.
    pub limit: i64,
    /// What is left; may be negative, since charging comes after execution.
    pub remaining: i64,
    /// The host's time at which the window ends.
    pub resets: Millis,
    /// What was spent on old gaps in this window.
    pub old: i64,
    /// The one small live page below the reserve was asked for in this window.
    pub small: bool,
}

/// What Buildkite grants a user by default, in points for each window.
const DEFAULT_POINTS: i64 = 5_000;
/// The documented window of a point bucket, in milliseconds.
pub const WINDOW_MS: i64 = 300 * SECOND_MS;
/// Requests that an organization's portals take together in each window.
const PORTAL_REQUESTS: i64 = 200;
/// The documented window of a portal, in milliseconds.
const PORTAL_WINDOW_MS: i64 = 60 * SECOND_MS;
/// Two readings of one window's end differ by at most this.
const SAME_WINDOW_MS: i64 = 10 * SECOND_MS;

impl Bucket {
    fn full(limit: i64, resets: Millis) -> Self {
        Self { limit, remaining: limit, resets, old: 0, small: false }
    }

    /// What to go by while no answer names a point bucket: a user's default, counted by our own charges. Cautious rather
    /// than unbounded, and never a stop, since its window ends.
    pub fn assumed(now: Millis) -> Self {
        Self::full(DEFAULT_POINTS, now.plus(WINDOW_MS))
    }

    /// What to go by while no answer of a portal names its bucket: the documented limit, counted by ourselves.
    pub fn portal(now: Millis) -> Self {
        Self::full(PORTAL_REQUESTS, now.plus(PORTAL_WINDOW_MS))
    }

    /// A bucket that a 429 names as exhausted, for this long.
    pub fn exhausted(limit: Option<i64>, wait_ms: i64, now: Millis) -> Self {
        let limit = limit.unwrap_or(DEFAULT_POINTS);
        Self { remaining: 0, ..Self::full(limit, now.plus(wait_ms)) }
    }

    /// Its part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.number("limit", self.limit);
        object.number("remaining", self.remaining);
        object.time("resets", Some(self.resets));
        object.number("old", self.old);
        object.number("small", self.small.into());
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        let (limit, remaining) = (reader.number("limit"), reader.number("remaining"));
        let (old, small) = (reader.added("old"), reader.added("small") != 0);
        Self { limit, remaining, resets: reader.needed("resets"), old, small }
    }

    /// The bucket that an answer shows, `last` as the answer before did. None: a figure is missing.
    pub fn shown(reading: Reading, last: Option<&Self>, now: Millis) -> Option<Self> {
        let Reading { limit: Some(limit), remaining: Some(remaining), reset: Some(seconds) } =
            reading
        else {
            return None;
        };
        let seconds = seconds.clamp(0, HOUR_MS / SECOND_MS);
        // The second more is the one that the answer cannot show. Not further away than an hour, or it would be taken
        // for a clock that jumped.
        let resets = now.plus((seconds + 1) * SECOND_MS).min(now.plus(HOUR_MS));
        let bucket = Self { remaining, ..Self::full(limit.max(1), resets) };
        Some(match last {
            Some(last) if last.is_same_window(resets) => Self {
                resets: last.resets.max(resets).min(now.plus(HOUR_MS)),
                old: last.old,
                small: last.small,
                ..bucket
            },
            _ => bucket,
        })
    }

    /// The same bucket with its next window.
    pub fn renewed(&self, now: Millis) -> Self {
        Self::full(self.limit, now.plus(WINDOW_MS))
    }

    /// Whether its window has not ended. A reset more than an hour away is not a reset but a clock that jumped.
    pub fn is_open(&self, now: Millis) -> bool {
        (1..=HOUR_MS).contains(&self.resets.since(now))
    }

    /// Whether a window that ends then is this one: two readings of its end differ by a second or so, since an
    /// answer counts whole seconds and the request takes time.
    pub fn is_same_window(&self, resets: Millis) -> bool {
        self.resets.since(resets).abs() <= SAME_WINDOW_MS
    }

    /// The bucket as the last answer showed it, for a person.
    pub fn summary(&self, name: &str, unit: &str) -> String {
        let Self { limit, remaining, resets, .. } = self;
        format!("{name}: {remaining} of {limit} {unit} left until {resets}")
    }

    /// What is left to others.
    fn reserve(&self, config: &Config) -> i64 {
        self.limit.max(0).saturating_mul(config.reserve_percent) / 100
    }

    /// What is left above the reserve.
    pub fn available(&self, config: &Config) -> i64 {
        self.remaining.saturating_sub(self.reserve(config))
    }

    /// A quarter of what we may use in a window: what the old gaps keep.
    pub fn quarter(&self, config: &Config) -> i64 {
        self.limit.saturating_sub(self.reserve(config)) / 4
    }

    /// That quarter, less what old gaps have already had of it.
    pub fn old_share(&self, config: &Config) -> i64 {
        self.quarter(config).saturating_sub(self.old).max(0)
    }

    /// Spends, where the answer does not say what is left.
    pub fn spend(&mut self, cost: i64) {
        self.remaining = self.remaining.saturating_sub(cost);
    }
}

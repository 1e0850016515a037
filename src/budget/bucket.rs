//! One rate-limit bucket, as an answer shows it. A bucket with a missing figure is treated as if it were not named.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits and buildkite.com/docs/apis/graphql/portals.

use crate::buildkite::quota::Reading;
use crate::settings::Config;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::{HOUR_MS, Millis, SECOND_MS};

/// One bucket as the last answer showed it, in points or, for a portal, in requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Total for each window.
    pub limit: i64,
    /// Amount left. May be negative, since the charge comes after execution.
    pub remaining: i64,
    /// The time on the host's clock at which the window ends.
    pub resets: Millis,
    /// Amount spent on old gaps in this window.
    pub old: i64,
    /// Whether the one small live page below the reserve has been requested in this window.
    pub small: bool,
}

/// Buildkite's default for a user, in points per window.
const DEFAULT_POINTS: i64 = 5_000;
/// The documented window of a point bucket, in milliseconds.
pub const WINDOW_MS: i64 = 300 * SECOND_MS;
/// Number of requests per window that an organization's portals share.
const PORTAL_REQUESTS: i64 = 200;
/// The documented window of a portal, in milliseconds.
const PORTAL_WINDOW_MS: i64 = 60 * SECOND_MS;
/// Maximum difference between two readings of the end of the same window.
const SAME_WINDOW_MS: i64 = 10 * SECOND_MS;

impl Bucket {
    fn full(limit: i64, resets: Millis) -> Self {
        Self { limit, remaining: limit, resets, old: 0, small: false }
    }

    /// Returns the bucket to assume while no answer names a point bucket: the default of a user, counted by our own
    /// charges. It is cautious rather than unbounded, and never stops the source, since its window ends.
    pub fn assumed(now: Millis) -> Self {
        Self::full(DEFAULT_POINTS, now.plus(WINDOW_MS))
    }

    /// Returns the bucket to assume while no answer of a portal names one: the documented limit, counted by our own
    /// requests.
    pub fn portal(now: Millis) -> Self {
        Self::full(PORTAL_REQUESTS, now.plus(PORTAL_WINDOW_MS))
    }

    /// Returns a bucket that a 429 reports as exhausted, for `wait_ms` milliseconds.
    pub fn exhausted(limit: Option<i64>, wait_ms: i64, now: Millis) -> Self {
        let limit = limit.unwrap_or(DEFAULT_POINTS);
        Self { remaining: 0, ..Self::full(limit, now.plus(wait_ms)) }
    }

    /// Writes this bucket's part of the checkpoint.
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

    /// Returns the bucket that an answer shows, where `last` is the bucket after the previous answer.
    ///
    /// Returns `None` if a figure is missing.
    pub fn shown(reading: Reading, last: Option<&Self>, now: Millis) -> Option<Self> {
        let Reading { limit: Some(limit), remaining: Some(remaining), reset: Some(seconds) } =
            reading
        else {
            return None;
        };
        let seconds = seconds.clamp(0, HOUR_MS / SECOND_MS);
        // One second more, for the fraction that the answer cannot show. At most an hour away; anything later would be
        // treated as a clock jump.
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

    /// Returns the same bucket at the start of its next window.
    pub fn renewed(&self, now: Millis) -> Self {
        Self::full(self.limit, now.plus(WINDOW_MS))
    }

    /// Returns whether the window is still open. A reset more than an hour away means that the clock jumped.
    pub fn is_open(&self, now: Millis) -> bool {
        (1..=HOUR_MS).contains(&self.resets.since(now))
    }

    /// Returns whether a window that ends at `resets` is this one. Two readings of the same end differ by about a
    /// second, since an answer counts whole seconds and the request takes time.
    pub fn is_same_window(&self, resets: Millis) -> bool {
        self.resets.since(resets).abs() <= SAME_WINDOW_MS
    }

    /// Describes the bucket for the operator, as the last answer showed it.
    pub fn summary(&self, name: &str, unit: &str) -> String {
        let Self { limit, remaining, resets, .. } = self;
        format!("{name}: {remaining} of {limit} {unit} left until {resets}")
    }

    /// Returns the amount that is reserved for others.
    fn reserve(&self, config: &Config) -> i64 {
        self.limit.max(0).saturating_mul(config.reserve_percent) / 100
    }

    /// Returns the amount left above the reserve.
    pub fn available(&self, config: &Config) -> i64 {
        self.remaining.saturating_sub(self.reserve(config))
    }

    /// Returns a quarter of the usable amount per window, which is the share of the old gaps.
    pub fn quarter(&self, config: &Config) -> i64 {
        self.limit.saturating_sub(self.reserve(config)) / 4
    }

    /// Returns what is left of the old gaps' quarter.
    pub fn old_share(&self, config: &Config) -> i64 {
        self.quarter(config).saturating_sub(self.old).max(0)
    }

    /// Spends `cost`, where the answer does not say what is left.
    pub fn spend(&mut self, cost: i64) {
        self.remaining = self.remaining.saturating_sub(cost);
    }
}

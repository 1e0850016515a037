//! One bucket of the remote's rate limits, as the headers of an answer show it. A header that is missing, stands for no
//! whole number or contradicts itself is as if the bucket were not named; of a header that comes twice, the first counts.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits.

use crate::settings::Config;
use crate::time::{HOUR_MS, Millis, SECOND_MS};

/// One bucket as the last answer showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Points a window grants.
    pub limit: i64,
    /// Points left; may be negative, since charging comes after execution.
    pub remaining: i64,
    /// The host's time at which the window ends.
    pub resets: Millis,
}

/// What Buildkite grants a user by default, in points for each window.
const DEFAULT_POINTS: i64 = 5_000;
/// The documented window of a bucket, in milliseconds.
pub const WINDOW_MS: i64 = 300 * SECOND_MS;

impl Bucket {
    /// What to go by while no answer names a bucket: a user's default, counted by our own charges. Cautious rather than
    /// unbounded, and never a stop, since its window ends.
    pub fn assumed(now: Millis) -> Self {
        Self { limit: DEFAULT_POINTS, remaining: DEFAULT_POINTS, resets: now.plus(WINDOW_MS) }
    }

    /// Whether its window has not ended. A reset further away than an hour is no reset but a clock that jumped.
    pub fn is_open(&self, now: Millis) -> bool {
        (1..=HOUR_MS).contains(&self.resets.since(now))
    }
}

/// Points of a bucket that are left to others.
pub fn reserve(config: &Config, bucket: &Bucket) -> i64 {
    bucket.limit.max(0).saturating_mul(config.reserve_percent) / 100
}

/// Two readings of one window's end differ by a second or so, since the header counts whole seconds and the request
/// takes time; they are one and the same window.
const SAME_WINDOW_MS: i64 = 10 * SECOND_MS;

/// Whether two ends are those of one window.
pub fn same_window(one: Option<Millis>, other: Millis) -> bool {
    one.is_some_and(|one| one.since(other).abs() <= SAME_WINDOW_MS)
}

/// What the headers with this prefix say; `last`: what they said before.
pub fn bucket(
    headers: &[(String, String)],
    prefix: &str,
    now: Millis,
    last: Option<&Bucket>,
) -> Option<Bucket> {
    let field = |name: &str| number(headers, &format!("{prefix}{name}"));
    let seconds = field("reset")?.clamp(0, HOUR_MS / SECOND_MS);
    // The second more is the one that the header cannot show.
    let resets = now.plus((seconds + 1) * SECOND_MS);
    let resets = match last {
        Some(last) if same_window(Some(last.resets), resets) => last.resets.max(resets),
        _ => resets,
    };
    // Not further away than an hour, or it would be taken for a clock that jumped.
    let resets = resets.min(now.plus(HOUR_MS));
    Some(Bucket { limit: field("limit")?.max(1), remaining: field("remaining")?, resets })
}

/// A whole number from the header of this (lower-case) name.
pub fn number(headers: &[(String, String)], name: &str) -> Option<i64> {
    header(headers, name)?.trim_ascii().parse().ok()
}

/// The value of the first header of this (lower-case) name.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

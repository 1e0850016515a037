//! The ranges and defaults of the settings. The check uses them; tests compare the JSON Schema and `docs/settings.md`
//! with them.

/// A setting that is a whole number.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The key.
    pub key: &'static str,
    /// The minimum.
    pub least: i64,
    /// The maximum.
    pub most: i64,
    /// The value if the key is absent.
    pub default: i64,
}

/// Maximum number of events per page. Buildkite's limit is 500
/// (buildkite.com/docs/apis/graphql/graphql-resource-limits).
pub const PAGE_SIZE: Range = Range { key: "page_size", least: 1, most: 500, default: 500 };

/// How late an event may become visible.
pub const LOOKBACK: Range =
    Range { key: "lookback_seconds", least: 1, most: DAY_SECONDS, default: 300 };

/// Time between two polls.
pub const POLL_INTERVAL: Range =
    Range { key: "poll_interval_seconds", least: 1, most: DAY_SECONDS, default: 60 };

/// Share of each rate-limit bucket left to others.
pub const RESERVE: Range = Range { key: "reserve_percent", least: 0, most: 90, default: 25 };

/// Every setting that is a whole number.
pub const NUMBERS: [Range; 4] = [PAGE_SIZE, LOOKBACK, POLL_INTERVAL, RESERVE];

/// A day, in seconds: a longer lookback or interval is more likely a typo than intended.
const DAY_SECONDS: i64 = 86_400;

/// The minimum and maximum rate of `rate_limit`.
pub const RATE: (i64, i64) = (1, 100_000);

/// Maximum length of a slug. Buildkite names no limit.
pub const SLUG_CHARS_MAX: usize = 200;

/// Maximum number of names in a type list. Buildkite has 184 types, and the list is sent with every request.
pub const TYPES_MAX: usize = 500;

/// Maximum length of the name of a type. Buildkite's longest has about 50.
pub const TYPE_CHARS_MAX: usize = 100;

//! Options of a fake Buildkite: the size of its world, its account, its quirks. Everything has a
//! default, so a test sets only what matters to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::accounts::Accounts;
use crate::fault::FaultHook;

/// The slug of the only organization, unless [`Options::slug`] says otherwise.
pub const SLUG: &str = "example-org";

/// The accepted token, unless [`Options::token`] says otherwise. It is not a real token.
pub const TOKEN: &str = "bkua_0123456789abcdef0123456789abcdef01234567";

/// The slug of the only portal, which stores [`Options::query`].
pub const PORTAL: &str = "audit-log";

/// The connector's own query. The truth is rendered with its selection.
pub const QUERY: &str = include_str!("../../../src/buildkite/query.graphql");

/// A clock that returns the time in milliseconds since 1970. Tests set their own; the default is the system clock.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How to start a [`FakeBuildkite`](crate::FakeBuildkite).
#[derive(Clone)]
pub struct Options {
    /// Determines every event. The same seed with more events extends the same sequence.
    pub seed: u64,
    /// Number of events that exist initially, from 2025-01-01T00:00:00Z on, about 10 s apart.
    pub events: u64,
    /// The slug of the only organization; any other is answered with `organization: null`.
    pub slug: String,
    /// The only accepted token.
    pub token: String,
    /// What else is accepted.
    pub accounts: Accounts,
    /// A token that is known but lacks the GraphQL scope; it is answered with 403.
    pub token_without_graphql: Option<String>,
    /// If set, the account may not see audit events: `allowed: false` and `auditEvents: null`.
    pub denied: Option<Denied>,
    /// Choices where the documentation leaves room or Buildkite was seen to misbehave.
    pub quirks: Quirks,
    /// The rate limits.
    pub limits: Limits,
    /// Rate of additional events that occur while the server runs, at the clock's time. 0 for none.
    pub live_per_minute: f64,
    /// The faults to inject.
    pub fault: Option<FaultHook>,
    /// The clock for events, rate-limit windows and `Date`.
    pub clock: Clock,
    /// The address to listen on; loopback only. Port 0 picks a free port.
    pub listen: SocketAddr,
    /// The query whose selection under `edges { node }` determines the shape of
    /// [`Truth::node`](crate::Truth::node).
    pub query: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            events: 1_000,
            slug: SLUG.to_owned(),
            token: TOKEN.to_owned(),
            accounts: Accounts::default(),
            token_without_graphql: None,
            denied: None,
            quirks: Quirks::default(),
            limits: Limits::generous(),
            live_per_minute: 0.0,
            fault: None,
            clock: system_clock(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            query: QUERY.to_owned(),
        }
    }
}

/// Why `permissions.auditEventsView` is refused. The values are free text, since Buildkite documents
/// none.
#[derive(Clone, Debug)]
pub struct Denied {
    /// `Permission.code`.
    pub code: String,
    /// `Permission.message`.
    pub message: String,
}

/// Behavior that Buildkite does not document, or once got wrong. The default is the friendliest reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// `occurredAtFrom` keeps an event at exactly that microsecond.
    pub from_inclusive: bool,
    /// `occurredAtTo` keeps an event at exactly that microsecond.
    pub to_inclusive: bool,
    /// Events of the same microsecond are listed in creation order, instead of the reverse.
    pub ties_reversed: bool,
    /// Pages are shorter than requested, but never empty; `hasNextPage` stays correct.
    pub short_pages: bool,
    /// A full page of at least [`FULL_PAGE_ROWS_MIN`] rows says `hasNextPage: false` although more
    /// rows follow (seen in 2018, buildkite/docs issue 190). Its `endCursor` still works.
    pub false_has_next_on_full: bool,
    /// A portal's answer is wrapped in `data`, like the API's.
    pub wrapped_portal: bool,
    /// A portal charges points too, which its documentation does not mention.
    pub portal_charges_points: bool,
}

/// The smallest page affected by [`Quirks::false_has_next_on_full`]. Smaller pages are correct, since
/// the real fault affected large pages; a client that confirms the end with a small page can detect
/// it.
pub const FULL_PAGE_ROWS_MIN: usize = 10;

impl Default for Quirks {
    fn default() -> Self {
        Self {
            from_inclusive: true,
            to_inclusive: true,
            ties_reversed: false,
            short_pages: false,
            false_has_next_on_full: false,
            wrapped_portal: true,
            portal_charges_points: false,
        }
    }
}

/// The complexity points that the user and the organization may spend per window, and the requests allowed to the
/// organization's portals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Points per user and window.
    pub user_points: i64,
    /// Points per organization and window.
    pub organization_points: i64,
    /// Length of a window in seconds, counted from its first request.
    pub window_seconds: u64,
    /// Requests per minute to the organization's portals.
    pub portal_requests: i64,
}

impl Limits {
    /// Returns Buildkite's documented defaults.
    #[must_use]
    pub const fn buildkite() -> Self {
        Self {
            user_points: 5_000,
            organization_points: 20_000,
            window_seconds: 300,
            portal_requests: 200,
        }
    }

    /// Returns limits that no test reaches by accident.
    #[must_use]
    pub const fn generous() -> Self {
        Self {
            user_points: 1_000_000_000,
            organization_points: 1_000_000_000,
            window_seconds: 300,
            portal_requests: 1_000_000_000,
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "it is the clock that tests replace")]
fn system_clock() -> Clock {
    Arc::new(|| {
        // A clock before 1970 counts as 1970; a clock past the year 500,000,000 does not occur.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

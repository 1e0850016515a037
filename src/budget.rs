//! Points of the remote's rate limits: what is left, what a page costs, and how much of it is ours.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits. Two buckets, of the organization and of the user,
//! are shared with everything else the company runs; both are charged by actual complexity after execution.

use crate::settings::Config;
use crate::time::{HOUR_MS, Millis, SECOND_MS};

/// Points of the objects around the events: organization, permissions, view, connection, page info, edges.
pub const PAGE_POINTS: i64 = 6;
/// Points an event at most: the node, its actor, subject and context.
pub const EVENT_POINTS: i64 = 4;
/// Fewer events than this a page cost more than 4.1 points each; rather wait than ask for less.
pub const WORTHWHILE: u32 = 60;
/// Events of the one live page that may be asked for in a window even below the reserve.
pub const SMALL_PAGE: i64 = 25;

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

/// What is known of both buckets and of our own spending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Shared by all users and tools of the organization.
    pub organization: Option<Bucket>,
    /// Of the user the token belongs to.
    pub user: Option<Bucket>,
    /// What the last live poll was charged.
    pub live_points: i64,
    /// What was spent on old gaps in the window that ends at `window`.
    pub old_points: i64,
    /// End of the window that `old_points` belongs to.
    pub window: Option<Millis>,
    /// End of the window in which the small live page below the reserve was asked for.
    pub small_asked: Option<Millis>,
}

/// What an ask may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A page of at most this many events.
    Page(u32),
    /// Nothing before this time of the host.
    Wait(Millis),
}

impl Budget {
    /// The buckets whose window has not ended. A reset further away than an hour is no reset but a clock that jumped.
    fn open_windows(&self, now: Millis) -> Vec<&Bucket> {
        let mut open = Vec::new();
        for bucket in [&self.organization, &self.user].into_iter().flatten() {
            if (1..=HOUR_MS).contains(&bucket.resets.since(now)) {
                open.push(bucket);
            }
        }
        open
    }

    /// Points left above the reserve, in the tighter bucket; none: unknown, so not limited.
    fn available(&self, config: &Config, now: Millis) -> Option<i64> {
        self.open_windows(now)
            .iter()
            .map(|bucket| bucket.remaining.saturating_sub(reserve(config, bucket)))
            .min()
    }

    /// When there are points again: the later end of the open windows.
    fn resets(&self, now: Millis) -> Millis {
        self.open_windows(now).iter().map(|bucket| bucket.resets).max().unwrap_or(now)
    }

    /// A quarter of what we may use in a window: what the old gaps keep.
    fn quarter(&self, config: &Config, now: Millis) -> i64 {
        let usable = |bucket: &&Bucket| bucket.limit.saturating_sub(reserve(config, bucket));
        self.open_windows(now).iter().map(usable).min().unwrap_or(0) / 4
    }

    /// That quarter, less what old gaps have already had of it.
    fn old_share(&self, config: &Config, now: Millis) -> i64 {
        let spent = if same_window(self.window, self.resets(now)) { self.old_points } else { 0 };
        self.quarter(config, now).saturating_sub(spent).max(0)
    }

    /// What the next live poll will cost, as far as the last ones tell.
    fn poll_points(&self) -> i64 {
        self.live_points.max(PAGE_POINTS + EVENT_POINTS)
    }

    /// What the live polls that are due before the reset will cost.
    fn live_need(&self, config: &Config, now: Millis) -> i64 {
        let polls = self.resets(now).since(now) / config.poll_interval_ms + 1;
        polls.saturating_mul(self.poll_points())
    }

    /// What a live poll may take: all down to the reserve, and one small page a window even below it.
    pub fn for_live(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        let Some(available) = self.available(config, now) else { return Allowance::Page(page) };
        let small = page.min(SMALL_PAGE as u32);
        if available >= self.poll_points() {
            // A poll is charged for what it brings, and most bring little: a small page is always worth asking for.
            Allowance::Page(page.min(events_for(available)).max(small))
        } else if !same_window(self.small_asked, self.resets(now)) && self.has_any(now) {
            Allowance::Page(small)
        } else {
            Allowance::Wait(self.resets(now))
        }
    }

    /// Whether a request would not run into an empty bucket.
    fn has_any(&self, now: Millis) -> bool {
        self.open_windows(now).iter().all(|bucket| bucket.remaining > 0)
    }

    /// What the rest of the newest gap may take while an older one is open: all but the share of the old.
    pub fn for_newest(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        let spare = |available: i64| available.saturating_sub(self.old_share(config, now));
        self.page_within(config, self.available(config, now).map(spare), page, now)
    }

    /// What an old gap, or the only one, may take: what the live polls leave, or at least its share.
    pub fn for_old(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        let after_live = |available: i64| {
            available
                .saturating_sub(self.live_need(config, now))
                .max(available.min(self.old_share(config, now)))
        };
        self.page_within(config, self.available(config, now).map(after_live), page, now)
    }

    /// A page that fits into these points, unless too few events would fit; what a whole quarter buys is never too few.
    fn page_within(
        &self,
        config: &Config,
        points: Option<i64>,
        page: u32,
        now: Millis,
    ) -> Allowance {
        let Some(points) = points else { return Allowance::Page(page) };
        let fits = events_for(points);
        let least = WORTHWHILE.min(events_for(self.quarter(config, now)).max(1));
        match fits >= page.min(least) {
            true => Allowance::Page(page.min(fits)),
            false => Allowance::Wait(self.resets(now)),
        }
    }

    /// Takes in what the answer to a live ask says. What it was charged foretells the next polls only if it `is_typical`:
    /// the first page of a backfill or after an outage is not.
    pub fn note_live(
        &mut self,
        config: &Config,
        headers: &[(String, String)],
        points: i64,
        is_typical: bool,
        now: Millis,
    ) {
        let was_below = self.available(config, now).is_some_and(|left| left < self.poll_points());
        self.observe(headers, now);
        if was_below {
            self.small_asked = Some(self.resets(now));
        }
        if is_typical {
            self.live_points = points;
        }
    }

    /// Adds what an old gap was charged.
    pub fn note_old(&mut self, points: i64, now: Millis) {
        let window = self.resets(now);
        if !same_window(self.window, window) {
            (self.window, self.old_points) = (Some(window), 0);
        }
        self.old_points = self.old_points.saturating_add(points);
    }

    /// Takes in what an answer's headers say; headers that are missing or no numbers change nothing.
    pub fn observe(&mut self, headers: &[(String, String)], now: Millis) {
        if let Some(bucket) = bucket(headers, "ratelimit-", now, self.organization.as_ref()) {
            self.organization = Some(bucket);
        }
        if let Some(bucket) = bucket(headers, "ratelimit-user-", now, self.user.as_ref()) {
            self.user = Some(bucket);
        }
    }
}

fn reserve(config: &Config, bucket: &Bucket) -> i64 {
    bucket.limit.max(0).saturating_mul(config.reserve_percent) / 100
}

/// Events whose page costs at most this many points.
fn events_for(points: i64) -> u32 {
    // More than any page holds is as good as no bound.
    (points.saturating_sub(PAGE_POINTS) / EVENT_POINTS).clamp(0, 1_000_000) as u32
}

/// Two readings of one window's end differ by a second or so, since the header counts whole seconds and the request
/// takes time; they are one and the same window.
const SAME_WINDOW_MS: i64 = 10 * SECOND_MS;

fn same_window(one: Option<Millis>, other: Millis) -> bool {
    one.is_some_and(|one| one.since(other).abs() <= SAME_WINDOW_MS)
}

fn bucket(
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

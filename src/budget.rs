//! Points of the remote's rate limits: what is left, what a page costs, and how much of it is ours.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits. Two buckets, of the organization and of the user,
//! are shared with everything else the company runs; both are charged by actual complexity after execution.

use crate::bucket::{Bucket, WINDOW_MS, bucket, header, reserve, same_window};
use crate::settings::Config;
use crate::time::Millis;

/// Points of the objects around the events: organization, permissions, view, connection, page info, edges.
pub const PAGE_POINTS: i64 = 6;
/// Points an event at most, by the documented counting: the node, its actor, subject and context.
pub const EVENT_POINTS: i64 = 4;
/// A page of at least so many events tells what an event is really charged.
const TELLING_ROWS: i64 = 20;
/// A re-read that takes more than this share of a window, in percent, is worth a word.
const REREAD_PERCENT: i64 = 10;
/// Fewer events than this a page cost more than 4.1 points each; rather wait than ask for less.
pub const WORTHWHILE: u32 = 60;
/// Events of the one live page that may be asked for in a window even below the reserve.
pub const SMALL_PAGE: i64 = 25;

/// What is known of both buckets and of our own spending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Shared by all users and tools of the organization.
    pub organization: Option<Bucket>,
    /// Of the user the token belongs to.
    pub user: Option<Bucket>,
    /// What the last live poll was charged.
    pub live_points: i64,
    /// What an event was charged last, rounded up; 0: not known yet.
    pub event_points: i64,
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
    /// The buckets whose window has not ended.
    fn open_windows(&self, now: Millis) -> Vec<&Bucket> {
        let mut open = Vec::new();
        for bucket in [&self.organization, &self.user].into_iter().flatten() {
            if bucket.is_open(now) {
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
        self.live_points.max(PAGE_POINTS + self.per_event())
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
            Allowance::Page(page.min(self.events_for(available)).max(small))
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
        let fits = self.events_for(points);
        let least = WORTHWHILE.min(self.events_for(self.quarter(config, now)).max(1));
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
        self.observe(headers, points, now);
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

    /// Takes in what an answer's headers say, and what it was charged, which counts where they say nothing.
    pub fn observe(&mut self, headers: &[(String, String)], points: i64, now: Millis) {
        // A portal's headers count requests, which its own pace takes care of.
        let named = match header(headers, "ratelimit-scope") == Some("portal") {
            true => [None, None],
            false => [
                bucket(headers, "ratelimit-", now, self.organization.as_ref()),
                bucket(headers, "ratelimit-user-", now, self.user.as_ref()),
            ],
        };
        if named == [None, None] {
            if self.open_windows(now).is_empty() {
                self.user = Some(Bucket::assumed(now));
            }
            let buckets = [&mut self.organization, &mut self.user];
            for bucket in buckets.into_iter().flatten().filter(|bucket| bucket.is_open(now)) {
                bucket.remaining = bucket.remaining.saturating_sub(points);
            }
        }
        let [organization, user] = named;
        self.organization = organization.or(self.organization.take());
        self.user = user.or(self.user.take());
    }

    /// Takes in what a page of so many events was charged.
    pub fn note_page(&mut self, rows: i64, points: i64) {
        if rows >= TELLING_ROWS {
            let above = points.saturating_sub(PAGE_POINTS).max(0);
            self.event_points = (above.saturating_add(rows - 1) / rows).clamp(1, 1_000);
        }
    }

    fn per_event(&self) -> i64 {
        if self.event_points > 0 { self.event_points } else { EVENT_POINTS }
    }

    /// Events whose page costs at most this many points.
    fn events_for(&self, points: i64) -> u32 {
        // More than any page holds is as good as no bound.
        (points.saturating_sub(PAGE_POINTS) / self.per_event()).clamp(0, 1_000_000) as u32
    }

    /// What to tell the operator when reading so many known events again takes a notable part of the budget.
    pub fn rereading(&self, config: &Config, events: usize) -> Option<String> {
        let limits = [&self.organization, &self.user].into_iter().flatten();
        let limit = limits.map(|bucket| bucket.limit).min()?;
        let every_ms = config.lookback_ms.max(config.poll_interval_ms);
        let points = (events as i64).saturating_mul(self.per_event());
        let share = points.saturating_mul(WINDOW_MS) / every_ms;
        (share.saturating_mul(100) > limit.saturating_mul(REREAD_PERCENT)).then(|| {
            format!(
                "looking for late events reads {events} known ones again, {points} points each \
                 time; a smaller lookback_seconds costs less"
            )
        })
    }
}

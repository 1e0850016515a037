//! The remote's rate limits: what is left, what a page costs, and how much of it is ours.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits. The two point buckets, of the organization and of
//! the user, are shared with everything else the company runs. Both are charged by actual complexity after execution. A
//! portal counts requests instead (buildkite.com/docs/apis/graphql/portals), and points only once it has mentioned
//! them.

pub mod bucket;

pub mod buckets;

pub mod allowance;

use crate::budget::allowance::{
    Allowance, Cost, EVENT_POINTS, PAGE_POINTS, SMALL_PAGE, least_page, page_within,
};
use crate::budget::bucket::{Bucket, WINDOW_MS};
use crate::budget::buckets::Buckets;
use crate::buildkite::quota::Quota;
use crate::settings::Config;
use crate::text::object::Object;
use crate::text::reader::Reader;
use crate::text::time::Millis;

/// A page of at least this many events shows what an event is really charged.
const TELLING_ROWS: i64 = 20;
/// Share of a window, in percent, above which a re-read is worth a note.
const REREAD_PERCENT: i64 = 10;

/// The known buckets and our own spending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    buckets: Buckets,
    /// Charge for the last live poll.
    live_points: i64,
    /// Last charge per event, rounded up. 0 if not known yet.
    event_points: i64,
}

impl Budget {
    /// Writes the budget's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        self.buckets.write(object);
        object.number("live_points", self.live_points);
        object.number("event_points", self.event_points);
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        let mut budget = Self {
            buckets: Buckets::read(reader),
            live_points: reader.number("live_points"),
            event_points: reader.added("event_points"),
        };
        budget.buckets.read_shared(reader);
        budget
    }

    /// Returns the buckets.
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// Forgets points that were assumed at a portal before its requests were counted. They are never charged.
    pub fn forget_assumed(&mut self, config: &Config) {
        self.buckets.forget_assumed(config);
    }

    /// Returns the buckets whose window is open, each with its cost.
    fn open(&self, now: Millis) -> Vec<(&Bucket, Cost)> {
        let event = self.points_per_event();
        let poll = self.live_points.max(PAGE_POINTS + event);
        let points = Cost { page: PAGE_POINTS, event, poll };
        let requests = Cost { page: 1, event: 0, poll: 1 };
        let costs = [points, points, requests];
        let all = self.buckets.all().into_iter().zip(costs);
        all.filter_map(|(bucket, cost)| Some((bucket.filter(|it| it.is_open(now))?, cost)))
            .collect()
    }

    /// Returns what every open bucket allows. Only buckets that do not allow a page are waited for.
    fn allowed(
        &self,
        page: u32,
        now: Millis,
        allows: impl Fn(&Bucket, Cost) -> Allowance,
    ) -> Allowance {
        let open = self.open(now);
        open.into_iter().fold(Allowance::Page(page), |allowed, (bucket, cost)| {
            allowed.and(allows(bucket, cost))
        })
    }

    /// Returns what a live poll may take: everything above the reserve, and one small page per window even below it.
    pub fn for_live(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        let small = page.min(SMALL_PAGE as u32);
        self.allowed(page, now, |bucket, cost| {
            let available = bucket.available(config);
            if available >= cost.poll {
                // A poll is charged for the events it returns, usually few, so a small page is always worth requesting.
                Allowance::Page(cost.events_for(available).max(small))
            } else if !bucket.small && bucket.remaining > 0 {
                Allowance::Page(small)
            } else {
                Allowance::Wait(bucket.resets)
            }
        })
    }

    /// Returns what the rest of the newest gap may take while an older one is open: everything except the old gaps'
    /// share.
    pub fn for_newest(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        self.allowed(page, now, |bucket, cost| {
            let spare = bucket.available(config).saturating_sub(bucket.old_share(config));
            page_within(config, bucket, cost, spare, page)
        })
    }

    /// Returns what an old gap, or the only one, may take: what is left after the live polls that are due before the
    /// reset, or at least its own share. The fewer polls remain, the more is left, so a wait may end before the reset.
    pub fn for_old(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        self.allowed(page, now, |bucket, cost| {
            let available = bucket.available(config);
            let polls = bucket.resets.since(now) / config.poll_interval_ms + 1;
            let after_live = available.saturating_sub(polls.saturating_mul(cost.poll));
            let amount = after_live.max(available.min(bucket.old_share(config)));
            match page_within(config, bucket, cost, amount, page) {
                Allowance::Wait(resets) => {
                    let least = cost.of(page.min(least_page(config, bucket, cost)));
                    let polls = (available.saturating_sub(least) / cost.poll).max(0);
                    let enough = resets.plus(1 - polls.saturating_mul(config.poll_interval_ms));
                    Allowance::Wait(if polls > 0 { enough.max(now.plus(1)) } else { resets })
                }
                page => page,
            }
        })
    }

    /// Processes the quota in the answer to a live poll. Its charge predicts the next polls only if it `is_typical`:
    /// the first page of a backfill or after an outage is not.
    pub fn note_live(
        &mut self,
        config: &Config,
        quota: &Quota,
        points: i64,
        is_typical: bool,
        now: Millis,
    ) {
        let is_below = |(bucket, cost): &(&Bucket, Cost)| bucket.available(config) < cost.poll;
        let below: Vec<Millis> =
            self.open(now).iter().filter(|open| is_below(open)).map(|open| open.0.resets).collect();
        self.observe(config, quota, points, now);
        self.buckets.note_small(&below);
        if is_typical {
            self.live_points = points;
        }
    }

    /// Adds the charge for a page of an old gap.
    pub fn note_old(&mut self, points: i64, now: Millis) {
        self.buckets.note_old(points, now);
    }

    /// Updates the buckets from an answer. The charge counts where the answer names no figure.
    pub fn observe(&mut self, config: &Config, quota: &Quota, points: i64, now: Millis) {
        self.buckets.observe(config, quota, points, now);
    }

    /// Notes that a portal's 429 mentioned points, so it charges them whatever the documentation says. They are counted
    /// from now on.
    pub fn adopt_points(&mut self, limit: Option<i64>, wait_ms: i64, now: Millis) {
        self.buckets.adopt_points(limit, wait_ms, now);
    }

    /// Returns whether points are charged at all, as far as is known.
    pub fn counts_points(&self, config: &Config) -> bool {
        self.buckets.counts_points(config)
    }

    /// Notes the charge for a page of this many events.
    pub fn note_page(&mut self, rows: i64, points: i64) {
        if rows >= TELLING_ROWS {
            let above = points.saturating_sub(PAGE_POINTS).max(0);
            self.event_points = (above.saturating_add(rows - 1) / rows).clamp(1, 1_000);
        }
    }

    /// Returns a note for the operator if re-reading this many known events takes a notable part of the budget.
    pub fn rereading(&self, config: &Config, events: usize) -> Option<String> {
        let limit = self.buckets.points().map(|bucket| bucket.limit).min()?;
        let every_ms = config.lookback_ms.max(config.poll_interval_ms);
        let points = (events as i64).saturating_mul(self.points_per_event());
        let share = points.saturating_mul(WINDOW_MS) / every_ms;
        (share.saturating_mul(100) > limit.saturating_mul(REREAD_PERCENT)).then(|| {
            format!(
                "the search for late events reads {events} known events again, for {points} points \
                 each time; a smaller lookback_seconds costs less"
            )
        })
    }

    fn points_per_event(&self) -> i64 {
        if self.event_points > 0 { self.event_points } else { EVENT_POINTS }
    }
}

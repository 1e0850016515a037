//! The remote's rate limits: what is left, what a page costs, and how much of it is ours.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits. Two buckets of points, of the organization and of the
//! user, are shared with everything else the company runs; both are charged by actual complexity after execution. A
//! portal counts requests instead (buildkite.com/docs/apis/graphql/portals), and points only once it has spoken of them.

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

/// A page of at least so many events tells what an event is really charged.
const TELLING_ROWS: i64 = 20;
/// A re-read that takes more than this share of a window, in percent, is worth a word.
const REREAD_PERCENT: i64 = 10;

/// What is known of the buckets and of our own spending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    buckets: Buckets,
    /// What the last live poll was charged.
    live_points: i64,
    /// What an event was charged last, rounded up; 0: not known yet.
    event_points: i64,
}

impl Budget {
    /// Its part of the checkpoint.
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

    /// The buckets.
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// Before a portal's requests were counted, points were assumed there, which nobody charges.
    pub fn forget_assumed(&mut self, config: &Config) {
        self.buckets.forget_assumed(config);
    }

    /// The buckets whose window has not ended, each with what it is charged.
    fn open(&self, now: Millis) -> Vec<(&Bucket, Cost)> {
        let event = self.points_an_event();
        let poll = self.live_points.max(PAGE_POINTS + event);
        let points = Cost { page: PAGE_POINTS, event, poll };
        let requests = Cost { page: 1, event: 0, poll: 1 };
        let costs = [points, points, requests];
        let all = self.buckets.all().into_iter().zip(costs);
        all.filter_map(|(bucket, cost)| Some((bucket.filter(|it| it.is_open(now))?, cost)))
            .collect()
    }

    /// What every open bucket allows. Only those that do not allow a page are waited for.
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

    /// What a live poll may take: all down to the reserve, and one small page a window even below it.
    pub fn for_live(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        let small = page.min(SMALL_PAGE as u32);
        self.allowed(page, now, |bucket, cost| {
            let available = bucket.available(config);
            if available >= cost.poll {
                // A poll is charged for what it brings, and most bring little: a small page is always worth asking for.
                Allowance::Page(cost.events_for(available).max(small))
            } else if !bucket.small && bucket.remaining > 0 {
                Allowance::Page(small)
            } else {
                Allowance::Wait(bucket.resets)
            }
        })
    }

    /// What the rest of the newest gap may take while an older one is open: all but the share of the old.
    pub fn for_newest(&self, config: &Config, page: u32, now: Millis) -> Allowance {
        self.allowed(page, now, |bucket, cost| {
            let spare = bucket.available(config).saturating_sub(bucket.old_share(config));
            page_within(config, bucket, cost, spare, page)
        })
    }

    /// What an old gap, or the only one, may take: what the live polls that are due before the reset leave, or at least
    /// its share. The fewer polls are left, the more there is, so a wait may end before the reset.
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

    /// Takes in what the answer to a live ask says. What it was charged foretells the next polls only if it `is_typical`:
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

    /// Adds what an old gap was charged.
    pub fn note_old(&mut self, points: i64, now: Millis) {
        self.buckets.note_old(points, now);
    }

    /// Takes in what an answer says, and what it was charged, which counts where the answer says nothing.
    pub fn observe(&mut self, config: &Config, quota: &Quota, points: i64, now: Millis) {
        self.buckets.observe(config, quota, points, now);
    }

    /// A portal's 429 spoke of points, so it charges them, whatever is documented: they are counted from here on.
    pub fn adopt_points(&mut self, limit: Option<i64>, wait_ms: i64, now: Millis) {
        self.buckets.adopt_points(limit, wait_ms, now);
    }

    /// Whether points are charged at all, as far as is known.
    pub fn counts_points(&self, config: &Config) -> bool {
        self.buckets.counts_points(config)
    }

    /// Takes in what a page of so many events was charged.
    pub fn note_page(&mut self, rows: i64, points: i64) {
        if rows >= TELLING_ROWS {
            let above = points.saturating_sub(PAGE_POINTS).max(0);
            self.event_points = (above.saturating_add(rows - 1) / rows).clamp(1, 1_000);
        }
    }

    /// What to tell the operator when reading so many known events again takes a notable part of the budget.
    pub fn rereading(&self, config: &Config, events: usize) -> Option<String> {
        let limit = self.buckets.points().map(|bucket| bucket.limit).min()?;
        let every_ms = config.lookback_ms.max(config.poll_interval_ms);
        let points = (events as i64).saturating_mul(self.points_an_event());
        let share = points.saturating_mul(WINDOW_MS) / every_ms;
        (share.saturating_mul(100) > limit.saturating_mul(REREAD_PERCENT)).then(|| {
            format!(
                "looking for late events reads {events} known ones again, {points} points each \
                 time; a smaller lookback_seconds costs less"
            )
        })
    }

    fn points_an_event(&self) -> i64 {
        if self.event_points > 0 { self.event_points } else { EVENT_POINTS }
    }
}

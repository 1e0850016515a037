//! What one bucket allows: how many events a page may have, or until when to wait.

use crate::budget::bucket::Bucket;
use crate::settings::Config;
use crate::text::time::Millis;

/// Points of the objects around the events: organization, permissions, view, connection, page info, edges.
pub const PAGE_POINTS: i64 = 6;
/// Points an event at most, by the documented counting: the node, its actor, subject and context.
pub const EVENT_POINTS: i64 = 4;
/// Fewer events than this a page cost more than 4.1 points each; rather wait than ask for less.
pub const WORTHWHILE: u32 = 60;
/// Events of the one live page that may be asked for in a window even below the reserve.
pub const SMALL_PAGE: i64 = 25;
/// More events than any page holds: as good as no bound.
const ANY: i64 = 1_000_000;

/// What an ask may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A page of at most this many events.
    Page(u32),
    /// Nothing before this time of the host.
    Wait(Millis),
}

impl Allowance {
    /// What both allow: the smaller page, or the later of the two waits.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Page(one), Self::Page(other)) => Self::Page(one.min(other)),
            (Self::Wait(one), Self::Wait(other)) => Self::Wait(one.max(other)),
            (wait @ Self::Wait(_), _) | (_, wait) => wait,
        }
    }
}

/// What a bucket is charged.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// For a page without its events.
    pub page: i64,
    /// For each event.
    pub event: i64,
    /// For the next live poll, as far as the last ones tell.
    pub poll: i64,
}

impl Cost {
    /// What a page of so many events costs.
    pub fn of(self, events: u32) -> i64 {
        self.page.saturating_add(self.event.saturating_mul(i64::from(events)))
    }

    /// Events of a page that costs at most this much.
    pub fn events_for(self, amount: i64) -> u32 {
        let events = match amount.saturating_sub(self.page) {
            short if short < 0 => 0,
            _ if self.event == 0 => ANY,
            rest => (rest / self.event).min(ANY),
        };
        events as u32
    }
}

/// Fewer events are not worth a page; what a whole quarter buys always is.
pub fn least_page(config: &Config, bucket: &Bucket, cost: Cost) -> u32 {
    WORTHWHILE.min(cost.events_for(bucket.quarter(config)).max(1))
}

/// A page that fits into this amount, unless too few events would fit.
pub fn page_within(
    config: &Config,
    bucket: &Bucket,
    cost: Cost,
    amount: i64,
    page: u32,
) -> Allowance {
    let fits = cost.events_for(amount);
    match fits >= page.min(least_page(config, bucket, cost)) {
        true => Allowance::Page(fits),
        false => Allowance::Wait(bucket.resets),
    }
}

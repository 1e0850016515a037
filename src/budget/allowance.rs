//! What one bucket allows: how many events a page may have, or how long to wait.

use crate::budget::bucket::Bucket;
use crate::settings::Config;
use crate::text::time::Millis;

/// Points of the objects around the events: organization, permissions, view, connection, page info, edges.
pub const PAGE_POINTS: i64 = 6;
/// Maximum number of points per event, by the documented counting: the node, its actor, subject and context.
pub const EVENT_POINTS: i64 = 4;
/// A page of fewer events costs more than 4.1 points per event, so it is better to wait than to ask for less.
pub const WORTHWHILE: u32 = 60;
/// Number of events of the one live page per window that may be requested even below the reserve.
pub const SMALL_PAGE: i64 = 25;
/// More events than any page holds, so effectively no bound.
const ANY: i64 = 1_000_000;

/// What a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// A page of at most this many events.
    Page(u32),
    /// No request before this time on the host's clock.
    Wait(Millis),
}

impl Allowance {
    /// Combines two allowances: the smaller page, or the later of the two waits.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Page(one), Self::Page(other)) => Self::Page(one.min(other)),
            (Self::Wait(one), Self::Wait(other)) => Self::Wait(one.max(other)),
            (wait @ Self::Wait(_), _) | (_, wait) => wait,
        }
    }
}

/// What a bucket is charged for a request.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Charge for a page without its events.
    pub page: i64,
    /// Charge for each event.
    pub event: i64,
    /// Expected charge for the next live poll, estimated from the last ones.
    pub poll: i64,
}

impl Cost {
    /// Returns what a page of this many events costs.
    pub fn of(self, events: u32) -> i64 {
        self.page.saturating_add(self.event.saturating_mul(i64::from(events)))
    }

    /// Returns how many events a page may have if it must cost at most `amount`.
    pub fn events_for(self, amount: i64) -> u32 {
        let events = match amount.saturating_sub(self.page) {
            short if short < 0 => 0,
            _ if self.event == 0 => ANY,
            rest => (rest / self.event).min(ANY),
        };
        events as u32
    }
}

/// Returns the smallest page that is worth a request. A page that uses a whole quarter always is.
pub fn least_page(config: &Config, bucket: &Bucket, cost: Cost) -> u32 {
    WORTHWHILE.min(cost.events_for(bucket.quarter(config)).max(1))
}

/// Returns a page that fits into this amount, unless it would hold too few events.
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

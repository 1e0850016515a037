//! A simulated Buildkite without faults: evenly spaced events, and one bucket of points.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::text::time::Millis;

use crate::asked::Asked;
use crate::page::{Row, page};
use crate::points::Points;
use crate::response::{date, response};

/// When the newest event happened: 2026-01-01T00:00:00Z, in milliseconds.
pub const NOW_MS: i64 = 1_767_225_600_000;

/// A Buildkite with an endless past.
#[derive(Debug)]
pub struct Remote {
    /// The time from one event to the next, in milliseconds.
    every_ms: i64,
    /// Its rate limit.
    pub points: Points,
}

impl Remote {
    /// Returns a remote with one event every `every_ms` milliseconds, up to [`NOW_MS`]. Each is visible immediately.
    pub fn new(every_ms: i64, points: Points) -> Self {
        Self { every_ms, points }
    }

    /// Answers a request.
    pub fn answer(&mut self, asked: &Asked, now: Millis) -> Response {
        let now_us = now.get() * 1_000;
        if self.points.refusal(now_us).is_some() {
            let mut headers = self.points.headers(now_us);
            headers.push(date(now_us));
            return response(429, headers, []);
        }
        // Events are numbered by their time, and a cursor is the number of the next event.
        let newest = asked.to.map_or(NOW_MS, Millis::get).min(NOW_MS).min(now.get());
        let newest = newest.div_euclid(self.every_ms);
        let newest = asked.after.as_ref().map_or(newest, |after| after.parse().expect("a cursor"));
        let oldest = (asked.from.map_or(0, Millis::get) + self.every_ms - 1) / self.every_ms;
        let count = (newest - oldest + 1).clamp(0, asked.first as i64);
        let next = newest - count;
        let rows = (0..count).map(|back| newest - back).map(|number| Row::Event {
            number: number as u64,
            kind: "X",
            at: Millis::new(number * self.every_ms).to_string(),
        });
        let body = page(rows, next >= oldest, Some(&next.to_string()));
        let points = 6 + 4 * count;
        self.points.charge(now_us, points);
        let mut headers = self.points.headers(now_us);
        headers.push(("RateLimit-Complexity-Actual".to_owned(), points.to_string()));
        headers.push(date(now_us));
        response(200, headers, body)
    }
}

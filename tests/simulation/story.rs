//! Generates what happens in one run from the seed: events, the remote's quirks, the host's habits.

use fastrand::Rng;
use kit::Points;

use crate::habits::{Habits, quirks};
use crate::remote::{Kind, Quirks, Remote, Stored};

/// 2026-01-01T00:00:00Z, in microseconds.
pub const BEGIN_US: i64 = 1_767_225_600_000_000;
pub const SECOND_US: i64 = 1_000_000;

/// A filter with a type that the remote does not know at first.
const NEW_TYPE: &str = r#","event_types":["X","Y","Z"]"#;

/// The settings that may change.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub page: u32,
    pub lookback_s: i64,
    pub interval_s: i64,
    /// Backfill start, in milliseconds.
    pub start_ms: Option<i64>,
    pub excludes: bool,
    pub rest: &'static str,
}

impl Wanted {
    pub fn text(&self) -> String {
        use buildkite_audit_logs::text::time::Millis;
        let start = self.start_ms.map_or(String::new(), |start| {
            format!(r#","backfill_start_time":"{}""#, Millis::new(start))
        });
        let excludes = if self.excludes { r#","exclude_event_types":["Y"]"# } else { "" };
        format!(
            r#"{{"org_slug":"acme","page_size":{},"lookback_seconds":{},"poll_interval_seconds":{}{start}{excludes}{}}}"#,
            self.page, self.lookback_s, self.interval_s, self.rest
        )
    }
}

/// One run.
#[derive(Debug)]
pub struct Story {
    pub habits: Habits,
    pub wanted: Wanted,
    pub remote: Remote,
    /// Initial page size. It may shrink later, but never to less than half.
    pub page_max: u32,
    /// Maximum number of times that the settings change.
    pub changes_left: u32,
    /// The smallest lookback of the run, which bounds how late an event may be.
    pub least_lookback_s: i64,
    /// How far the host's clock is ahead at first.
    pub skew_us: i64,
    /// The time after which nothing new happens.
    pub quiet_us: i64,
}

/// Picks one of these.
pub fn one_of<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(0..all.len())]
}

impl Story {
    pub fn new(rng: &mut Rng) -> Self {
        let page = one_of(rng, &[1, 2, 5, 25, 25, 100, 100, 500, 500, 500]);
        // With a small bucket, pages of one event or no `Date` at all leave too few points for history to end within
        // hours.
        let is_limited = page >= 25 && rng.u8(0..4) == 0;
        let points = is_limited
            .then(|| Points::new(one_of(rng, &[2_500, 5_000]), one_of(rng, &[0, 0, 700])));
        // Polls that cost points faster than the bucket refills leave nothing for history.
        let interval_s = one_of(rng, if points.is_some() { &[60, 120] } else { &[5, 20, 60, 120] });
        let lookback_s = rng.i64(1..=(10 * interval_s).min(300));
        let has_backfill = rng.bool();
        let start_ms = BEGIN_US / 1_000 - rng.i64(3_600_000..=7_200_000);
        let habits = Habits::new(rng, page);
        let least_lookback_s =
            if habits.changes > 0.0 { rng.i64(1..=lookback_s) } else { lookback_s };
        let wanted = Wanted {
            page,
            lookback_s,
            interval_s,
            start_ms: has_backfill.then_some(start_ms),
            excludes: rng.u8(0..6) == 0,
            rest: rest(rng, page, points.is_some()),
        };
        let live_us = rng.i64(5..25) * interval_s * SECOND_US;
        // A run that takes hours because of a rate limit or tiny pages tests nothing more.
        let crowd_max = match points.is_some() || page < 5 || habits.max_records < 20 {
            true => 150,
            false => 3_000,
        };
        let mut events = happen(rng, live_us, least_lookback_s, crowd_max);
        events[0].at_us = start_ms * 1_000;
        events[0].visible_us = events[0].at_us;
        if has_backfill && points.is_none() && (habits.changes == 1.0 || rng.u8(0..12) == 0) {
            add_history(rng, &mut events, page);
        }
        let mut quirks = quirks(rng, page as usize);
        if wanted.rest == NEW_TYPE {
            learn_type(rng, &mut events, &mut quirks, live_us);
        }
        if points.is_some() {
            (quirks.no_date, quirks.frozen_date) = (false, false);
        }
        let last_us = events.iter().map(|event| event.visible_us).max().unwrap_or(BEGIN_US);
        Self {
            wanted,
            remote: Remote::new(events, quirks, points),
            habits,
            least_lookback_s,
            page_max: page,
            changes_left: one_of(rng, &[1, 2, 2, 1_000]),
            skew_us: if rng.bool() { rng.i64(-3_600..=3_600) * SECOND_US } else { 0 },
            quiet_us: last_us.max(BEGIN_US),
        }
    }

    /// Returns whether nothing goes wrong in the run and nothing limits it.
    pub fn is_calm(&self) -> bool {
        let habits = &self.habits;
        let troubles = [habits.skips, habits.crashes, habits.faults, habits.changes, habits.jumps];
        troubles.iter().all(|share| *share == 0.0)
            && self.remote.points.is_none()
            && self.remote.quirks.heavy_from == 0
            && ["", NEW_TYPE].contains(&self.wanted.rest)
    }

    /// Stops all failures, crashes and changes from this time on.
    pub fn calm_down(&mut self, now_us: i64) {
        self.quiet_us = now_us;
        if let Some(points) = &mut self.remote.points {
            points.others = 0;
        }
        let habits = &mut self.habits;
        (habits.skips, habits.crashes, habits.faults) = (0.0, 0.0, 0.0);
        (habits.changes, habits.jumps) = (0.0, 0.0);
    }

    /// Returns the time by which everything must be delivered: two lookbacks and intervals after the last event became
    /// visible.
    pub fn end_us(&self) -> i64 {
        self.quiet_us + (2 * (self.wanted.lookback_s + self.wanted.interval_s) + 60) * SECOND_US
    }

    /// Changes the settings. Returns whether the excluded types changed.
    pub fn change(&mut self, rng: &mut Rng) -> bool {
        self.changes_left -= 1;
        let wanted = &mut self.wanted;
        let is_least = wanted.lookback_s == self.least_lookback_s;
        wanted.lookback_s = self.least_lookback_s * if is_least { 6 } else { 1 };
        wanted.page = rng.u32(self.page_max.div_ceil(2)..=self.page_max);
        self.habits.max_records = one_of(rng, &[7, 30, 30, 1_000]);
        if rng.bool() {
            // Never in the future, however wrong the clock is.
            let start_ms = wanted.start_ms.unwrap_or(BEGIN_US / 1_000 - 3_600_000);
            wanted.start_ms = Some(start_ms - rng.i64(0..600_000));
        }
        let is_toggled = rng.u8(0..4) == 0;
        wanted.excludes ^= is_toggled;
        is_toggled
    }
}

/// Picks further settings.
fn rest(rng: &mut Rng, page: u32, has_points: bool) -> &'static str {
    match rng.u8(0..15) {
        0..3 if page >= 25 && !has_points => r#","rate_limit":{"rate":2,"unit":"second"}"#,
        3 => NEW_TYPE,
        _ => "",
    }
}

/// Lets the remote know a type only after a while, and gives that type to some of the later events.
fn learn_type(rng: &mut Rng, events: &mut [Stored], quirks: &mut Quirks, live_us: i64) {
    quirks.knows_from_us = BEGIN_US + rng.i64(0..live_us);
    // After a refused first poll, nothing else shows its time.
    quirks.no_date = false;
    for event in events.iter_mut().filter(|event| event.at_us >= quirks.knows_from_us) {
        let becomes_new = event.kind == Kind::Plain && rng.u8(0..3) == 0;
        event.kind = if becomes_new { Kind::New } else { event.kind };
    }
}

/// Generates the events from two hours before the start to some time after it: single ones, crowds, and late ones.
fn happen(rng: &mut Rng, live_us: i64, lookback_s: i64, crowd_max: u32) -> Vec<Stored> {
    let mut events: Vec<Stored> = Vec::new();
    for _ in 0..rng.u32(1..40) {
        let first_us = match rng.u8(0..3) {
            0 => BEGIN_US - rng.i64(0..7_200) * SECOND_US,
            _ => BEGIN_US + rng.i64(0..live_us),
        };
        let first_us = first_us + rng.i64(0..SECOND_US);
        let crowd = match rng.u8(0..100) {
            0 if events.len() < 1_000 => rng.u32(1..=crowd_max),
            1..=8 => rng.u32(1..100),
            _ => 1,
        };
        // A crowd is within one millisecond or spans a few.
        let spread_us = one_of(rng, &[1, 900, 900, 3_000]);
        let is_late = rng.u8(0..4) == 0;
        // Some are exactly at the requested bounds.
        let is_whole = rng.u8(0..3) == 0;
        for _ in 0..crowd {
            let late_us = match is_late {
                true if rng.u8(0..10) == 0 => rng.i64(0..=3 * lookback_s) * SECOND_US,
                true => rng.i64(0..=lookback_s * SECOND_US),
                false => 0,
            };
            let at_us = first_us + rng.i64(0..spread_us);
            let at_us = if is_whole { at_us / 1_000 * 1_000 } else { at_us };
            let kind = match rng.u8(0..40) {
                0 if rng.bool() => Kind::Nameless,
                0 => Kind::Null,
                1..=6 => Kind::Excludable,
                7 => Kind::Undated,
                _ => Kind::Plain,
            };
            let number = events.len() as u32 + 1;
            events.push(Stored { at_us, number, visible_us: at_us + late_us, kind });
        }
    }
    events
}

/// Adds a backfill of some hundred pages, which must not delay fresh events.
fn add_history(rng: &mut Rng, events: &mut Vec<Stored>, page: u32) {
    for _ in 0..(600 * page).min(3_000) {
        let at_us = BEGIN_US - rng.i64(0..3_600 * SECOND_US);
        let number = events.len() as u32 + 1;
        events.push(Stored { at_us, number, visible_us: at_us, kind: Kind::Plain });
    }
}

//! The whole sync in virtual time, from seeds: whatever arrives late, in bursts or out of order, whatever fails and
//! wherever the host crashes, each event is handed out exactly once.

#[path = "sim/model.rs"]
mod model;

use std::collections::HashMap;

use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::response::{Exchange, Failure, Response};
use buildkite_audit_logs::source::{Batch, Next, Source, Turn};
use buildkite_audit_logs::time::Millis;
use model::{Model, Quirks, Stored};

/// 2026-01-01T00:00:00Z, in microseconds.
const BEGIN_US: i64 = 1_767_225_600_000_000;
const SECOND_US: i64 = 1_000_000;
/// Calls of one run: a hundred times what the largest needs.
const CALLS_MAX: usize = 200_000;

struct World {
    rng: fastrand::Rng,
    model: Model,
    now_us: i64,
    /// The host's clock is this far ahead, in microseconds.
    skew_us: i64,
    settings: String,
    lookback_us: i64,
    max_records: u32,
    faults: f64,
    crashes: f64,
    /// Uuids in the order in which they were delivered.
    delivered: Vec<String>,
    stored: Option<String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let page = *rng.choice([1, 2, 5, 25, 100, 500].iter()).expect("a choice");
        let lookback = rng.u64(1..=120);
        let interval = rng.u64(1..=120);
        let has_backfill = rng.bool();
        let start = Millis::new(BEGIN_US / 1_000 - rng.i64(3_600_000..=7_200_000));
        let backfill = if has_backfill {
            format!(r#","backfill_start_time":"{start}""#)
        } else {
            String::new()
        };
        let settings = format!(
            r#"{{"org_slug":"acme","page_size":{page},"lookback_seconds":{lookback},"poll_interval_seconds":{interval}{backfill}}}"#
        );
        let quirks = Quirks {
            from_inclusive: rng.bool(),
            to_inclusive: rng.bool(),
            ties_reversed: rng.bool(),
            short_pages: rng.u8(0..4) == 0,
            // The fault shows at the largest page that the API grants, which is never a tiny one.
            false_end_on_full: page >= 25 && rng.u8(0..4) == 0,
            no_date: rng.u8(0..5) == 0,
        };
        let model = Model { events: Vec::new(), quirks, largest_page: page as usize };
        let skew_us = if rng.bool() { rng.i64(-3_600..=3_600) * SECOND_US } else { 0 };
        let mut world = Self {
            max_records: rng.u32(1..=200),
            faults: *rng.choice([0.0, 0.0, 0.1, 0.4].iter()).expect("a choice"),
            crashes: *rng.choice([0.0, 0.05, 0.3, 1.0].iter()).expect("a choice"),
            rng,
            model,
            now_us: BEGIN_US,
            skew_us,
            settings,
            lookback_us: lookback as i64 * SECOND_US,
            delivered: Vec::new(),
            stored: None,
        };
        world.happen();
        world
    }

    /// Events of an hour before and twenty minutes after the begin: single ones, bursts, and late ones.
    fn happen(&mut self) {
        let mut number = 0;
        for _ in 0..self.rng.u32(1..60) {
            let at_us =
                BEGIN_US + self.rng.i64(-7_200..1_200) * SECOND_US + self.rng.i64(0..SECOND_US);
            let burst = if self.rng.u8(0..8) == 0 { self.rng.u32(1..150) } else { 1 };
            for _ in 0..burst {
                let at_us = at_us + self.rng.i64(0..3) * self.rng.i64(0..800);
                let late_us = match self.rng.u8(0..4) {
                    // Late as seen from the next whole second, which is all that a Date can show.
                    0 => self.rng.i64(0..=(self.lookback_us - SECOND_US).max(0)),
                    _ => 0,
                };
                number += 1;
                self.model.events.push(Stored { at_us, number, visible_us: at_us + late_us });
            }
        }
    }

    fn local(&self) -> Millis {
        Millis::new((self.now_us + self.skew_us) / 1_000)
    }

    fn start(&self) -> Source {
        let secrets = [("api_token".to_owned(), "bkua_x".to_owned())];
        Source::configure(&self.settings, &secrets, self.stored.as_deref(), self.local())
            .expect("good settings")
    }

    fn exchange(&mut self, body: &str) -> Exchange {
        self.now_us += self.rng.i64(0..SECOND_US / 2);
        if self.rng.f64() >= self.faults {
            return Ok(self.model.answer(body, self.now_us, &mut self.rng));
        }
        let response = |status: u16, body: &str| {
            Ok(Response { status, headers: vec![], body: body.as_bytes().to_vec(), elapsed_ms: 5 })
        };
        match self.rng.u8(0..8) {
            0 => Err(Failure::Network("reset".into())),
            1 => Err(Failure::TooLarge),
            2 => response(504, "<html>"),
            3 => response(500, "oops"),
            4 => response(429, r#"{"errors":[{"message":"Please try again in 7 seconds."}]}"#),
            5 => response(
                200,
                r#"{"errors":[{"message":"The provided cursor was invalid"}],"data":null}"#,
            ),
            6 => response(
                200,
                r#"{"errors":[{"message":"Query has complexity of 9, which exceeds"}]}"#,
            ),
            _ => {
                let mut whole = self.model.answer(body, self.now_us, &mut self.rng);
                whole.body.truncate(whole.body.len() / 2);
                Ok(whole)
            }
        }
    }

    fn call(&mut self, source: &mut Source) -> Result<Batch, Error> {
        match source.read_batch(self.max_records, self.local()) {
            Turn::Done(batch) => Ok(batch),
            Turn::Send(request, ask) => {
                let exchange = self.exchange(&request.body);
                source.receive(&ask, exchange, self.max_records, self.local())
            }
        }
    }

    /// Runs until well after the last event is visible. The sink is atomic: records and checkpoint are stored together
    /// or, in a crash, not at all.
    fn run(&mut self) -> Result<(), String> {
        let last_us =
            self.model.events.iter().map(|event| event.visible_us).max().unwrap_or(BEGIN_US);
        // From the quiet on nothing fails any more; two lookbacks and intervals later all must be there.
        let quiet_us = last_us.max(BEGIN_US);
        let end_us = quiet_us + 4 * 120 * SECOND_US + 60 * SECOND_US;
        let mut source = self.start();
        let mut idles_after_end = 0;
        for _ in 0..CALLS_MAX {
            let mut is_idle = false;
            let wait_us = match self.call(&mut source) {
                Ok(batch) => {
                    let is_stored = self.rng.f64() >= self.crashes / 2.0;
                    if is_stored {
                        self.delivered.extend(batch.rows.iter().map(|row| row.id.clone()));
                        self.stored = Some(source.checkpoint());
                    }
                    if !is_stored || self.rng.f64() < self.crashes {
                        source = self.start();
                    }
                    is_idle = matches!(batch.next, Next::Idle(_));
                    match batch.next {
                        Next::Ready => 1_000,
                        Next::Idle(wait_ms) | Next::Throttled(wait_ms) => wait_ms as i64 * 1_000,
                    }
                }
                Err(Error::Transient(_) | Error::Protocol(_)) => 3 * SECOND_US,
                Err(other) => return Err(format!("unexpected {other}")),
            };
            if self.now_us > end_us && is_idle {
                idles_after_end += 1;
            }
            // Two events a page and a burst read again at every poll may leave no time to be idle in.
            if idles_after_end > 3 || self.now_us > end_us + 7_200 * SECOND_US {
                return Ok(());
            }
            self.now_us += wait_us;
            if self.now_us > quiet_us {
                self.faults = 0.0;
                self.crashes = 0.0;
            }
        }
        Err("no end".into())
    }

    fn judge(&self) -> Result<(), String> {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        self.delivered.iter().for_each(|uuid| *counts.entry(uuid).or_default() += 1);
        if let Some((uuid, count)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{uuid} was delivered {count} times"));
        }
        let text = self.stored.as_deref().unwrap_or_default();
        let start = text
            .split_once(r#""start":""#)
            .map_or("", |(_, rest)| rest.split('"').next().unwrap_or(""));
        let start = Millis::parse_rfc3339(start).ok_or("no start")?;
        for event in &self.model.events {
            let at = Millis::new(event.at_us / 1_000);
            let wanted = at >= start;
            let is_there = counts.contains_key(event.uuid().as_str());
            if wanted && !is_there {
                return Err(format!("{event:?} was lost"));
            }
            if !wanted && is_there {
                return Err(format!("{event:?} is older than the start {start}"));
            }
        }
        Ok(())
    }
}

fn run(seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    world.run().and_then(|()| world.judge()).map_err(|why| {
        format!(
            "seed {seed}: {why}\nsettings {}\nquirks {:?}\nstate {:?}",
            world.settings, world.model.quirks, world.stored
        )
    })
}

#[test]
fn every_event_arrives_once_whatever_the_seed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (first, count) = match number("SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("SEEDS").unwrap_or(2_000)),
    };
    let failures: Vec<String> =
        (first..first + count).filter_map(|seed| run(seed).err()).take(3).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

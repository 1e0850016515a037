//! The simulated host: its clock, its instances, its sink, and what goes wrong with them.

use buildkite_audit_logs::ask::Target;
use buildkite_audit_logs::checkpoint::CHECKPOINT_BYTES_MAX;
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Next, Source, Turn};
use buildkite_audit_logs::text::time::Millis;
use fastrand::Rng;
use kit::{Asked, configure};

use crate::judge;
use crate::sink::Sink;
use crate::story::{SECOND_US, Story};
use crate::tally::{Mark, Tally};
use crate::trouble::Trouble;
use crate::watch::gaps;

/// Maximum number of calls per run: ten times what the largest run needs.
const CALLS_MAX: usize = 300_000;
/// How long after the end everything must be delivered, whatever the rate limit.
const PATIENCE_US: i64 = 4 * 3_600 * SECOND_US;
/// Number of calls between two checks for completeness, which take longer than a call.
const LOOK_EVERY: usize = 64;

pub struct Host {
    pub rng: Rng,
    pub story: Story,
    pub sink: Sink,
    pub tally: Tally,
    pub now_us: i64,
    skew_us: i64,
    /// True times of the live requests.
    pub live_asks_us: Vec<i64>,
    /// Events that were shown as null once, by number.
    pub hidden: Vec<u32>,
    /// Whether excluded types changed during the run.
    pub has_toggled: bool,
    /// The true time before which no request may be made.
    pub not_before_us: i64,
    pub last_trouble: Option<Trouble>,
    /// A promise that was broken during the run.
    pub broken: Option<String>,
    /// Whether to print every call.
    pub is_traced: bool,
}

impl Host {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let story = Story::new(&mut rng);
        let sink = Sink::new(story.habits.is_atomic, story.remote.events().len());
        let (now_us, skew_us) = (crate::story::BEGIN_US, story.skew_us);
        let mut tally = Tally::one_run();
        let quirks = story.remote.quirks;
        let habits = &story.habits;
        for (mark, has) in [
            (Mark::NoDate, quirks.no_date),
            (Mark::FrozenDate, quirks.frozen_date && !quirks.no_date),
            (Mark::InstancesDropped, habits.drops_instances),
            (Mark::TypeRefused, quirks.knows_from_us > 0),
        ] {
            if has {
                tally.mark(mark);
            }
        }
        Self {
            rng,
            story,
            sink,
            tally,
            now_us,
            skew_us,
            live_asks_us: Vec::new(),
            hidden: Vec::new(),
            has_toggled: false,
            not_before_us: 0,
            last_trouble: None,
            broken: None,
            is_traced: false,
        }
    }

    pub fn local(&self) -> Millis {
        Millis::new((self.now_us + self.skew_us) / 1_000)
    }

    pub fn chance(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() < share
    }

    fn start(&mut self) -> Result<Source, String> {
        if self.last_trouble == Some(Trouble::Status(504)) {
            self.tally.mark(Mark::NewInstanceAfter504);
        }
        let stored = self.sink.stored.as_deref();
        configure(&self.story.wanted.text(), stored, self.local())
            .map_err(|error| format!("not configured: {error}"))
    }

    fn call(&mut self, source: &mut Source) -> Result<Batch, Error> {
        match source.read_batch(self.story.habits.max_records, self.local()) {
            Turn::Done(batch) => Ok(batch),
            Turn::Send(call) => {
                let ask = call.ask();
                if self.is_traced {
                    println!("{:?} of {} after {:?}", ask.target, ask.first, ask.after);
                }
                let is_live = matches!(ask.target, Target::Live { .. });
                let before = if is_live { gaps(call.source()) } else { Vec::new() };
                let exchange = self.exchange(&Asked::read(&call.request().body));
                let batch = call.receive(exchange, self.local())?;
                if is_live {
                    self.look(&before, &gaps(source));
                }
                Ok(batch)
            }
        }
    }

    /// Makes a batch durable, or crashes while doing so.
    fn keep(&mut self, source: &mut Source, batch: &Batch) -> Result<(), String> {
        let (crashes, skips) = (self.story.habits.crashes, self.story.habits.skips);
        let crash = self.chance(crashes).then(|| self.rng.u8(0..3));
        if crash != Some(0) {
            let numbers = batch.rows.iter().map(|row| row.uuid as u32);
            self.sink.write(numbers, self.now_us);
        }
        let is_stored = crash.is_none_or(|point| point == 2) && !self.chance(skips);
        if is_stored {
            let checkpoint = source.checkpoint();
            let bytes_max = (8_192 + 32 * self.sink.counts.len()).min(CHECKPOINT_BYTES_MAX);
            if checkpoint.len() > bytes_max {
                return Err(format!("a checkpoint of {} bytes", checkpoint.len()));
            }
            let largest = &mut self.tally.checkpoint_bytes_max;
            *largest = (*largest).max(checkpoint.len() as u64);
            self.sink.store(checkpoint);
            self.look_early(batch)?;
        } else if crash.is_none() {
            self.tally.mark(Mark::CheckpointsSkipped);
        }
        if crash.is_some() {
            self.crash(source)?;
        } else if is_stored && self.story.habits.drops_instances {
            *source = self.start()?;
        }
        Ok(())
    }

    /// Checks that a new instance keeps the promise of `next`: no request before that time.
    fn look_early(&mut self, batch: &Batch) -> Result<(), String> {
        let (Next::Idle(wait_ms) | Next::Throttled(wait_ms)) = batch.next else { return Ok(()) };
        let early = self.local().plus(self.rng.i64(0..wait_ms as i64));
        match self.start()?.read_batch(1, early) {
            Turn::Send(call) => Err(format!("{:?} before {:?}", call.ask().target, batch.next)),
            Turn::Done(_) => Ok(()),
        }
    }

    fn crash(&mut self, source: &mut Source) -> Result<(), String> {
        self.tally.crashes += 1;
        if matches!(source.read_batch(1, self.local()), Turn::Done(batch) if !batch.rows.is_empty())
        {
            self.tally.mark(Mark::CrashInMidPage);
        }
        if self.sink.crash() {
            self.tally.mark(Mark::TornSink);
        }
        self.not_before_us = 0; // The checkpoint with that time may not have been stored.
        let changes = self.story.habits.changes;
        if self.story.changes_left > 0 && self.chance(changes) {
            self.tally.mark(Mark::SettingsChanged);
            self.has_toggled |= self.story.change(&mut self.rng);
        }
        *source = self.start()?;
        Ok(())
    }

    /// Makes one call and handles its result. Returns whether the source was idle.
    fn step(&mut self, source: &mut Source) -> Result<bool, String> {
        let called = self.call(source);
        if self.is_traced {
            self.trace(source, &called);
        }
        let (wait_us, is_idle) = match called {
            Ok(batch) => {
                self.keep(source, &batch)?;
                match batch.next {
                    Next::Ready => (1_000, false),
                    Next::Idle(wait_ms) => (wait_ms as i64 * 1_000, true),
                    Next::Throttled(wait_ms) => (wait_ms as i64 * 1_000, false),
                }
            }
            Err(Error::InvalidConfig(why)) => return Err(format!("unexpected {why:?}")),
            Err(Error::InvalidCheckpoint(why)) => return Err(format!("unexpected {why}")),
            // A supervisor or the operator restarts a host that has ended.
            Err(_) => {
                let crashes = self.story.habits.crashes;
                if self.chance(crashes) {
                    self.crash(source)?;
                }
                (3 * SECOND_US, false)
            }
        };
        self.now_us += wait_us;
        let jumps = self.story.habits.jumps;
        if self.chance(jumps) {
            let skew_us = self.rng.i64(-3_600..=3_600) * SECOND_US;
            if skew_us < self.skew_us {
                self.tally.mark(Mark::ClockBackwards);
            }
            (self.skew_us, self.not_before_us) = (skew_us, 0);
        }
        self.broken.take().map_or(Ok(is_idle), Err)
    }

    /// Runs until well after the last event is visible.
    pub fn run(&mut self) -> Result<(), String> {
        let mut source = self.start()?;
        let (mut idles, mut is_quiet, mut is_settled) = (0, false, false);
        for call in 0..CALLS_MAX {
            let is_idle = self.step(&mut source)?;
            if is_quiet && is_idle && !is_settled {
                // The source waited since then, perhaps for an hour, and did not look for late events in that time.
                is_settled = true;
                self.story.quiet_us = self.now_us;
            }
            if self.now_us > self.story.quiet_us && !is_quiet {
                is_quiet = true;
                // A wait may have gone far beyond the end. The host's clock, which may have jumped, counts from here.
                self.story.calm_down(self.now_us);
            }
            let end_us = self.story.end_us();
            idles += u32::from(is_idle && self.now_us > end_us);
            // A crowd that is read again at every poll may leave no idle time.
            let is_looked_at = self.now_us > end_us && call % LOOK_EVERY == 0;
            if idles > 3 || (is_looked_at && judge::is_complete(self)) {
                return Ok(());
            }
            if self.now_us > end_us + PATIENCE_US {
                return Err("not finished in time".into());
            }
        }
        Err("the run does not end".into())
    }
}

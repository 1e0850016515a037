//! The source as a value: it tells which request to make and takes in how that ended. The shell does IO and reads clocks.

use crate::ask::{Ask, Target};
use crate::budget::allowance::{EVENT_POINTS, PAGE_POINTS};
use crate::buildkite::answer::{Answer, answer};
use crate::buildkite::headers::number;
use crate::buildkite::query::{Request, request};
use crate::buildkite::record::Row;
use crate::buildkite::response::{Exchange, Later, Points};
use crate::check;
pub use crate::check::Checked;
use crate::checkpoint::encode;
use crate::checkpoint::resume::resume;
use crate::error::Error;
use crate::settings::Config;
use crate::sync::absorb::{Tally, absorb};
pub use crate::sync::batch::{Batch, Next, Stats, Turn};
use crate::sync::hand_out::{Pending, hand_out};
use crate::sync::plan::{Step, plan};
use crate::sync::recover;
use crate::sync::state::State;
use crate::text::time::Millis;

/// A configured source.
#[derive(Debug, Clone)]
pub struct Source {
    config: Config,
    state: State,
    pending: Pending,
    asked_at: Millis,
    notes: Vec<String>,
}

impl Source {
    /// Makes a source from settings, secrets and the last checkpoint.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidConfig`] and [`Error::InvalidCheckpoint`], each with the remedy.
    pub fn configure(
        settings: &str,
        secrets: &[(String, String)],
        checkpoint: Option<&str>,
        now: Millis,
    ) -> Result<Self, Error> {
        let config = Config::parse(settings, secrets, now)?;
        let (state, notes) = match checkpoint {
            Some(text) => resume(&config, text)?,
            None => (State::fresh(&config), Vec::new()),
        };
        Ok(Self { config, state, pending: Pending::default(), asked_at: now, notes })
    }

    /// The settings in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The state that covers every record handed out so far.
    pub fn checkpoint(&self) -> String {
        encode(&self.state)
    }

    /// Begins a call of `read-batch`: what waits here goes out first, else the plan decides.
    pub fn read_batch(&mut self, max_records: u32, now: Millis) -> Turn {
        if max_records == 0 {
            return Turn::Done(self.batch(Vec::new(), Stats::default(), now));
        }
        if !self.pending.is_empty() {
            let mut stats = Stats::default();
            let rows = self.take(max_records, &mut stats);
            return Turn::Done(self.batch(rows, stats, now));
        }
        match plan(&self.config, &self.state, now) {
            Step::Ask(ask) => {
                self.asked_at = now;
                if self.config.request_spacing_ms > 0 {
                    self.state.asked = Some(now);
                }
                Turn::Send(request(&self.config, &ask), ask)
            }
            Step::Idle(_) | Step::Throttled(_) => {
                Turn::Done(self.batch(Vec::new(), Stats::default(), now))
            }
        }
    }

    /// Ends a call of `read-batch` with what became of its request.
    ///
    /// # Errors
    ///
    /// By who must act; see [`crate::buildkite::answer`]. The state covers what it covered before the call; only its pace may differ.
    pub fn receive(
        &mut self,
        ask: &Ask,
        exchange: Exchange,
        max_records: u32,
        now: Millis,
    ) -> Result<Batch, Error> {
        let answer = answer(&self.config, ask, &exchange, now)
            .map_err(|refusal| refusal.error)
            .inspect_err(|error| self.state.rest.failed(&ask.target, error, now))?;
        let sent_at = exchange.as_ref().ok().and_then(|response| response.sent_at(now));
        let headers = exchange.map(|response| response.headers).unwrap_or_default();
        let mut stats = Stats { requests: 1, ..Stats::default() };
        match answer {
            Answer::Page(page) => {
                let rows = page.rows.len() as i64;
                // A poll long after the last one, or the first, brings more than the polls to come will.
                let since = self.state.polled.map(|polled| self.asked_at.since(polled));
                let is_typical = since.is_some_and(|ms| ms <= 2 * self.config.poll_interval_ms);
                let (pending, tally) =
                    absorb(&self.config, &mut self.state, ask, page, self.asked_at)?;
                self.pending = pending;
                stats.points = self.charge(ask, &headers, rows, is_typical, now);
                self.tally(tally, &mut stats);
                recover::grow(&self.config, &mut self.state, ask);
                stats.notes.extend(recover::answered(&mut self.state, ask));
            }
            Answer::Smaller(hopeless) => {
                let halved = recover::halve(&mut self.state, ask, hopeless);
                let halved =
                    halved.inspect_err(|error| self.state.rest.failed(&ask.target, error, now));
                stats.notes.push(halved?);
            }
            Answer::BadCursor(said) => {
                stats.notes.push(recover::drop_cursor(&mut self.state, ask, said)?);
            }
            Answer::UnknownTypes(names) => {
                let note =
                    recover::leave_out(&self.config, &mut self.state, ask, names, sent_at, now)?;
                // What it costs is not documented: as much as an empty page, where the answer does not say.
                self.state.budget.observe(&self.config, &headers, PAGE_POINTS, now);
                stats.notes.push(note);
            }
            Answer::Later(Later { wait_ms, points }) => {
                self.state.budget.observe(&self.config, &headers, 0, now);
                if let Some(Points { limit }) =
                    points.filter(|_| self.config.endpoint.portal().is_some())
                {
                    self.state.budget.adopt_points(limit, wait_ms, now);
                }
                self.state.throttled_until = Some(now.plus(wait_ms));
                stats.notes.push("the rate limit was exceeded (HTTP 429)".into());
            }
        }
        let rows = self.take(max_records, &mut stats);
        Ok(self.batch(rows, stats, now))
    }

    /// The request of `check`.
    pub fn check_request(&self) -> (Request, Ask) {
        let ask = Ask::check();
        (request(&self.config, &ask), ask)
    }

    /// Reads the end of `check`'s request: a report, or another request that will tell more.
    pub fn check_report(&self, ask: &Ask, exchange: Exchange, now: Millis) -> Checked {
        match check::again(&self.config, ask, &exchange, now) {
            Some(ask) => Checked::Again(request(&self.config, &ask), ask),
            None => Checked::Report(check::report(&self.config, ask, exchange, now)),
        }
    }

    /// Points charged, headers read, and the walk's share noted.
    fn charge(
        &mut self,
        ask: &Ask,
        headers: &[(String, String)],
        rows: i64,
        is_typical: bool,
        now: Millis,
    ) -> u64 {
        let budget = &mut self.state.budget;
        let charged = number(headers, "ratelimit-complexity-actual").filter(|points| *points >= 0);
        let guess =
            if budget.counts_points(&self.config) { PAGE_POINTS + EVENT_POINTS * rows } else { 0 };
        let points = charged.unwrap_or(guess).min(1_000_000);
        budget.note_page(rows, points);
        match ask.target {
            Target::Live { .. } | Target::Start => {
                budget.note_live(&self.config, headers, points, is_typical, now);
            }
            Target::Gap(_) | Target::Check => budget.observe(&self.config, headers, points, now),
        }
        self.state.rest.succeeded(&ask.target);
        if matches!(ask.target, Target::Gap(index) if self.state.old_gap() == Some(index)) {
            self.state.budget.note_old(points, now);
            self.state.served_old();
        } else {
            self.state.front_pages = self.state.front_pages.saturating_add(1);
        }
        u64::try_from(points).unwrap_or(0)
    }

    fn tally(&mut self, tally: Tally, stats: &mut Stats) {
        stats.repeats = tally.repeats;
        stats.excluded = tally.excluded;
        stats.null_nodes = tally.null_nodes;
        stats.notes.extend(tally.notes);
    }

    fn take(&mut self, max_records: u32, stats: &mut Stats) -> Vec<Row> {
        let (mut rows, notes) =
            hand_out(&self.config, &mut self.state, &mut self.pending, max_records as usize);
        rows.reverse();
        stats.notes.extend(notes);
        rows
    }

    /// Closes a call. `next` follows from the plan alone, never from how many records there are.
    fn batch(&mut self, rows: Vec<Row>, mut stats: Stats, now: Millis) -> Batch {
        let mut notes = std::mem::take(&mut self.notes);
        notes.append(&mut stats.notes);
        stats.notes = notes;
        let next = match plan(&self.config, &self.state, now) {
            _ if !self.pending.is_empty() => Next::Ready,
            Step::Ask(_) => Next::Ready,
            Step::Idle(wait_ms) => Next::Idle(wait_ms),
            Step::Throttled(wait_ms) => Next::Throttled(wait_ms),
        };
        Batch { rows, next, stats }
    }
}

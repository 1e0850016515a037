//! The source as a value: it returns the request to make and processes its outcome. The shell does IO and reads clocks.

use crate::ask::Ask;
use crate::buildkite::answer::answer;
use crate::buildkite::query::{Request, request};
use crate::buildkite::record::Row;
use crate::buildkite::response::Exchange;
pub use crate::check::{Checked, Probe};
use crate::checkpoint::encode;
use crate::checkpoint::resume::resume;
use crate::error::Error;
use crate::settings::Config;
pub use crate::sync::batch::{Batch, Next, Stats};
use crate::sync::hand_out::{Pending, hand_out};
use crate::sync::plan::{Step, plan};
use crate::sync::receive::receive;
use crate::sync::state::State;
use crate::text::time::Millis;

/// A configured source.
#[derive(Debug, Clone)]
pub struct Source {
    config: Config,
    state: State,
    pending: Pending,
    notes: Vec<String>,
}

impl Source {
    /// Creates a source from settings, secrets and the last checkpoint.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfig`] or [`Error::InvalidCheckpoint`], each with what to do.
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
        Ok(Self { config, state, pending: Pending::default(), notes })
    }

    /// Returns the current settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the state that covers every record delivered so far.
    pub fn checkpoint(&self) -> String {
        encode(&self.state)
    }

    /// Starts a call of `read-batch`: rows that are waiting go out first, otherwise the plan decides.
    pub fn read_batch(&mut self, max_records: u32, now: Millis) -> Turn<'_> {
        if max_records == 0 {
            return Turn::Done(self.batch(Vec::new(), Stats::default(), now));
        }
        if !self.pending.is_empty() {
            let mut stats = Stats::default();
            let rows = self.take(max_records, &mut stats);
            return Turn::Done(self.batch(rows, stats, now));
        }
        let Step::Ask(ask) = plan(&self.config, &self.state, now) else {
            return Turn::Done(self.batch(Vec::new(), Stats::default(), now));
        };
        self.state.pace.note_ask(&self.config, now);
        let request = request(&self.config, &ask);
        Turn::Send(Call { source: self, request, ask, max_records, asked_at: now })
    }

    /// Starts a check, which is a small request.
    pub fn check(&self) -> Probe<'_> {
        Probe::new(&self.config)
    }

    fn take(&mut self, max_records: u32, stats: &mut Stats) -> Vec<Row> {
        let (mut rows, notes) =
            hand_out(&self.config, &mut self.state, &mut self.pending, max_records as usize);
        rows.reverse();
        stats.notes.extend(notes);
        rows
    }

    /// Finishes a call. `next` follows only from the plan, never from the number of records.
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

/// The outcome of a `read-batch` call so far.
#[derive(Debug)]
pub enum Turn<'a> {
    /// It is done, without a request.
    Done(Batch),
    /// One request is needed. Make it, then continue with [`Call::receive`].
    Send(Call<'a>),
}

/// A call of `read-batch` that needs a request. Until it ends, its source cannot be used otherwise. Dropping it
/// abandons the call; the walk has not moved.
#[derive(Debug)]
pub struct Call<'a> {
    source: &'a mut Source,
    request: Request,
    ask: Ask,
    max_records: u32,
    /// The host's time when the request was planned.
    asked_at: Millis,
}

impl Call<'_> {
    /// Returns the source, whose checkpoint covers what it covered before the call.
    pub fn source(&self) -> &Source {
        self.source
    }

    /// Returns the request to make.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the request in the terms of the sync.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// Finishes the call with the outcome of its request, where `now` is the host's time.
    ///
    /// # Errors
    ///
    /// Returns an error by who must act; see [`crate::buildkite::answer`]. The state covers what it covered before the
    /// call; only its pace may differ.
    pub fn receive(self, exchange: Exchange, now: Millis) -> Result<Batch, Error> {
        let Self { source, ask, max_records, asked_at, .. } = self;
        let (config, state) = (&source.config, &mut source.state);
        let (pending, mut stats) = answer(config, &ask, exchange, now)
            .map_err(|refusal| refusal.error)
            .and_then(|answer| receive(config, state, &ask, answer, asked_at, now))
            .inspect_err(|error| state.pace.failed(&ask.target, error, now))?;
        source.pending = pending;
        let rows = source.take(max_records, &mut stats);
        Ok(source.batch(rows, stats, now))
    }
}

//! One tenant's turn: one instance, from its checkpoint, for one poll or a share of a backfill.

use super::account::Account;
use super::folder::Wish;
use super::rows::Report;
use crate::egress::hook::Egress;
use crate::egress::network::Network;
use crate::egress::origin::{Origin, list};
use crate::egress::outbound::Outbound;
use crate::exit::{Failure, Result};
use crate::guest::component::Plugin;
use crate::guest::contract::{Batch, CallError, Next, SourceError};
use crate::guest::source::Source;
use crate::output::file::{FileSink, Opened};
use crate::run::lag::Lag;
use crate::run::metrics::Metrics;
use crate::run::notes::Notes;
use crate::run::stop::Stop;
use buildkite_audit_logs::checkpoint::tools::look_now;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Calls of one turn: enough for a usual poll, few enough that a backfill hands its place on soon.
const CALLS_MAX: usize = 8;

/// A component that asks to be called again sooner would spin.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// One that wants to sleep longer is woken all the same: its remote may have changed its mind.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Turns in a row that bring neither a record nor a request, and yet want another at once.
const BARREN_MAX: u32 = 3;

/// What all turns share.
#[derive(Clone)]
pub struct Shared {
    /// The component.
    pub plugin: std::sync::Arc<Plugin>,
    /// Where requests may go at all.
    pub origins: Vec<Origin>,
    /// How they are reached.
    pub outbound: Outbound,
    /// The folder of the outputs.
    pub output_dir: PathBuf,
    /// Records of one batch.
    pub max_records: u32,
    /// The guest gets the token itself.
    pub expose_token: bool,
    /// Where all is counted.
    pub metrics: Metrics,
}

/// What a tenant carries from turn to turn.
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its part of the state.
    pub account: Account,
    /// How fresh its newest event is.
    pub lag: Lag,
    /// Turns in a row that brought nothing, and asked for another.
    pub barren: u32,
    /// What it was told for the operator.
    pub notes: Notes,
    /// It looks for new events although the last run was told to wait: so does a run that ends when all is read.
    pub looks_now: bool,
}

/// How a turn ended.
#[derive(Debug)]
pub struct Ended {
    /// What to say of it.
    pub report: Report,
    /// The checkpoint to store with it, if it moved without a record.
    pub checkpoint: Option<String>,
    /// When the next is due; none: at once, behind the others.
    pub wait: Option<Duration>,
    /// Why it failed.
    pub failure: Option<(Failure, bool)>,
}

impl Tenant {
    /// Takes a turn. Whatever happens, nothing delivered is lost and nothing comes twice.
    pub async fn turn(&mut self, wish: &Wish, shared: &Shared, stop: &mut Stop) -> Ended {
        let mut ended = Ended {
            report: Report { state: "running", ..Report::default() },
            checkpoint: None,
            wait: None,
            failure: None,
        };
        if let Err(failure) = self.calls(wish, shared, stop, &mut ended).await {
            ended.report.state = "failing";
            ended.failure = Some(failure);
        }
        ended
    }

    /// The failure comes with whether another try may mend it.
    async fn calls(
        &mut self,
        wish: &Wish,
        shared: &Shared,
        stop: &mut Stop,
        ended: &mut Ended,
    ) -> std::result::Result<(), (Failure, bool)> {
        let for_good = |failure| (failure, false);
        let egress = way(wish, shared).map_err(for_good)?;
        let mut source = Source::start(&shared.plugin, egress, wish.config.limits, None)
            .await
            .map_err(|error| for_good(error.into()))?;
        let checkpoint = self.account.checkpoint().map(str::to_owned);
        let checkpoint = match self.looks_now {
            true => checkpoint.map(|stored| look_now(&stored).unwrap_or(stored)),
            false => checkpoint,
        };
        let configuration = wish.config.configuration(checkpoint, shared.expose_token);
        source.configure(&configuration).await.map_err(judge)?;
        let mut sink = None;
        let mut has_worked = false;
        for _ in 0..CALLS_MAX {
            if stop.is_set() {
                return Ok(()); // Between two calls everything is stored.
            }
            let batch = tokio::select! {
                batch = source.read_batch(shared.max_records) => batch,
                () = stop.is_overdue() => return Ok(()),
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    // It covers no more events, but holds the pace that the failure asks for.
                    if matches!(error, CallError::Source(SourceError::Transient(_)))
                        && let Ok(checkpoint) = source.checkpoint().await
                    {
                        self.account.moved(checkpoint.clone());
                        ended.checkpoint = Some(checkpoint);
                    }
                    return Err(judge(error));
                }
            };
            let checkpoint = source.checkpoint().await.map_err(judge)?;
            has_worked |= !batch.records.is_empty() || batch.stats.requests > 0;
            self.looks_now &= batch.stats.requests == 0;
            tokio::task::block_in_place(|| self.keep(&batch, checkpoint, shared, &mut sink, ended))
                .map_err(|failure| {
                    // What is refused stays so until the operator does something.
                    let is_passing = !matches!(failure, Failure::Refused(_));
                    (failure, is_passing)
                })?;
            let (state, wait) = match batch.next {
                Next::Ready => continue,
                Next::Idle(ms) => ("idle", ms),
                Next::Throttled(ms) => ("throttled", ms),
            };
            ended.report.state = state;
            ended.wait = Some(Duration::from_millis(wait).clamp(WAIT_MIN, WAIT_MAX));
            break;
        }
        self.barren = if has_worked || ended.wait.is_some() { 0 } else { self.barren + 1 };
        if self.barren >= BARREN_MAX {
            let why =
                "protocol: the component asks for call after call, without a record or a request";
            return Err(for_good(Failure::Failed(why.to_owned())));
        }
        Ok(())
    }

    /// Makes a batch durable, or notes a checkpoint without records.
    fn keep(
        &mut self,
        batch: &Batch,
        checkpoint: String,
        shared: &Shared,
        sink: &mut Option<FileSink>,
        ended: &mut Ended,
    ) -> Result<()> {
        self.notes.tell(&batch.stats.notes);
        if batch.records.is_empty() {
            if self.account.checkpoint() != Some(&checkpoint) {
                self.account.moved(checkpoint.clone());
                ended.checkpoint = Some(checkpoint);
            }
        } else {
            let sink = match sink {
                Some(sink) => sink,
                None => sink.insert(self.open(shared)?),
            };
            insist_on_file(&self.path(shared))?;
            self.account.writing(batch.records.len());
            sink.write(&mut self.account, &batch.records, &checkpoint)?;
            ended.checkpoint = None;
            self.lag.see(batch.stats.newest.as_deref(), SystemTime::now());
            ended.report.newest = self.lag.newest().map(|time| (time, self.lag.seconds));
        }
        shared.metrics.count(batch, &self.lag);
        Ok(())
    }

    /// Opens the tenant's output, for this turn: so many files would not stay open at once.
    fn open(&mut self, shared: &Shared) -> Result<FileSink> {
        let path = self.path(shared);
        insist_on_file(&path)?;
        match FileSink::open(&path, &mut self.account, false)? {
            Opened::File(sink) => Ok(sink),
            Opened::Stream(_) => Err(no_file(&path)),
        }
    }

    fn path(&self, shared: &Shared) -> PathBuf {
        shared.output_dir.join(format!("{}.ndjson", self.name))
    }
}

/// Refuses an output that somebody put something else in the place of.
fn insist_on_file(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => Err(no_file(path)),
        _ => Ok(()),
    }
}

fn no_file(path: &Path) -> Failure {
    Failure::Refused(format!("output {} is no regular file; move it away", path.display()))
}

/// The tenant's way to the network, for this turn: its connections end with it.
fn way(wish: &Wish, shared: &Shared) -> Result<Egress> {
    let wanted = wish.config.settings.get("endpoint").and_then(serde_json::Value::as_str);
    if let Some(url) = wanted {
        let origin = Origin::parse(url)
            .map_err(|why| Failure::Refused(format!("settings.endpoint: {why}")))?;
        if !shared.origins.contains(&origin) {
            return Err(Failure::Refused(format!(
                "settings.endpoint: {origin} is not allowed here; the operator allows {}",
                list(&shared.origins)
            )));
        }
    }
    let token = wish.config.token.clone();
    let limits = &wish.config.limits;
    Network::through(shared.origins.clone(), token, &shared.outbound, limits).map(Egress::Network)
}

/// Whether another try may mend a failed call.
fn judge(error: CallError) -> (Failure, bool) {
    let is_passing = matches!(error, CallError::Source(SourceError::Transient(_)));
    (error.into(), is_passing)
}

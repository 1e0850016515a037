//! One tenant's turn: one instance, started from its checkpoint, for one poll or part of a backfill.

use super::access::egress;
use super::account::Account;
use super::folder::Wish;
use super::rows::Report;
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::exit::{Failure, Result};
use crate::guest::chosen::{Chosen, start_for};
use crate::guest::component::Plugin;
use crate::guest::contract::{Batch, CallError, Event, Next};
use crate::guest::source::Source;
use crate::output::file::{FileSink, Opened};
use crate::run::lag::Lag;
use crate::run::metrics::Metrics;
use crate::run::moment::moment;
use crate::run::notes::Notes;
use crate::run::stop::Stop;
use buildkite_audit_logs::checkpoint::tools::look_now;
use source_driver::{Plan, Policy, Then};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Maximum number of calls in one turn: enough for a usual poll, and few enough that others do not
/// wait long for a backfill.
const CALLS_MAX: usize = 8;

/// What all turns share.
#[derive(Clone)]
pub struct Shared {
    /// The component.
    pub plugin: Arc<Plugin>,
    /// What all records go through.
    pub transform: Option<Arc<Chosen>>,
    /// The allowed origins.
    pub origins: Vec<Origin>,
    /// How to reach the origins.
    pub outbound: Outbound,
    /// The folder of the outputs.
    pub output_dir: PathBuf,
    /// How each tenant's source is read.
    pub plan: Plan,
    /// Whether the component receives the token itself.
    pub expose_token: bool,
    /// The metrics of all tenants.
    pub metrics: Metrics,
}

/// The data of a tenant that is kept between turns.
pub struct Tenant {
    /// The name.
    pub name: String,
    /// Its part of the state.
    pub account: Account,
    /// The age of its newest event at delivery.
    pub lag: Lag,
    /// Decides what follows each step.
    pub policy: Policy,
    /// The notes of the source for the operator.
    pub notes: Notes,
    /// Whether it looks for new events at once, even if the last run was told to wait. Set for a
    /// run that ends when everything is read.
    pub looks_now: bool,
}

/// How a turn ended.
#[derive(Debug)]
pub struct Ended {
    /// The status to report.
    pub report: Report,
    /// The checkpoint to store with it, if it moved without new records.
    pub checkpoint: Option<String>,
    /// What follows. [`Then::Read`] means another turn without a wait, after the others.
    pub then: Then,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Tenant {
    /// Takes a turn. Whatever happens, no delivered event is lost or repeated.
    pub async fn turn(&mut self, wish: &Wish, shared: &Shared, stop: &mut Stop) -> Ended {
        let mut ended = Ended {
            report: Report { state: "running", ..Report::default() },
            checkpoint: None,
            then: self.policy.resume(moment(stop)),
            failure: None,
        };
        match self.calls(wish, shared, stop, &mut ended).await {
            Ok(()) => self.policy.succeeded(),
            Err((failure, is_transient)) => {
                ended.report.state = "failing";
                ended.then = self.policy.failed(is_transient, moment(stop));
                ended.failure = Some(failure);
            }
        }
        ended
    }

    /// Makes the calls of a turn. An error says whether a retry may help.
    async fn calls(
        &mut self,
        wish: &Wish,
        shared: &Shared,
        stop: &mut Stop,
        ended: &mut Ended,
    ) -> std::result::Result<(), (Failure, bool)> {
        let permanent = |failure| (failure, false);
        let egress = egress(wish, &shared.origins, &shared.outbound).map_err(permanent)?;
        let mut source = Source::start(&shared.plugin, egress, wish.config.limits, None)
            .await
            .map_err(|error| permanent(error.into()))?;
        let checkpoint = self.account.checkpoint().map(str::to_owned);
        let checkpoint = match self.looks_now {
            true => checkpoint.map(|stored| look_now(&stored).unwrap_or(stored)),
            false => checkpoint,
        };
        let configuration = wish
            .config
            .configuration(checkpoint, shared.expose_token)
            .map_err(|why| permanent(Failure::Refused(why)))?;
        source.configure(&configuration).await.map_err(judge)?;
        let transform = start_for(shared.transform.as_deref(), &wish.config).await;
        let mut source = source.through(transform.map_err(permanent)?);
        let mut sink = None;
        for _ in 0..CALLS_MAX {
            if ended.then != Then::Read {
                break; // Everything read so far is stored.
            }
            let batch = tokio::select! {
                batch = source.read_batch(shared.plan.batch_records) => batch,
                () = stop.is_overdue() => return Ok(()),
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    // It covers no new events, but contains the wait that the failure asks for.
                    if error.is_transient()
                        && let Ok(checkpoint) = source.checkpoint().await
                    {
                        self.account.moved(checkpoint.clone());
                        ended.checkpoint = Some(checkpoint);
                    }
                    return Err(judge(error));
                }
            };
            let checkpoint = source.checkpoint().await.map_err(judge)?;
            self.looks_now &= batch.stats.requests == 0;
            tokio::task::block_in_place(|| self.keep(&batch, checkpoint, shared, &mut sink, ended))
                .map_err(|failure| {
                    // A refusal lasts until the operator acts.
                    let is_transient = !matches!(failure, Failure::Refused(_));
                    (failure, is_transient)
                })?;
            ended.then = self
                .policy
                .batch(&batch, moment(stop))
                .map_err(|error| permanent(Failure::from(error)))?;
            ended.report.state = match batch.next {
                Next::Ready => "running",
                Next::Idle(_) => "idle",
                Next::Throttled(_) => "throttled",
            };
        }
        Ok(())
    }

    /// Makes a batch durable, or keeps a checkpoint without records.
    fn keep(
        &mut self,
        batch: &Batch,
        checkpoint: String,
        shared: &Shared,
        sink: &mut Option<FileSink>,
        ended: &mut Ended,
    ) -> Result<()> {
        self.notes.log(&batch.stats.notes);
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
            let records: Vec<&Event> = batch.records.iter().collect();
            sink.write(&mut self.account, &records, &checkpoint)?;
            ended.checkpoint = None;
            self.lag.see(batch.stats.newest.as_deref(), SystemTime::now());
            ended.report.newest = self.lag.newest().map(|time| (time, self.lag.seconds));
        }
        shared.metrics.count(batch, &self.lag);
        Ok(())
    }

    /// Opens the tenant's output for this turn only, because one open file per tenant would be too many.
    fn open(&mut self, shared: &Shared) -> Result<FileSink> {
        let path = self.path(shared);
        insist_on_file(&path)?;
        match FileSink::open(&path, &mut self.account, false)? {
            Opened::File(sink) => Ok(sink),
            Opened::Stream(_) => Err(not_a_file(&path)),
        }
    }

    fn path(&self, shared: &Shared) -> PathBuf {
        shared.output_dir.join(format!("{}.ndjson", self.name))
    }
}

/// Refuses an output that was replaced by something other than a file.
fn insist_on_file(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => Err(not_a_file(path)),
        _ => Ok(()),
    }
}

fn not_a_file(path: &Path) -> Failure {
    Failure::Refused(format!("output {} is not a regular file; move it away", path.display()))
}

/// Returns the failure of a call, and whether a retry may help.
fn judge(error: CallError) -> (Failure, bool) {
    let is_transient = error.is_transient();
    (error.into(), is_transient)
}

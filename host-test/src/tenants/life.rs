//! One tenant's life: it sleeps until its turn is due, waits in the queue, takes its turn, and
//! reports the result.

use super::account::Account;
use super::folder::Wanted;
use super::rows::{Change, Report};
use super::store::Store;
use super::turn::{Ended, Shared, Tenant};
use crate::run::lag::Lag;
use crate::run::moment::{moment, policy};
use crate::run::notes::Notes;
use crate::run::stop::Stop;
use source_driver::{End, Then, Until};
use source_token::one_line;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tracing::Instrument;

/// Wait of a tenant that only a change to its files can fix: effectively forever.
const UNTIL_CHANGED_MS: u64 = u64::MAX / 2;

/// Minimum time between two logged failures of a tenant, however often its files change.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Maximum length of a stored failure, in characters.
const ERROR_CHARS_MAX: usize = 4_000;

/// One tenant's life.
pub struct Life {
    /// The name.
    pub name: String,
    /// The current config.
    pub wanted: watch::Receiver<Wanted>,
    /// The queue in which tenants wait for their turn.
    pub line: Arc<Semaphore>,
    /// The store of all tenants' state.
    pub store: Store,
    /// What all turns share.
    pub shared: Shared,
    /// The signal to stop.
    pub stop: Stop,
}

impl Life {
    /// Runs the tenant. Returns its name, and whether it was failing at the end.
    pub async fn run(mut self) -> (String, bool) {
        let mut log = Log::default();
        let Some(mut tenant) = self.open(&mut log).await else { return (self.name, true) };
        // Ends when the tenant is removed, on a signal, or as the policy says.
        while !self.stop.is_set() {
            match self.next(&mut tenant, &mut log).await {
                Then::Read => {}
                Then::End(_) => break,
                Then::Wait { ms, .. } => tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    _ = self.wanted.changed() => {}
                    () = self.stop.wait() => {}
                },
            }
        }
        (self.name, tenant.policy.is_failing())
    }

    /// Loads the tenant's part of the state. Returns `None` if a signal or the policy ended the retries.
    async fn open(&mut self, log: &mut Log) -> Option<Tenant> {
        let mut policy = policy(self.shared.plan);
        loop {
            let open = || Account::open(self.store.clone(), &self.name);
            let failure = match tokio::task::block_in_place(open) {
                Ok(account) => {
                    policy.succeeded();
                    return Some(Tenant {
                        name: self.name.clone(),
                        account,
                        lag: Lag::default(),
                        policy,
                        notes: Notes::default(),
                        looks_now: self.shared.plan.until == Until::Idle,
                    });
                }
                Err(failure) => failure,
            };
            log.failure(&self.name, &failure.to_string());
            match policy.failed(true, moment(&self.stop)) {
                Then::Read => {}
                Then::Wait { ms, .. } => self.stop.sleep(Duration::from_millis(ms)).await,
                Then::End(_) => return None,
            }
        }
    }

    /// Takes a turn, or reports why it cannot. [`Then::Read`] means another turn, after the others.
    async fn next(&mut self, tenant: &mut Tenant, log: &mut Log) -> Then {
        let line = Arc::clone(&self.line);
        let place = tokio::select! {
            place = line.acquire() => place,
            () = self.stop.wait() => return Then::End(End::Stopped),
        };
        // Read only now, because it may have changed during the wait.
        let wanted = self.wanted.borrow_and_update().clone();
        match wanted {
            None => {
                self.report(None, Report { state: "removed", ..Report::default() });
                tenant.policy.succeeded();
                Then::End(End::Stopped)
            }
            Some(Err(why)) => {
                let error = Some(log.failure(&self.name, &why));
                self.report(None, Report { state: "failing", error, ..Report::default() });
                match tenant.policy.failed(false, moment(&self.stop)) {
                    Then::Wait { why, .. } => Then::Wait { ms: UNTIL_CHANGED_MS, why },
                    then => then,
                }
            }
            Some(Ok(wish)) => {
                let (mut stop, mut wanted) = (self.stop.clone(), self.wanted.clone());
                let name = tracing::info_span!("tenant", name = self.name);
                // Boxed, so that a sleeping tenant uses no memory for it.
                let turn = Box::pin(tenant.turn(&wish, &self.shared, &mut stop).instrument(name));
                let ended = tokio::select! {
                    ended = turn => ended,
                    // Its files changed, so this turn is over. Whatever was delivered is stored.
                    _ = wanted.changed() => return Then::Read,
                };
                drop(place);
                self.ended(ended, log)
            }
        }
    }

    /// Reports the end of a turn.
    fn ended(&self, mut ended: Ended, log: &mut Log) -> Then {
        let failure = ended.failure.map(|failure| failure.to_string());
        ended.report.error = failure.map(|why| log.failure(&self.name, &why));
        self.report(ended.checkpoint, ended.report);
        ended.then
    }

    fn report(&self, checkpoint: Option<String>, report: Report) {
        let change = Change::Turn(checkpoint, report);
        tokio::task::block_in_place(|| self.store.write_later(&self.name, change));
    }
}

/// Limits how often a tenant's failures are logged.
#[derive(Default)]
struct Log {
    logged: Option<Instant>,
}

impl Log {
    /// Logs a failure if the last log line is old enough, and returns it as one line of bounded length.
    fn failure(&mut self, name: &str, why: &str) -> String {
        let why = one_line(why, ERROR_CHARS_MAX);
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_EVERY) {
            self.logged = Some(Instant::now());
            tracing::warn!(tenant = name, "{why}");
        }
        why
    }
}

//! One tenant's life: it sleeps until its turn is due, waits in line, takes its turn, and reports
//! the result.

use super::account::Account;
use super::folder::Wanted;
use super::rows::{Change, Report};
use super::store::Store;
use super::turn::{Ended, Shared, Tenant};
use crate::exit::Result;
use crate::run::lag::Lag;
use crate::run::notes::Notes;
use crate::run::stop::Stop;
use source_token::one_line;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tracing::Instrument;

/// First wait after a transient failure; it doubles up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_secs(1);

/// Maximum wait between two attempts of a failing tenant. A renewed token or a granted permission
/// is noticed within this time, and a tenant that always traps costs next to nothing.
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Maximum number of consecutive retries after transient failures, in a run that ends when idle.
const RETRIES: u32 = 8;

/// Minimum time between two logged failures of a tenant, whatever it does to its files.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Maximum number of characters of a failure that are kept.
const ERROR_CHARS_MAX: usize = 4_000;

/// One tenant's life.
pub struct Life {
    /// The name.
    pub name: String,
    /// The current config.
    pub wanted: watch::Receiver<Wanted>,
    /// The line in which tenants wait for their turn.
    pub line: Arc<Semaphore>,
    /// The store of its state.
    pub store: Store,
    /// What all turns share.
    pub shared: Shared,
    /// The signal to stop.
    pub stop: Stop,
    /// Whether it ends when it has read everything, or fails permanently.
    pub until_idle: bool,
}

/// What a tenant does next.
enum Then {
    /// Waits in line, behind the others.
    Again,
    /// Waits for this time, or until its files change.
    Wait(Duration),
    /// Ends.
    End,
}

impl Life {
    /// Runs the tenant. Returns its name, and whether it was failing at the end.
    pub async fn run(mut self) -> (String, bool) {
        let mut troubles = Troubles::default();
        let mut tenant = loop {
            match self.open() {
                Ok(tenant) => break tenant,
                Err(failure) => drop(troubles.log(&self.name, &failure.to_string(), true)),
            }
            // Ends with a signal or, in a run that ends when idle, after some retries.
            if self.stop.is_set() || (self.until_idle && troubles.is_over()) {
                return (self.name, true);
            }
            self.stop.sleep(troubles.wait(true)).await;
        };
        // Ends with the tenant, a signal, or when it has read everything.
        while !self.stop.is_set() {
            let then = match self.next(&mut tenant, &mut troubles).await {
                // It fails permanently, or has read everything.
                Then::Wait(_) if self.until_idle && troubles.is_over() => Then::End,
                then => then,
            };
            match then {
                Then::Again => {}
                Then::End => break,
                Then::Wait(time) => tokio::select! {
                    () = tokio::time::sleep(time) => {}
                    _ = self.wanted.changed() => {}
                    () = self.stop.wait() => {}
                },
            }
        }
        (self.name, troubles.count > 0)
    }

    /// Takes a turn, or reports why it cannot.
    async fn next(&mut self, tenant: &mut Tenant, troubles: &mut Troubles) -> Then {
        let line = Arc::clone(&self.line);
        let place = tokio::select! {
            place = line.acquire() => place,
            () = self.stop.wait() => return Then::End,
        };
        // Only now, because it may have changed during the wait.
        let wanted = self.wanted.borrow_and_update().clone();
        match wanted {
            None => {
                self.report(None, Report { state: "removed", ..Report::default() });
                troubles.count = 0;
                Then::End
            }
            Some(Err(why)) => {
                let error = Some(troubles.log(&self.name, &why, false));
                self.report(None, Report { state: "failing", error, ..Report::default() });
                // Only a change of its files helps.
                Then::Wait(Duration::MAX)
            }
            Some(Ok(wish)) => {
                let (mut stop, mut wanted) = (self.stop.clone(), self.wanted.clone());
                let name = tracing::info_span!("tenant", name = self.name);
                // In a box, so that a sleeping tenant takes no memory for it.
                let turn = Box::pin(tenant.turn(&wish, &self.shared, &mut stop).instrument(name));
                let ended = tokio::select! {
                    ended = turn => ended,
                    // Its files changed, so this turn is over; what was delivered is stored.
                    _ = wanted.changed() => return Then::Again,
                };
                drop(place);
                self.ended(ended, troubles)
            }
        }
    }

    fn open(&self) -> Result<Tenant> {
        let open = || Account::open(self.store.clone(), &self.name);
        let account = tokio::task::block_in_place(open)?;
        Ok(Tenant {
            name: self.name.clone(),
            account,
            lag: Lag::default(),
            barren: 0,
            notes: Notes::default(),
            looks_now: self.until_idle,
        })
    }

    /// Reports the end of a turn.
    fn ended(&self, mut ended: Ended, troubles: &mut Troubles) -> Then {
        let then = match ended.failure.take() {
            None => {
                troubles.count = 0;
                troubles.is_waiting = ended.report.state == "throttled";
                ended.wait.map_or(Then::Again, Then::Wait)
            }
            Some((failure, is_transient)) => {
                ended.report.error =
                    Some(troubles.log(&self.name, &failure.to_string(), is_transient));
                Then::Wait(troubles.wait(is_transient))
            }
        };
        self.report(ended.checkpoint, ended.report);
        then
    }

    fn report(&self, checkpoint: Option<String>, report: Report) {
        let change = Change::Turn(checkpoint, report);
        tokio::task::block_in_place(|| self.store.write_later(&self.name, change));
    }
}

/// A tenant's consecutive failures.
#[derive(Default)]
struct Troubles {
    count: u32,
    /// Whether the last of them is transient.
    is_transient: bool,
    /// Whether the remote asked to wait.
    is_waiting: bool,
    logged: Option<Instant>,
}

impl Troubles {
    /// Counts a failure, logs it if the last log line is old enough, and returns it as one line of
    /// bounded length.
    fn log(&mut self, name: &str, why: &str, is_transient: bool) -> String {
        let why = one_line(why, ERROR_CHARS_MAX);
        if self.logged.is_none_or(|logged| logged.elapsed() >= LOG_EVERY) {
            self.logged = Some(Instant::now());
            tracing::warn!(tenant = name, "{why}");
        }
        self.count = self.count.saturating_add(1);
        (self.is_transient, self.is_waiting) = (is_transient, false);
        why
    }

    /// Returns how long to wait after the last failure.
    fn wait(&self, is_transient: bool) -> Duration {
        let doubled = WAIT_FIRST.saturating_mul(1 << self.count.saturating_sub(1).min(9));
        let full = if is_transient { doubled.min(WAIT_MAX) } else { WAIT_MAX };
        // Jitter, so that tenants that failed together do not return together.
        full.mul_f64(0.5 + rand::random::<f64>() / 2.0)
    }

    /// Returns whether waiting does not help.
    fn is_over(&self) -> bool {
        let is_retrying = self.count > 0 && self.is_transient && self.count <= RETRIES;
        !is_retrying && !self.is_waiting
    }
}

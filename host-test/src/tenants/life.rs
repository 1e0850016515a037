//! One tenant's life: it sleeps until its turn is due, waits in line, takes its turn, and tells how that ended.

use super::account::Account;
use super::folder::Wanted;
use super::rows::{Change, Report};
use super::store::Store;
use super::turn::{Ended, Shared, Tenant};
use crate::exit::Result;
use crate::guest::redact::one_line;
use crate::run::lag::Lag;
use crate::run::notes::Notes;
use crate::run::stop::Stop;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tracing::Instrument;

/// First wait after a failure that may pass; it doubles up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_secs(1);

/// Longest wait between two tries of a tenant that is failing: a token that was renewed, or a right
/// that was granted, is found within this time, and a trap costs next to nothing.
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Failures in a row that may pass, before a run that is to end does.
const RETRIES: u32 = 8;

/// A tenant's failures are logged no more often than this, whatever it does to its files.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Letters of a failure that are kept.
const ERROR_CHARS_MAX: usize = 4_000;

/// One tenant's life.
pub struct Life {
    /// Its name.
    pub name: String,
    /// What it wants.
    pub wanted: watch::Receiver<Wanted>,
    /// Where turns are waited for.
    pub line: Arc<Semaphore>,
    /// Where its state is kept.
    pub store: Store,
    /// What all turns share.
    pub shared: Shared,
    /// The end of all.
    pub stop: Stop,
    /// It ends when it has read everything, or fails for good.
    pub until_idle: bool,
}

/// How a tenant goes on.
enum Then {
    /// In line, behind the others.
    Again,
    /// After a while, or when its files change.
    Wait(Duration),
    /// Not at all.
    End,
}

impl Life {
    /// Gives its name, and whether it ended failing.
    pub async fn run(mut self) -> (String, bool) {
        let mut troubles = Troubles::default();
        let mut tenant = loop {
            match self.open() {
                Ok(tenant) => break tenant,
                Err(failure) => drop(troubles.tell(&self.name, &failure.to_string(), true)),
            }
            // Ends with a signal or, in a run that is to end, after some tries.
            if self.stop.is_set() || (self.until_idle && troubles.is_over()) {
                return (self.name, true);
            }
            self.stop.sleep(troubles.wait(true)).await;
        };
        // Ends with the tenant, a signal, or when it has read everything.
        while !self.stop.is_set() {
            let then = match self.next(&mut tenant, &mut troubles).await {
                // One that fails for good, or has read everything.
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

    /// A turn, or a word on why there is none.
    async fn next(&mut self, tenant: &mut Tenant, troubles: &mut Troubles) -> Then {
        let line = Arc::clone(&self.line);
        let place = tokio::select! {
            place = line.acquire() => place,
            () = self.stop.wait() => return Then::End,
        };
        // Only now: it may have changed while it waited.
        let wanted = self.wanted.borrow_and_update().clone();
        match wanted {
            None => {
                self.report(None, Report { state: "removed", ..Report::default() });
                troubles.count = 0;
                Then::End
            }
            Some(Err(why)) => {
                let error = Some(troubles.tell(&self.name, &why, false));
                self.report(None, Report { state: "failing", error, ..Report::default() });
                // Until its files change.
                Then::Wait(Duration::MAX)
            }
            Some(Ok(wish)) => {
                let (mut stop, mut wanted) = (self.stop.clone(), self.wanted.clone());
                let name = tracing::info_span!("tenant", name = self.name);
                // In a box, so that a sleeping tenant keeps no room for it.
                let turn = Box::pin(tenant.turn(&wish, &self.shared, &mut stop).instrument(name));
                let ended = tokio::select! {
                    ended = turn => ended,
                    // With other files, or none, this turn is over; what was delivered is stored.
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
            Some((failure, is_passing)) => {
                ended.report.error =
                    Some(troubles.tell(&self.name, &failure.to_string(), is_passing));
                Then::Wait(troubles.wait(is_passing))
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

/// A tenant's failures in a row.
#[derive(Default)]
struct Troubles {
    count: u32,
    /// The last of them may pass.
    is_passing: bool,
    /// The remote asked to wait.
    is_waiting: bool,
    told: Option<Instant>,
}

impl Troubles {
    /// Counts a failure, logs it now and then, and gives it in one line of bounded length.
    fn tell(&mut self, name: &str, why: &str, is_passing: bool) -> String {
        let why = one_line(why, ERROR_CHARS_MAX);
        if self.told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            self.told = Some(Instant::now());
            tracing::warn!(tenant = name, "{why}");
        }
        self.count = self.count.saturating_add(1);
        (self.is_passing, self.is_waiting) = (is_passing, false);
        why
    }

    /// How long to wait after the last one.
    fn wait(&self, is_passing: bool) -> Duration {
        let doubled = WAIT_FIRST.saturating_mul(1 << self.count.saturating_sub(1).min(9));
        let full = if is_passing { doubled.min(WAIT_MAX) } else { WAIT_MAX };
        // Those that failed together must not return together.
        full.mul_f64(0.5 + rand::random::<f64>() / 2.0)
    }

    /// Nothing is to be gained by waiting.
    fn is_over(&self) -> bool {
        let is_trying = self.count > 0 && self.is_passing && self.count <= RETRIES;
        !is_trying && !self.is_waiting
    }
}

//! Whose turn it is: a task for each tenant, which sleeps until its turn is due, and then waits in
//! one line with the others, so that a long backfill never keeps a poll waiting for long.

use super::account::Account;
use super::folder::{self, Wish};
use super::store::{Change, Report, Store};
use super::turn::{Ended, Shared, Tenant};
use super::watch::{Changes, Watch};
use crate::exit::{Failure, Result};
use crate::lag::Lag;
use crate::limits::Limits;
use crate::signals::Stop;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// First wait after a failure that may pass; it doubles up to [`WAIT_MAX`].
const WAIT_FIRST: Duration = Duration::from_secs(1);

/// Longest wait between two tries of a tenant that is failing: a token that was renewed, or a right
/// that was granted, is found within this time, and a trap costs next to nothing.
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// What a tenant wants: none when its folder has gone, in words what is wrong with it.
type Wanted = Option<std::result::Result<Arc<Wish>, String>>;

/// All tenants of a folder.
pub struct Schedule {
    /// The folder of folders.
    pub dir: PathBuf,
    /// What each tenant may use.
    pub limits: Limits,
    /// Turns at the same time.
    pub concurrency: usize,
    /// Each tenant ends when it has read everything, or fails.
    pub until_idle: bool,
    /// What all turns share.
    pub shared: Shared,
}

impl Schedule {
    /// Runs until a signal comes, or until all are idle. Gives the names of those that ended failing.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when the folder cannot be read or watched.
    pub async fn run(self, store: Store, mut stop: Stop) -> Result<Vec<String>> {
        let mut watch = Watch::start(&self.dir)?;
        let line = Arc::new(Semaphore::new(self.concurrency));
        let mut tasks: JoinSet<Option<String>> = JoinSet::new();
        let mut tenants: HashMap<String, watch::Sender<Wanted>> = HashMap::new();
        let mut failing = Vec::new();
        let mut changes = Changes::All;
        // Ends with a signal or, when wanted, with the last task.
        loop {
            for name in changes.names(&self.dir, tenants.keys())? {
                let wanted = self.read(&name);
                match tenants.get(&name) {
                    Some(sender) => tell(sender, &name, wanted),
                    None if wanted.is_none() => {}
                    None => {
                        let (sender, receiver) = watch::channel(wanted);
                        let task = Task {
                            name: name.clone(),
                            wanted: receiver,
                            line: Arc::clone(&line),
                            store: store.clone(),
                            shared: self.shared.clone(),
                            stop: stop.clone(),
                            until_idle: self.until_idle,
                        };
                        tasks.spawn(task.run());
                        tenants.insert(name, sender);
                    }
                }
            }
            tenants.retain(|_, sender| sender.borrow().is_some() && !sender.is_closed());
            if self.until_idle && tasks.is_empty() {
                break;
            }
            changes = tokio::select! {
                () = stop.wait() => break,
                changes = watch.next() => changes,
                Some(ended) = tasks.join_next() => {
                    failing.extend(ended.ok().flatten());
                    Changes::none()
                }
            };
        }
        drop(tenants);
        while let Some(ended) = tasks.join_next().await {
            failing.extend(ended.ok().flatten());
        }
        Ok(failing)
    }

    fn read(&self, name: &str) -> Wanted {
        match folder::read(&self.dir, name, self.limits) {
            Ok(None) => None,
            Ok(Some(wish)) => Some(Ok(Arc::new(wish))),
            Err(why) => Some(Err(why)),
        }
    }
}

/// Tells a task what its tenant wants now, if that is anything new.
fn tell(sender: &watch::Sender<Wanted>, name: &str, wanted: Wanted) {
    let is_new = match (&*sender.borrow(), &wanted) {
        (Some(Ok(old)), Some(Ok(new))) => old.digest != new.digest,
        (Some(Err(old)), Some(Err(new))) => old != new,
        (None, None) => false,
        _ => true,
    };
    if is_new {
        let what = if wanted.is_some() { "changed" } else { "removed" };
        tracing::info!(tenant = name, "{what}");
        sender.send_replace(wanted);
    }
}

/// One tenant's life.
struct Task {
    name: String,
    wanted: watch::Receiver<Wanted>,
    line: Arc<Semaphore>,
    store: Store,
    shared: Shared,
    stop: Stop,
    until_idle: bool,
}

impl Task {
    /// Gives its name when it ended failing.
    async fn run(mut self) -> Option<String> {
        let mut tenant = match self.open() {
            Ok(tenant) => tenant,
            Err(failure) => {
                tracing::error!(tenant = self.name, "{failure}");
                return Some(self.name);
            }
        };
        let mut failures = 0;
        let mut is_failing = false;
        // Ends with the tenant, a signal, or when it has read everything.
        while !self.stop.is_set() {
            let wanted = self.wanted.borrow_and_update().clone();
            let wait = match wanted {
                None => {
                    self.report(None, Report { state: "removed", ..Report::default() });
                    return None;
                }
                Some(Err(why)) => {
                    is_failing = true;
                    tracing::warn!(tenant = self.name, "{why}");
                    let error = Some(why);
                    self.report(None, Report { state: "failing", error, ..Report::default() });
                    // Until its files change.
                    Some(Duration::MAX)
                }
                Some(Ok(wish)) => {
                    // Behind those who came before; never closed while tasks live.
                    let Ok(_place) = self.line.acquire().await else { return None };
                    // In a box, so that a sleeping tenant keeps no room for it.
                    let mut stop = self.stop.clone();
                    let ended = Box::pin(tenant.turn(&wish, &self.shared, &mut stop)).await;
                    is_failing = ended.failure.is_some();
                    self.ended(ended, &mut failures)
                }
            };
            let Some(wait) = wait else { continue };
            if self.until_idle {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = self.wanted.changed() => failures = 0,
                () = self.stop.wait() => {}
            }
        }
        is_failing.then_some(self.name)
    }

    fn open(&self) -> Result<Tenant> {
        let open = || Account::open(self.store.clone(), &self.name);
        let account = tokio::task::block_in_place(open)?;
        Ok(Tenant { name: self.name.clone(), account, lag: Lag::default(), barren: 0 })
    }

    /// Reports the end of a turn, and gives the time until the next.
    fn ended(&self, ended: Ended, failures: &mut u32) -> Option<Duration> {
        let wait = match ended.failure {
            None => {
                *failures = 0;
                ended.wait
            }
            Some((failure, is_passing)) => {
                // Once, not at every try.
                if *failures == 0 {
                    tracing::warn!(tenant = self.name, "{failure}");
                }
                let doubled = WAIT_FIRST.saturating_mul(1 << (*failures).min(9));
                *failures = failures.saturating_add(1);
                let full = if is_passing { doubled.min(WAIT_MAX) } else { WAIT_MAX };
                // Those that failed together must not return together.
                Some(full.mul_f64(0.5 + rand::random::<f64>() / 2.0))
            }
        };
        self.report(ended.checkpoint, ended.report);
        wait
    }

    fn report(&self, checkpoint: Option<String>, report: Report) {
        let change = Change::Turn(checkpoint, report);
        tokio::task::block_in_place(|| self.store.write_later(&self.name, change));
    }
}

/// The failure of a run in which tenants failed.
///
/// # Errors
///
/// [`Failure::Failed`], naming some of them.
pub fn insist_on_none(mut failing: Vec<String>) -> Result<()> {
    if failing.is_empty() {
        return Ok(());
    }
    failing.sort_unstable();
    let count = failing.len();
    failing.truncate(10);
    let names = failing.join(", ");
    Err(Failure::Failed(format!("{count} tenants failed, among them {names}; see tenants status")))
}

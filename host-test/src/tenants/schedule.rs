//! Runs one task for each tenant's folder, and sends it every change to the folder. All tasks queue for their turn, so
//! a long backfill delays other tenants only briefly.

use super::folder::{self, Wanted};
use super::life::Life;
use super::rows::{Change, Report};
use super::store::Store;
use super::turn::Shared;
use super::watch::{Changes, Watch, names};
use crate::exit::{Failure, Result};
use crate::limits::Limits;
use crate::run::stop::Stop;
use source_driver::Until;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

/// All tenants of a folder.
pub struct Schedule {
    /// The folder with the tenants' folders.
    pub dir: PathBuf,
    /// The limits for each tenant.
    pub limits: Limits,
    /// Maximum number of concurrent turns.
    pub concurrency: usize,
    /// What all turns share.
    pub shared: Shared,
}

/// The result of a task: the tenant, and whether it was failing.
type Ended = std::result::Result<(String, bool), JoinError>;

/// The running tasks.
#[derive(Default)]
struct Running {
    tasks: JoinSet<(String, bool)>,
    tenants: HashMap<String, watch::Sender<Wanted>>,
    failing: Vec<String>,
}

impl Running {
    /// Records the end of a task, and returns its tenant.
    fn ended(&mut self, ended: Ended) -> Option<String> {
        match ended {
            Ok((name, is_failing)) => {
                // Not earlier, because two tasks of one tenant would deliver everything twice.
                self.tenants.remove(&name);
                self.failing.extend(is_failing.then(|| name.clone()));
                Some(name)
            }
            Err(error) => {
                tracing::error!("a tenant's task ended unexpectedly: {error}");
                self.failing.push("(a task that ended unexpectedly)".to_owned());
                // The next check of all folders starts it again.
                self.tenants.retain(|_, sender| !sender.is_closed());
                None
            }
        }
    }
}

impl Schedule {
    /// Runs until a signal arrives or, if the plan ends when idle, until all tenants are idle. Returns the names of
    /// tenants that were failing at the end.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the folder cannot be read or watched.
    pub async fn run(self, store: Store, mut stop: Stop) -> Result<Vec<String>> {
        let mut watch = Watch::start(&self.dir)?;
        let line = Arc::new(Semaphore::new(self.concurrency));
        let mut running = Running::default();
        let until_idle = self.shared.plan.until == Until::Idle;
        let first = names(&self.dir)?;
        self.mark_removed(&store, &first)?;
        let mut changed: Vec<String> = first.into_iter().collect();
        // Ends on a signal or, if the plan ends when idle, with the last task.
        loop {
            for name in changed {
                watch.also(&self.dir.join(&name));
                self.look(&name, &store, &line, &stop, &mut running);
            }
            if until_idle && running.tasks.is_empty() {
                break;
            }
            changed = tokio::select! {
                () = stop.wait() => break,
                Some(ended) = running.tasks.join_next() => {
                    // Its folder may have reappeared while the task ended.
                    running.ended(ended).filter(|_| !until_idle).into_iter().collect()
                }
                changes = watch.next(), if !until_idle => self.named(changes, &running),
            };
        }
        // Sleeping tasks are woken by the signal.
        while let Some(ended) = running.tasks.join_next().await {
            running.ended(ended);
        }
        Ok(running.failing)
    }

    /// Returns the tenants to check.
    fn named(&self, changes: Changes, running: &Running) -> Vec<String> {
        match (changes, names(&self.dir)) {
            (Changes::Some(names), _) => names.into_iter().collect(),
            (Changes::All, Ok(mut all)) => {
                all.extend(running.tenants.keys().cloned());
                all.into_iter().collect()
            }
            // The folder may be back at the next check. No events are lost in the meantime.
            (Changes::All, Err(why)) => {
                tracing::warn!("{why}; continuing with the known tenants");
                Vec::new()
            }
        }
    }

    /// Sends a tenant's task its current config, or starts a task.
    fn look(
        &self,
        name: &str,
        store: &Store,
        line: &Arc<Semaphore>,
        stop: &Stop,
        running: &mut Running,
    ) {
        let wanted = match folder::read(&self.dir, name, self.limits) {
            Ok(None) => None,
            Ok(Some(wish)) => Some(Ok(Arc::new(wish))),
            Err(why) => Some(Err(why)),
        };
        match running.tenants.get(name) {
            Some(sender) => send(sender, name, wanted),
            None if wanted.is_none() => {}
            None => {
                let (sender, receiver) = watch::channel(wanted);
                let life = Life {
                    name: name.to_owned(),
                    wanted: receiver,
                    line: Arc::clone(line),
                    store: store.clone(),
                    shared: self.shared.clone(),
                    stop: stop.clone(),
                };
                running.tasks.spawn(life.run());
                running.tenants.insert(name.to_owned(), sender);
            }
        }
    }

    /// Marks tenants as removed if their folders disappeared while the program was not running.
    fn mark_removed(&self, store: &Store, present: &HashSet<String>) -> Result<()> {
        let known = tokio::task::block_in_place(|| store.names())?;
        for name in known.into_iter().filter(|name| !present.contains(name)) {
            let gone = Report { state: "removed", ..Report::default() };
            store.write_later(&name, Change::Turn(None, gone));
        }
        Ok(())
    }
}

/// Sends a task the config of its tenant, if it changed.
fn send(sender: &watch::Sender<Wanted>, name: &str, wanted: Wanted) {
    let is_new = match (&*sender.borrow(), &wanted) {
        (Some(Ok(old)), Some(Ok(new))) => old.digest != new.digest,
        (Some(Err(old)), Some(Err(new))) => old != new,
        (None, None) => false,
        _ => true,
    };
    if is_new {
        let what = if wanted.is_some() { "changed" } else { "removed" };
        // At debug level, because a tenant may change its files as often as it likes.
        tracing::debug!(tenant = name, "{what}");
        sender.send_replace(wanted);
    }
}

/// Maximum number of failed tenants that a message names.
const NAMED_MAX: usize = 10;

/// Checks that no tenant failed.
///
/// # Errors
///
/// Returns [`Failure::Failed`], naming at most ten of those that failed.
pub fn check_none_failed(mut failing: Vec<String>) -> Result<()> {
    failing.sort_unstable();
    let many = match failing.len() {
        0 => return Ok(()),
        1 => "1 tenant".to_owned(),
        count => format!("{count} tenants"),
    };
    let more = match failing.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    failing.truncate(NAMED_MAX);
    let names = failing.join(", ") + &more;
    Err(Failure::Failed(format!(
        "{many} failed: {names}; run `host-test tenants status` with the same --dir for details"
    )))
}

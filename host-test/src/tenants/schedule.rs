//! Who is a tenant: a task for each folder, told of every change to it. Which of them has its turn is decided by one line
//! in which all wait, so that a long backfill never keeps a poll waiting for long.

use super::folder::{self, Wanted};
use super::life::Life;
use super::rows::{Change, Report};
use super::store::Store;
use super::turn::Shared;
use super::watch::{Changes, Watch, names};
use crate::exit::{Failure, Result};
use crate::guest::limits::Limits;
use crate::run::stop::Stop;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

/// All tenants of a folder.
pub struct Schedule {
    /// The folder of folders.
    pub dir: PathBuf,
    /// What each tenant may use.
    pub limits: Limits,
    /// Turns at the same time.
    pub concurrency: usize,
    /// Each tenant ends when it has read everything, or fails for good.
    pub until_idle: bool,
    /// What all turns share.
    pub shared: Shared,
}

/// How a task ended: the tenant, and whether it was failing.
type Ended = std::result::Result<(String, bool), JoinError>;

/// What runs.
#[derive(Default)]
struct Running {
    tasks: JoinSet<(String, bool)>,
    tenants: HashMap<String, watch::Sender<Wanted>>,
    failing: Vec<String>,
}

impl Running {
    /// Takes in the end of a task, and gives its tenant.
    fn ended(&mut self, ended: Ended) -> Option<String> {
        match ended {
            Ok((name, is_failing)) => {
                // Not before: two tasks of one tenant would deliver everything twice.
                self.tenants.remove(&name);
                self.failing.extend(is_failing.then(|| name.clone()));
                Some(name)
            }
            Err(error) => {
                tracing::error!("a tenant's task ended by itself: {error}");
                self.failing.push("one whose task ended by itself".to_owned());
                // The next look at all folders begins it anew.
                self.tenants.retain(|_, sender| !sender.is_closed());
                None
            }
        }
    }
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
        let mut running = Running::default();
        let first = names(&self.dir)?;
        self.forget_the_gone(&store, &first)?;
        let mut changed: Vec<String> = first.into_iter().collect();
        // Ends with a signal or, when wanted, with the last task.
        loop {
            for name in changed {
                watch.also(&self.dir.join(&name));
                self.look(&name, &store, &line, &stop, &mut running);
            }
            if self.until_idle && running.tasks.is_empty() {
                break;
            }
            changed = tokio::select! {
                () = stop.wait() => break,
                Some(ended) = running.tasks.join_next() => {
                    // Its folder may have come back while the task was ending.
                    running.ended(ended).filter(|_| !self.until_idle).into_iter().collect()
                }
                changes = watch.next(), if !self.until_idle => self.named(changes, &running),
            };
        }
        // What is asleep is woken by the signal.
        while let Some(ended) = running.tasks.join_next().await {
            running.ended(ended);
        }
        Ok(running.failing)
    }

    /// The tenants to look at.
    fn named(&self, changes: Changes, running: &Running) -> Vec<String> {
        match (changes, names(&self.dir)) {
            (Changes::Some(names), _) => names.into_iter().collect(),
            (Changes::All, Ok(mut all)) => {
                all.extend(running.tenants.keys().cloned());
                all.into_iter().collect()
            }
            // It may be back at the next look; nobody's events are lost meanwhile.
            (Changes::All, Err(why)) => {
                tracing::warn!("{why}; going on with the tenants there were");
                Vec::new()
            }
        }
    }

    /// Tells a tenant's task what it wants now, or begins one.
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
            Some(sender) => tell(sender, name, wanted),
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
                    until_idle: self.until_idle,
                };
                running.tasks.spawn(life.run());
                running.tenants.insert(name.to_owned(), sender);
            }
        }
    }

    /// Tenants whose folder went while nobody looked.
    fn forget_the_gone(&self, store: &Store, present: &HashSet<String>) -> Result<()> {
        let known = tokio::task::block_in_place(|| store.names())?;
        for name in known.into_iter().filter(|name| !present.contains(name)) {
            let gone = Report { state: "removed", ..Report::default() };
            store.write_later(&name, Change::Turn(None, gone));
        }
        Ok(())
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
        // Not louder: a tenant may change its files as often as it likes.
        tracing::debug!(tenant = name, "{what}");
        sender.send_replace(wanted);
    }
}

/// The failure of a run in which tenants failed.
///
/// # Errors
///
/// [`Failure::Failed`], naming some of them.
pub fn insist_on_none(mut failing: Vec<String>) -> Result<()> {
    failing.sort_unstable();
    let many = match failing.len() {
        0 => return Ok(()),
        1 => "1 tenant".to_owned(),
        count => format!("{count} tenants"),
    };
    failing.truncate(10);
    let names = failing.join(", ");
    Err(Failure::Failed(format!("{many} failed: {names}; see tenants status")))
}

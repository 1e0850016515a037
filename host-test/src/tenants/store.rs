//! The state of all tenants, in one database. One thread writes, so that simultaneous changes to many
//! tenants cost one transaction.

use super::rows::{Change, LAYOUT, Row, TENANTS, apply, load, names};
use crate::exit::{Failure, Result};
use crate::names::true_name;
use crate::state::causes::{STATE_DAMAGED, words};
use crate::state::lock::Lock;
use crate::state::locked;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Maximum delay of changes that no caller waits for, such as those of a poll without events. Less
/// than the shortest lookback, so that a crash loses no events.
const LAZY: Duration = Duration::from_millis(500);

/// Maximum number of changes in one transaction, and in the queue. Callers wait while it is full.
const GROUP_MAX: usize = 1_000;

/// A tenant, the change to store, and the caller that waits for it, if any.
type Write = (String, Change, Option<oneshot::Sender<Result<()>>>);

enum Job {
    Write(Write),
    Load(String, oneshot::Sender<Result<Row>>),
    Names(oneshot::Sender<Result<Vec<String>>>),
}

/// A handle to the writing thread. Clones share the thread. When the last one is dropped, the thread
/// stores all changes and ends.
#[derive(Debug, Clone)]
pub struct Store(SyncSender<Job>);

impl Store {
    /// Locks and opens the database, and starts the thread. Join it after the last store is dropped.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file is in use, not ours, damaged, not writable, or has a
    /// newer version.
    pub fn open(path: &Path) -> Result<(Self, std::thread::JoinHandle<()>)> {
        TENANTS.look(path)?;
        let path = true_name(path)?;
        let lock = Lock::take(&path)?;
        let database = TENANTS.open(&path, LAYOUT)?;
        let (sender, jobs) = sync_channel(GROUP_MAX);
        let write = move || {
            let _lock = lock;
            Writer { database, name: path.display().to_string() }.run(&jobs);
        };
        let thread =
            std::thread::Builder::new().name("store".to_owned()).spawn(write).map_err(|error| {
                Failure::Failed(format!("cannot start the storage thread: {error}"))
            })?;
        Ok((Self(sender), thread))
    }

    /// Stores a change durably. Blocks until it is stored, so do not call it in async code.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the write fails, [`Failure::Locked`] if another program has
    /// locked the database.
    pub fn write(&self, tenant: &str, change: Change) -> Result<()> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Write((tenant.to_owned(), change, Some(done))))?;
        waits.blocking_recv().map_err(|_| gone())?
    }

    /// Stores a change soon. An error is only logged, because the next change includes this one.
    pub fn write_later(&self, tenant: &str, change: Change) {
        // Fails only if the thread has ended, because the process is about to end.
        let _ = self.send(Job::Write((tenant.to_owned(), change, None)));
    }

    /// Loads the stored data of a tenant. Blocks until it is read.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the database cannot be read, [`Failure::Locked`] if another
    /// program has locked it.
    pub fn load(&self, tenant: &str) -> Result<Row> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Load(tenant.to_owned(), done))?;
        waits.blocking_recv().map_err(|_| gone())?
    }

    /// Returns the names of all tenants that were not removed. Blocks until they are read.
    ///
    /// # Errors
    ///
    /// Same as [`Store::load`].
    pub fn names(&self) -> Result<Vec<String>> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Names(done))?;
        waits.blocking_recv().map_err(|_| gone())?
    }

    fn send(&self, job: Job) -> Result<()> {
        self.0.send(job).map_err(|_| gone())
    }
}

fn gone() -> Failure {
    Failure::Failed("the state can no longer be written".to_owned())
}

/// The data of the writing thread.
struct Writer {
    database: Connection,
    name: String,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut group = Vec::new();
        let mut since = Instant::now();
        // Ends when all senders are dropped.
        loop {
            let next = jobs.recv_timeout(LAZY);
            let is_over = matches!(next, Err(RecvTimeoutError::Disconnected));
            if group.is_empty() {
                since = Instant::now();
            }
            let mut has_waiter = is_over;
            for job in next.into_iter().chain(jobs.try_iter().take(GROUP_MAX)) {
                match job {
                    Job::Write(write) => {
                        has_waiter |= write.2.is_some();
                        group.push(write);
                    }
                    Job::Names(done) => {
                        let _ = done.send(names(&self.database).map_err(|e| self.refuse(&e)));
                    }
                    Job::Load(tenant, done) => {
                        self.commit(&mut group);
                        let _ =
                            done.send(load(&self.database, &tenant).map_err(|e| self.refuse(&e)));
                    }
                }
            }
            if has_waiter || group.len() >= GROUP_MAX || since.elapsed() >= LAZY {
                self.commit(&mut group);
            }
            if is_over {
                return;
            }
        }
    }

    fn refuse(&self, error: &rusqlite::Error) -> Failure {
        if locked::is(error) {
            return locked::failure("state", Path::new(&self.name));
        }
        Failure::Failed(format!(
            "cannot read or write state {}: {}",
            self.name,
            words(error, STATE_DAMAGED)
        ))
    }

    /// Stores a group of changes in one transaction, and notifies the waiting callers.
    fn commit(&mut self, group: &mut Vec<Write>) {
        if group.is_empty() {
            return;
        }
        let work = |database: &mut Connection| {
            let all = database.transaction()?;
            group.iter().try_for_each(|(tenant, change, _)| apply(&all, tenant, change))?;
            all.commit()
        };
        let done = work(&mut self.database).map_err(|error| self.refuse(&error));
        if let Err(why) = &done {
            tracing::error!("{why}");
        }
        for (_, _, waits) in group.drain(..) {
            // Fails only if the caller no longer waits.
            let _ = waits.map(|waits| waits.send(done.clone()));
        }
    }
}

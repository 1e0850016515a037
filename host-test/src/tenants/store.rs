//! The state of all tenants, in one database. One thread writes, so that what many tenants store at
//! the same time costs one transaction.

use super::rows::{Change, LAYOUT, Row, TENANTS, apply, load, names};
use crate::exit::{Failure, Result};
use crate::names::true_name;
use crate::state::causes::words;
use crate::state::lock::Lock;
use crate::state::locked;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long what nobody waits for may lie before it is stored: only that a tenant looked, and found
/// nothing. Less than the shortest lookback, so that a crash costs no event.
const LAZY: Duration = Duration::from_millis(500);

/// Changes in one transaction, and in the queue before it. Who finds the queue full waits.
const GROUP_MAX: usize = 1_000;

/// What is to be stored, of whom, and who waits for it.
type Write = (String, Change, Option<oneshot::Sender<Result<()>>>);

enum Job {
    Write(Write),
    Load(String, oneshot::Sender<Result<Row>>),
    Names(oneshot::Sender<Result<Vec<String>>>),
}

/// The way to the thread that writes. Clones share it; it ends, with all stored, after the last.
#[derive(Debug, Clone)]
pub struct Store(SyncSender<Job>);

impl Store {
    /// Locks and opens the database, and starts the thread. Join it after the last store is dropped.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`]: locked, not ours, damaged, of a newer version, or not writable.
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
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(write)
            .map_err(|error| Failure::Failed(format!("cannot start a thread: {error}")))?;
        Ok((Self(sender), thread))
    }

    /// Stores durably; waits for it, so not for the threads of the runtime.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the disk does not take it.
    pub fn write(&self, tenant: &str, change: Change) -> Result<()> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Write((tenant.to_owned(), change, Some(done))))?;
        waits.blocking_recv().map_err(|_| gone())?
    }

    /// Stores soon. An error is logged: what is stored next says all of it again.
    pub fn write_later(&self, tenant: &str, change: Change) {
        // The thread has ended only when the process is about to.
        let _ = self.send(Job::Write((tenant.to_owned(), change, None)));
    }

    /// What is known of a tenant; waits for it.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when the database is damaged.
    pub fn load(&self, tenant: &str) -> Result<Row> {
        let (done, waits) = oneshot::channel();
        self.send(Job::Load(tenant.to_owned(), done))?;
        waits.blocking_recv().map_err(|_| gone())?
    }

    /// The names of all tenants that were not removed; waits for it.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the database cannot be read.
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

/// The thread's own.
struct Writer {
    database: Connection,
    name: String,
}

impl Writer {
    fn run(mut self, jobs: &Receiver<Job>) {
        let mut group = Vec::new();
        let mut since = Instant::now();
        // Ends when all senders are gone.
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
        Failure::Failed(format!("cannot write state {}: {}", self.name, words(error)))
    }

    /// Stores a group and tells those who wait.
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
            // One that does not wait any more was stopped.
            let _ = waits.map(|waits| waits.send(done.clone()));
        }
    }
}

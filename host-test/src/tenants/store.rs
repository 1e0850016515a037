//! The state of all tenants, in one database. One thread writes, so that what many tenants store at
//! the same time costs one transaction.

use crate::database::{Kind, words};
use crate::exit::{Failure, Result};
use crate::lock::Lock;
use crate::mark::Mark;
use crate::names::true_name;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// "BAtn": tells these files from other databases.
pub(crate) const TENANTS: Kind = Kind {
    name: "state",
    application_id: 0x4241_746e,
    version: 1,
    is_checked: true,
    tables: &["tenant"],
};

const LAYOUT: &str = "
    CREATE TABLE tenant (
        name TEXT PRIMARY KEY, checkpoint TEXT, stored_at TEXT,
        device INTEGER, inode INTEGER, length INTEGER, tail BLOB, writing BLOB,
        state TEXT NOT NULL DEFAULT 'new', events INTEGER NOT NULL DEFAULT 0, last_event TEXT,
        lag_seconds INTEGER, error TEXT) WITHOUT ROWID;";

/// How long what nobody waits for may lie before it is stored: only that a tenant looked, and found
/// nothing. Less than the shortest lookback, so that a crash costs no event.
const LAZY: Duration = Duration::from_millis(500);

/// Changes in one transaction, and in the queue before it. Who finds the queue full waits.
const GROUP_MAX: usize = 1_000;

/// How a tenant is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// In one word.
    pub state: &'static str,
    /// Events delivered since the last report.
    pub events: u64,
    /// When the newest event occurred (RFC 3339), if there is news of it, and its age at delivery.
    pub newest: Option<(String, i64)>,
    /// Why it is failing.
    pub error: Option<String>,
}

/// What is to be stored of a tenant.
#[derive(Debug)]
pub enum Change {
    /// What is about to be appended to its output, which stands there.
    Announce(Mark, Vec<u8>),
    /// Its output stands there, nothing is announced any more, and this covers it.
    Settle(Mark, Option<String>),
    /// How its turn ended; nobody waits for it.
    Turn(Option<String>, Report),
}

/// What is known of a tenant.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its checkpoint.
    pub checkpoint: Option<String>,
    /// Where its output stood.
    pub mark: Option<Mark>,
    /// What was announced and not settled.
    pub writing: Option<Vec<u8>>,
}

/// What is to be stored, of whom, and who waits for it.
type Write = (String, Change, Option<oneshot::Sender<Result<()>>>);

enum Job {
    Write(Write),
    Load(String, oneshot::Sender<Result<Row>>),
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

fn apply(all: &Transaction<'_>, tenant: &str, change: &Change) -> rusqlite::Result<()> {
    all.prepare_cached("INSERT OR IGNORE INTO tenant (name) VALUES (?1)")?.execute([tenant])?;
    let stored = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
    match change {
        Change::Announce(mark, bytes) => {
            place(all, tenant, mark)?;
            all.prepare_cached("UPDATE tenant SET writing = ?2 WHERE name = ?1")?
                .execute(params![tenant, bytes])
        }
        Change::Settle(mark, checkpoint) => {
            place(all, tenant, mark)?;
            all.prepare_cached(&format!(
                "UPDATE tenant SET writing = NULL, checkpoint = coalesce(?2, checkpoint), \
                 stored_at = {stored} WHERE name = ?1"
            ))?
            .execute(params![tenant, checkpoint])
        }
        Change::Turn(checkpoint, report) => {
            let newest = report.newest.as_ref();
            all.prepare_cached(&format!(
                "UPDATE tenant SET checkpoint = coalesce(?2, checkpoint), stored_at = {stored}, \
                 state = ?3, events = events + ?4, last_event = coalesce(?5, last_event), \
                 lag_seconds = coalesce(?6, lag_seconds), error = ?7 WHERE name = ?1"
            ))?
            .execute(params![
                tenant,
                checkpoint,
                report.state,
                report.events.cast_signed(),
                newest.map(|(time, _)| time),
                newest.map(|(_, lag)| lag),
                report.error
            ])
        }
    }
    .map(drop)
}

fn place(all: &Transaction<'_>, tenant: &str, mark: &Mark) -> rusqlite::Result<usize> {
    let sql = "UPDATE tenant SET device = ?2, inode = ?3, length = ?4, tail = ?5 WHERE name = ?1";
    all.prepare_cached(sql)?.execute(params![
        tenant,
        mark.device.cast_signed(),
        mark.inode.cast_signed(),
        mark.length.cast_signed(),
        mark.tail
    ])
}

fn load(database: &Connection, tenant: &str) -> rusqlite::Result<Row> {
    let sql = "SELECT checkpoint, writing, device, inode, length, tail FROM tenant WHERE name = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        let device: Option<i64> = row.get(2)?;
        let mark = match device {
            None => None,
            Some(device) => Some(Mark {
                device: device.cast_unsigned(),
                inode: row.get::<_, i64>(3)?.cast_unsigned(),
                length: row.get::<_, i64>(4)?.cast_unsigned(),
                tail: row.get(5)?,
            }),
        };
        Ok(Row { checkpoint: row.get(0)?, writing: row.get(1)?, mark })
    };
    Ok(database.query_row(sql, [tenant], row).optional()?.unwrap_or_default())
}

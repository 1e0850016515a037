//! The state file: the checkpoint, earlier checkpoints, and the position of the output.

mod book;
pub(crate) mod causes;
pub mod database;
pub mod ledger;
pub mod lock;
pub(crate) mod locked;
pub mod mark;
pub(crate) mod pair;
mod partner;

use crate::exit::{Failure, Result};
use crate::names::true_name;
use crate::state::causes::STATE_DAMAGED;
use crate::state::database::Kind;
use crate::state::lock::Lock;
pub use crate::state::mark::Mark;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::path::{Path, PathBuf};

/// The state file. The application ID is "BAst".
const STATE: Kind = Kind {
    name: "state",
    application_id: 0x4241_7374,
    version: 1,
    is_checked: true,
    tables: &["checkpoint", "kept", "output_file", "writing"],
    added: &[pair::STATE, ANNOUNCED],
    damaged: STATE_DAMAGED,
};

/// Maximum number of replaced checkpoints that are kept, in case a reset was a mistake.
const KEPT_MAX: u32 = 10;

const LAYOUT: &str = "
    CREATE TABLE checkpoint (
        id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL, stored_at TEXT NOT NULL);
    CREATE TABLE kept (
        seq INTEGER PRIMARY KEY, body TEXT NOT NULL, stored_at TEXT NOT NULL,
        replaced_at TEXT NOT NULL, why TEXT NOT NULL);
    CREATE TABLE output_file (
        id INTEGER PRIMARY KEY CHECK (id = 1), device INTEGER NOT NULL, inode INTEGER NOT NULL,
        length INTEGER NOT NULL, tail BLOB NOT NULL);
    CREATE TABLE writing (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL);";

/// The bytes that are about to be appended. A new row is written before the old one is deleted: its pages were free when
/// the transaction began, so SQLite need not save their content in the journal first. Earlier versions used `writing`.
const ANNOUNCED: &str =
    "CREATE TABLE IF NOT EXISTS announced (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// A stored checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The checkpoint, as the component returned it.
    pub body: String,
    /// When it was stored (RFC 3339, UTC).
    pub at: String,
}

/// An open state file, locked against other processes.
#[derive(Debug)]
pub struct State {
    database: Connection,
    path: PathBuf,
    /// The output, if it is an attached database.
    output: Option<PathBuf>,
    /// The checkpoint last read or stored.
    last: Option<String>,
    _lock: Lock,
}

impl State {
    /// Locks and opens the state file, or creates it.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file is in use, not ours, damaged, not writable, or has a
    /// newer version; [`Failure::Locked`] if another program has locked it; [`Failure::Failed`] if
    /// the disk fails.
    pub fn open(path: &Path) -> Result<Self> {
        // Before the lock, so that a mistyped name creates no lock file beside an unrelated file.
        let is_used = STATE.look(path)?;
        if !is_used && path.exists() {
            tracing::warn!("state {} is empty: earlier runs are unknown", path.display());
        }
        let path = true_name(path)?;
        let lock = Lock::take(&path)?;
        let database = STATE.open(&path, LAYOUT)?;
        let last = stored(&database).map_err(|error| STATE.failure(&path, &error))?;
        let last = last.map(|stored| stored.body);
        Ok(Self { database, path, output: None, last, _lock: lock })
    }

    /// Reads the checkpoint of a state file without locking it. Returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file is not ours, is damaged, or has a newer version.
    pub fn peek(path: &Path) -> Result<Option<Stored>> {
        match STATE.open_to_read(path)? {
            None => Ok(None),
            Some(database) => stored(&database).map_err(|error| STATE.failure(path, &error)),
        }
    }

    /// Returns the path of the state file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the checkpoint, or `None` before the first one is stored.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file is damaged.
    pub fn checkpoint(&self) -> Result<Option<Stored>> {
        stored(&self.database).map_err(|error| self.refuse(&error))
    }

    /// Durably stores the checkpoint, the position of the output file, and whatever `more` writes,
    /// all or nothing. With a position, also removes the announcement.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the write fails, [`Failure::Locked`] if another program has
    /// locked the state or the output, [`Failure::Refused`] if another process changed the state.
    /// Changes nothing in these cases.
    pub fn store(
        &mut self,
        checkpoint: Option<&str>,
        mark: Option<&Mark>,
        more: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<()> {
        let last = &mut self.last;
        let mut is_ours = true;
        let work = || {
            let all = self.database.transaction()?;
            // The lock is a separate file, which may have been removed.
            is_ours = stored(&all)?.map(|stored| stored.body) == *last;
            if !is_ours {
                return Ok(());
            }
            if mark.is_some() {
                all.prepare_cached("DELETE FROM writing")?.execute([])?;
                let before: i64 = all
                    .prepare_cached("SELECT coalesce(max(id), 0) FROM announced")?
                    .query_row([], |row| row.get(0))?;
                more(&all)?;
                all.prepare_cached("DELETE FROM announced WHERE id <= ?1")?.execute([before])?;
            } else {
                more(&all)?;
            }
            if let Some(body) = checkpoint {
                let sql = format!("REPLACE INTO checkpoint VALUES (1, ?1, {NOW})");
                all.prepare_cached(&sql)?.execute([body])?;
            }
            if let Some(mark) = mark {
                all.prepare_cached("REPLACE INTO output_file VALUES (1, ?1, ?2, ?3, ?4)")?
                    .execute(params![
                        mark.device.cast_signed(),
                        mark.inode.cast_signed(),
                        mark.length.cast_signed(),
                        mark.tail
                    ])?;
            }
            all.commit()?;
            *last = checkpoint.map(str::to_owned).or(last.take());
            Ok(())
        };
        let done: rusqlite::Result<()> = work();
        done.map_err(|error| self.unwritten(&error))?;
        match is_ours {
            true => Ok(()),
            false => Err(Failure::Refused(format!(
                "state {}: another process changed it (was its lock file removed?); run only one \
                 process with this state",
                self.path.display()
            ))),
        }
    }

    /// Removes or replaces the checkpoint. Keeps the previous one in the file. A removal also removes
    /// the position of the output file, so that nothing is truncated. Returns `false` if there was
    /// no checkpoint.
    ///
    /// # Errors
    ///
    /// Same as [`State::store`].
    pub fn replace(&mut self, checkpoint: Option<&str>, why: &str) -> Result<bool> {
        let mut had = false;
        self.store(checkpoint, None, |all| {
            let keep = format!(
                "INSERT INTO kept (body, stored_at, replaced_at, why) \
                 SELECT body, stored_at, {NOW}, ?1 FROM checkpoint"
            );
            had = all.execute(&keep, [why])? > 0;
            all.execute("DELETE FROM checkpoint", [])?;
            if checkpoint.is_none() {
                all.execute("DELETE FROM output_file", [])?;
                all.execute("DELETE FROM writing", [])?;
                all.execute("DELETE FROM announced", [])?;
            }
            let old = "DELETE FROM kept WHERE seq <= (SELECT max(seq) FROM kept) - ?1";
            all.execute(old, [KEPT_MAX]).map(|_| ())
        })?;
        self.last = checkpoint.map(str::to_owned);
        Ok(had)
    }

    fn refuse(&self, error: &rusqlite::Error) -> Failure {
        STATE.failure(&self.path, error)
    }
}

fn stored(database: &Connection) -> rusqlite::Result<Option<Stored>> {
    let row = |row: &rusqlite::Row<'_>| Ok(Stored { body: row.get(0)?, at: row.get(1)? });
    let sql = "SELECT body, stored_at FROM checkpoint";
    database.query_row(sql, [], row).optional()
}

//! The table of all tenants, and the changes to it.

use crate::exit::{Failure, Result};
use crate::names::true_name;
use crate::state::causes::STATE_DAMAGED;
use crate::state::database::Kind;
use crate::state::lock::Lock;
use crate::state::mark::Mark;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::path::Path;

/// The state file of all tenants. The application ID is "BAtn".
pub(crate) const TENANTS: Kind = Kind {
    name: "state",
    application_id: 0x4241_746e,
    version: 1,
    is_checked: true,
    tables: &["tenant"],
    added: &["CREATE TABLE IF NOT EXISTS begun_anew (name TEXT PRIMARY KEY) WITHOUT ROWID;"],
    damaged: STATE_DAMAGED,
};

pub(crate) const LAYOUT: &str = "
    CREATE TABLE tenant (
        name TEXT PRIMARY KEY, checkpoint TEXT, stored_at TEXT,
        device INTEGER, inode INTEGER, length INTEGER, tail BLOB, writing BLOB,
        state TEXT NOT NULL DEFAULT 'new', events INTEGER NOT NULL DEFAULT 0, last_event TEXT,
        lag_seconds INTEGER, error TEXT) WITHOUT ROWID;";

/// A tenant's new status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The state in one word.
    pub state: &'static str,
    /// The time of the newest event (RFC 3339) and its age at delivery in seconds, if the turn
    /// delivered any.
    pub newest: Option<(String, i64)>,
    /// Why the tenant is failing.
    pub error: Option<String>,
}

/// A change to store for a tenant.
#[derive(Debug)]
pub enum Change {
    /// The position of the output, and what is about to be appended to it.
    Announce(Mark, Vec<u8>),
    /// The new position of the output, the checkpoint that covers it, and the number of new events.
    /// Removes the announcement.
    Settle(Mark, Option<String>, u64),
    /// The checkpoint and status at the end of a turn. No caller waits for it to be stored.
    Turn(Option<String>, Report),
}

/// The stored data of a tenant.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The checkpoint.
    pub checkpoint: Option<String>,
    /// The position of the output.
    pub mark: Option<Mark>,
    /// What was announced but not settled.
    pub writing: Option<Vec<u8>>,
    /// Whether the operator reset it, so that its output may already hold the records read again.
    pub was_reset: bool,
}

/// Writes a change.
///
/// # Errors
///
/// Returns SQLite's error.
pub(crate) fn apply(all: &Transaction<'_>, tenant: &str, change: &Change) -> rusqlite::Result<()> {
    all.prepare_cached("INSERT OR IGNORE INTO tenant (name) VALUES (?1)")?.execute([tenant])?;
    let stored = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
    match change {
        Change::Announce(mark, bytes) => {
            place(all, tenant, mark)?;
            all.prepare_cached("UPDATE tenant SET writing = ?2 WHERE name = ?1")?
                .execute(params![tenant, bytes])
        }
        Change::Settle(mark, checkpoint, events) => {
            place(all, tenant, mark)?;
            all.prepare_cached(&format!(
                "UPDATE tenant SET writing = NULL, checkpoint = coalesce(?2, checkpoint), \
                 stored_at = {stored}, events = events + ?3 WHERE name = ?1"
            ))?
            .execute(params![tenant, checkpoint, events.cast_signed()])
        }
        Change::Turn(checkpoint, report) => {
            let newest = report.newest.as_ref();
            all.prepare_cached(&format!(
                "UPDATE tenant SET checkpoint = coalesce(?2, checkpoint), stored_at = {stored}, \
                 state = ?3, lag_seconds = iif(?4 > coalesce(last_event, ''), ?5, lag_seconds), \
                 last_event = iif(?4 > coalesce(last_event, ''), ?4, last_event), error = ?6 WHERE name = ?1"
            ))?
            .execute(params![
                tenant,
                checkpoint,
                report.state,
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

/// Loads the stored data of a tenant.
///
/// # Errors
///
/// Returns SQLite's error.
pub(crate) fn load(database: &Connection, tenant: &str) -> rusqlite::Result<Row> {
    let sql = "SELECT checkpoint, writing, device, inode, length, tail, \
               EXISTS (SELECT 1 FROM begun_anew WHERE begun_anew.name = tenant.name) \
               FROM tenant WHERE name = ?1";
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
        Ok(Row { checkpoint: row.get(0)?, writing: row.get(1)?, mark, was_reset: row.get(6)? })
    };
    Ok(database.query_row(sql, [tenant], row).optional()?.unwrap_or_default())
}

/// Returns the names of all tenants, except those that were removed.
///
/// # Errors
///
/// Returns SQLite's error.
pub(crate) fn names(database: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut query = database.prepare("SELECT name FROM tenant WHERE state <> 'removed'")?;
    query.query_map([], |row| row.get(0))?.collect()
}

/// Removes a tenant's checkpoint and the position of its output, so that it starts over. Returns
/// the former checkpoint.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if the state is in use, not ours or damaged, or has no such tenant.
pub fn reset(state: &Path, tenant: &str) -> Result<String> {
    let refuse = |why: String| Failure::Refused(format!("state {}: {why}", state.display()));
    if !TENANTS.look(state)? {
        return Err(refuse(
            "holds no tenants yet; run `host-test tenants` first, or check --dir".to_owned(),
        ));
    }
    let path = true_name(state)?;
    let _lock = Lock::take(&path)?;
    let mut database = TENANTS.open(&path, LAYOUT)?;
    let mut work = || {
        let database = database.transaction()?;
        let sql = "SELECT coalesce(checkpoint, '') FROM tenant WHERE name = ?1";
        let former: Option<String> =
            database.query_row(sql, [tenant], |row| row.get(0)).optional()?;
        database.execute(
            "UPDATE tenant SET checkpoint = NULL, writing = NULL, device = NULL, error = NULL, \
             state = 'new' WHERE name = ?1",
            [tenant],
        )?;
        database.execute(
            "INSERT OR IGNORE INTO begun_anew SELECT name FROM tenant WHERE name = ?1",
            [tenant],
        )?;
        database.commit()?;
        Ok(former)
    };
    let former = work().map_err(|error: rusqlite::Error| TENANTS.failure(state, &error))?;
    former
        .ok_or_else(|| refuse(format!("there is no tenant {tenant}; `tenants status` lists them")))
}

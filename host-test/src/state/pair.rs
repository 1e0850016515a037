//! Pairs a state with an output database. Each has a random name, and both count their common
//! commits. A file restored from a backup has a smaller count.

use crate::exit::{Failure, Result};
use crate::state::causes::{NEW_FILE, STATE_LOST, STATE_LOST_REMEDY};
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::path::Path;

/// The tables in the state. They are added to a state of an earlier version when it is opened.
pub const STATE: &str = "
    CREATE TABLE IF NOT EXISTS identity (
        id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
    INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(16))));
    CREATE TABLE IF NOT EXISTS partner (name TEXT PRIMARY KEY, commits INTEGER NOT NULL);";

/// Maximum number of partners that are remembered. With a new output every day, they last nearly three years.
const PARTNERS_MAX: u32 = 1_000;

/// The tables in the output, which are the same.
pub const OUTPUT: &str = STATE;

/// How a state and an attached output relate.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// They belong together.
    Together,
    /// The output is empty and unknown to the state.
    OutputNew,
    /// The output holds events; the state has no checkpoint and was not reset.
    StateNew,
    /// The output took part in commits that the state does not know.
    StateOlder,
    /// The state took part in commits that the output does not know.
    OutputOlder,
    /// The output holds only events of other states.
    Strangers,
}

/// Refuses an output that does not match the state, unless the operator accepts it. Both then
/// continue to count from the larger number.
///
/// # Errors
///
/// The outer error is SQLite's. The inner one is [`Failure::Refused`], with what to do.
pub fn check(
    database: &mut Connection,
    state: &Path,
    output: &Path,
    is_new: bool,
    is_accepted: bool,
) -> rusqlite::Result<Result<()>> {
    // One transaction, so that both counts are from the same instant.
    let all = database.transaction()?;
    let standing = standing(&all, is_new)?;
    match standing {
        Standing::Together => forget(&all)?,
        Standing::OutputNew => {
            let sql = "SELECT EXISTS (SELECT 1 FROM main.checkpoint)";
            if all.query_row(sql, [], |row| row.get(0))? {
                let output = output.display();
                tracing::info!("{output} {NEW_FILE}");
            }
            forget(&all)?;
        }
        _ if is_accepted => {
            let (state, output) = (state.display(), output.display());
            tracing::warn!(
                "output {output} does not match state {state}; continuing because of --accept-output"
            );
            let (ours, theirs) = commits(&all)?;
            let next = ours.max(theirs).unwrap_or(0).saturating_add(1);
            count(&all, next, &next.to_string())?;
        }
        _ => return Ok(Err(refuse(&standing, state, output))),
    }
    all.commit()?;
    Ok(Ok(()))
}

fn refuse(standing: &Standing, state: &Path, output: &Path) -> Failure {
    let (state, output) = (state.display(), output.display());
    let (why, remedy) = match standing {
        Standing::Together | Standing::OutputNew => ("belongs to it", "there is nothing to do"),
        Standing::StateNew => {
            let words =
                format!("output {output} {STATE_LOST} (state {state}); {STATE_LOST_REMEDY}");
            return Failure::Refused(format!("{words}; or use --accept-output"));
        }
        Standing::StateOlder => (
            "holds events that the state does not know: the state was restored from a backup, and \
             they would be delivered twice",
            "restore the newer state, or both files from the same backup",
        ),
        Standing::OutputOlder => (
            "lacks events that the state has delivered: the output was restored from a backup",
            "restore the newer output, or both files from the same backup",
        ),
        Standing::Strangers => {
            ("holds events of another state", "use the output that belongs to this state")
        }
    };
    Failure::Refused(format!(
        "output {output} {why} (state {state}); {remedy}; or move the output away to continue in a \
         new one (these events are then repeated or missing there); or use --accept-output"
    ))
}

fn standing(database: &Connection, is_new: bool) -> rusqlite::Result<Standing> {
    let is_filled: bool =
        database.query_row("SELECT EXISTS (SELECT 1 FROM output.events)", [], |row| row.get(0))?;
    // An output of an earlier version counts no commits.
    let is_counted: bool =
        database.query_row("SELECT EXISTS (SELECT 1 FROM output.partner)", [], |row| row.get(0))?;
    Ok(match commits(database)? {
        (None, None) if is_filled && is_new => Standing::StateNew,
        (None, None) if is_filled && is_counted => Standing::Strangers,
        (None, None) if !is_filled => Standing::OutputNew,
        (ours, theirs) if ours == theirs => Standing::Together,
        (ours, theirs) if ours < theirs => Standing::StateOlder,
        _ => Standing::OutputOlder,
    })
}

/// Returns the number of common commits, first by the state's count, then by the output's.
fn commits(database: &Connection) -> rusqlite::Result<(Option<i64>, Option<i64>)> {
    let of = |own: &str, other: &str| {
        let sql = format!(
            "SELECT commits FROM {own}.partner WHERE name = (SELECT name FROM {other}.identity)"
        );
        database.query_row(&sql, [], |row| row.get(0)).optional()
    };
    Ok((of("main", "output")?, of("output", "main")?))
}

/// Removes the oldest partners if there are more than [`PARTNERS_MAX`]. Otherwise writes nothing.
fn forget(database: &Connection) -> rusqlite::Result<()> {
    for schema in ["main", "output"] {
        let sql = format!(
            "DELETE FROM {schema}.partner WHERE rowid <= (SELECT max(rowid) FROM {schema}.partner) - ?1"
        );
        let count = format!("SELECT count(*) FROM {schema}.partner");
        let count: u32 = database.query_row(&count, [], |row| row.get(0))?;
        if count > PARTNERS_MAX {
            database.execute(&sql, [PARTNERS_MAX])?;
        }
    }
    Ok(())
}

/// Counts a commit in both files.
///
/// # Errors
///
/// Returns SQLite's error.
pub fn advance(all: &Transaction<'_>) -> rusqlite::Result<()> {
    count(all, 1, "commits + 1")
}

fn count(all: &Transaction<'_>, first: i64, commits: &str) -> rusqlite::Result<()> {
    for (own, other) in [("main", "output"), ("output", "main")] {
        let sql = format!(
            "INSERT INTO {own}.partner VALUES ((SELECT name FROM {other}.identity), ?1) \
             ON CONFLICT (name) DO UPDATE SET commits = {commits}"
        );
        all.prepare_cached(&sql)?.execute([first])?;
    }
    Ok(())
}

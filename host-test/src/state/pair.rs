//! A state and an output database know each other: each has a random name, and both count the
//! commits that they took part in. A copy put back from a backup has a smaller count.

use crate::exit::{Failure, Result};
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::path::Path;

/// What a state has of it. Added to a state of an earlier version when it is opened.
pub const STATE: &str = "
    CREATE TABLE IF NOT EXISTS identity (
        id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
    INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(16))));
    CREATE TABLE IF NOT EXISTS partner (name TEXT PRIMARY KEY, commits INTEGER NOT NULL);";

/// How many partners are remembered: an output that is begun anew each day is known for years.
const PARTNERS_MAX: u32 = 1_000;

/// What an output has of it: the same.
pub const OUTPUT: &str = STATE;

/// How a state and an attached output stand to each other.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// They belong together.
    Together,
    /// The output is empty and new to the state.
    OutputNew,
    /// The output holds events; the state has neither a checkpoint nor was it reset.
    StateNew,
    /// The output took part in commits that the state knows nothing of.
    StateOlder,
    /// The state took part in commits that the output knows nothing of.
    OutputOlder,
    /// The output holds events of other states only.
    Strangers,
}

/// Refuses an output that does not go with the state, unless the operator accepts it: then both
/// count on from the larger number.
///
/// # Errors
///
/// [`Failure::Refused`], with what to do.
pub fn insist(
    database: &mut Connection,
    state: &Path,
    output: &Path,
    is_new: bool,
    is_accepted: bool,
) -> rusqlite::Result<Result<()>> {
    // One transaction: both counts are of the same instant.
    let all = database.transaction()?;
    let standing = standing(&all, is_new)?;
    match standing {
        Standing::Together => forget(&all)?,
        Standing::OutputNew => {
            let sql = "SELECT EXISTS (SELECT 1 FROM main.checkpoint)";
            if all.query_row(sql, [], |row| row.get(0))? {
                let output = output.display();
                tracing::info!("{output} is a new file; earlier records are not in it");
            }
            forget(&all)?;
        }
        _ if is_accepted => {
            let (state, output) = (state.display(), output.display());
            tracing::warn!("output {output} does not go with state {state}; accepted");
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
        Standing::StateNew => (
            "holds events, but the state is new or empty: they would be read again and delivered twice",
            "put the state back from a backup",
        ),
        Standing::StateOlder => (
            "holds events that the state does not know: the state was restored from a backup, and \
             they would be delivered twice",
            "put the newer state back, or both files from one backup",
        ),
        Standing::OutputOlder => (
            "lacks events that the state has delivered: the output was restored from a backup",
            "put the newer output back, or both files from one backup",
        ),
        Standing::Strangers => {
            ("holds events of another state", "name the output that goes with this state")
        }
    };
    Failure::Refused(format!(
        "output {output} {why} (state {state}); {remedy}; or move the output away to go on in a \
         new one (events are then repeated or missing as said); or give --accept-output"
    ))
}

fn standing(database: &Connection, is_new: bool) -> rusqlite::Result<Standing> {
    let is_filled: bool =
        database.query_row("SELECT EXISTS (SELECT 1 FROM output.events)", [], |row| row.get(0))?;
    // An output of an earlier version counts nobody's commits.
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

/// The commits that the state counts of this output, and the output of this state.
fn commits(database: &Connection) -> rusqlite::Result<(Option<i64>, Option<i64>)> {
    let of = |own: &str, other: &str| {
        let sql = format!(
            "SELECT commits FROM {own}.partner WHERE name = (SELECT name FROM {other}.identity)"
        );
        database.query_row(&sql, [], |row| row.get(0)).optional()
    };
    Ok((of("main", "output")?, of("output", "main")?))
}

/// Forgets the partners that were met first, when there are too many. Writes only then.
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

/// Counts a commit in both.
///
/// # Errors
///
/// SQLite's.
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

//! Opens the two kinds of SQLite files that we write, and no others: a file that is not ours, is
//! damaged or is of a newer version is refused before anything is written to it.

use crate::exit::{Failure, Result};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Longest wait for another process that reads or writes the same file for a moment.
const BUSY: Duration = Duration::from_secs(30);

/// A kind of database file.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What it is called in messages.
    pub name: &'static str,
    /// SQLite's `application_id`, which tells our files from others.
    pub application_id: u32,
    /// SQLite's `user_version`: the version of the layout.
    pub version: u32,
    /// Whether all of it is checked at opening: for small files only.
    pub is_checked: bool,
}

impl Kind {
    /// Looks at a file without SQLite, which would write to a file merely by looking at it.
    /// `true`: it exists and is ours; `false`: it does not exist, or is empty.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`]: a folder, no database, somebody else's, or of a newer version.
    pub fn look(&self, path: &Path) -> Result<bool> {
        let refuse = |why: String| {
            Failure::Refused(format!(
                "{} {}: {why}; it was left as it is",
                self.name,
                path.display()
            ))
        };
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(refuse(error.to_string())),
        };
        let metadata = file.metadata().map_err(|error| refuse(error.to_string()))?;
        if !metadata.is_file() {
            return Err(refuse("is not a regular file".to_owned()));
        }
        if metadata.len() == 0 {
            return Ok(false);
        }
        // Source: https://www.sqlite.org/fileformat.html, "The Database Header".
        let mut header = [0; 100];
        let is_sqlite =
            file.read_exact(&mut header).is_ok() && &header[..16] == b"SQLite format 3\0";
        if !is_sqlite {
            return Err(refuse("is not an SQLite database".to_owned()));
        }
        let word = |at: usize| {
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        if word(68) != self.application_id {
            return Err(refuse("is a database of something else".to_owned()));
        }
        if word(60) > self.version {
            return Err(refuse(format!("is of a newer version ({})", word(60))));
        }
        Ok(true)
    }

    /// Opens or makes a database, checks it, and brings it to this layout.
    ///
    /// # Errors
    ///
    /// As [`Kind::look`]; also when it is damaged or cannot be written.
    pub fn open(&self, path: &Path, layout: &str) -> Result<Connection> {
        self.look(path)?;
        let refuse = |error: rusqlite::Error| {
            Failure::Refused(format!("{} {}: {error}", self.name, path.display()))
        };
        // Without the flag for URIs: a name is a name.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).map_err(refuse)?;
        prepare(&database, "main").map_err(refuse)?;
        if self.is_checked {
            let sound: String = database
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
                .map_err(refuse)?;
            if sound != "ok" {
                let (name, path) = (self.name, path.display());
                return Err(Failure::Refused(format!("{name} {path}: is damaged: {sound}")));
            }
        }
        let Self { application_id, version, .. } = self;
        let made: u32 =
            database.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refuse)?;
        if made == 0 {
            // One transaction, so that a crash leaves either an empty file or all of it.
            database
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE; PRAGMA application_id = {application_id}; \
                     PRAGMA user_version = {version}; {layout} COMMIT;"
                ))
                .map_err(refuse)?;
        }
        Ok(database)
    }

    /// Opens a database for reading only; `None` when it does not exist.
    ///
    /// # Errors
    ///
    /// As [`Kind::look`].
    pub fn open_to_read(&self, path: &Path) -> Result<Option<Connection>> {
        if !self.look(path)? {
            return Ok(None);
        }
        let refuse = |error: rusqlite::Error| {
            Failure::Refused(format!("{} {}: {error}", self.name, path.display()))
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).map_err(refuse)?;
        database.busy_timeout(BUSY).map_err(refuse)?;
        let readable = database.query_row("PRAGMA schema_version", [], |_| Ok(()));
        if readable.is_ok() {
            return Ok(Some(database));
        }
        // A process was killed in the middle of a commit; taking that back needs to write.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).map_err(refuse)?;
        database.busy_timeout(BUSY).map_err(refuse)?;
        Ok(Some(database))
    }
}

/// Sets what durability needs. A rollback journal, not WAL: only with it is a transaction over two
/// files (state and output) atomic. Source: <https://www.sqlite.org/lang_attach.html>.
///
/// # Errors
///
/// SQLite's.
pub fn prepare(database: &Connection, schema: &str) -> rusqlite::Result<()> {
    database.busy_timeout(BUSY)?;
    // A journal that is truncated spares the sync of the folder that a deleted one needs.
    let sql = format!("PRAGMA {schema}.journal_mode = TRUNCATE");
    let mode: String = database.query_row(&sql, [], |row| row.get(0))?;
    if mode != "truncate" {
        return Err(rusqlite::Error::ToSqlConversionFailure(
            format!("journal mode {mode} cannot be changed").into(),
        ));
    }
    database.execute_batch(&format!("PRAGMA {schema}.synchronous = FULL"))
}

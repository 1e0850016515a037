//! Opens the kinds of SQLite files that we write. A file that is not ours, is damaged or has a
//! newer version is refused before anything is written to it.

use crate::exit::{Failure, Result};
use crate::names::{PRIVATE, true_name};
use crate::state::causes::{is_disk, is_full, words};
use crate::state::locked;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// Maximum time that SQLite waits for another process that briefly reads or writes the same file.
/// Signals are not handled during this wait, so callers that can wait longer retry.
const BUSY: Duration = Duration::from_secs(2);

/// A kind of database file.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The name in messages.
    pub name: &'static str,
    /// SQLite's `application_id`, which distinguishes our files from others.
    pub application_id: u32,
    /// SQLite's `user_version`: the version of the layout.
    pub version: u32,
    /// Whether opening the file checks all of it. For small files only.
    pub is_checked: bool,
    /// The tables of the layout. A file of ours without one of them is damaged.
    pub tables: &'static [&'static str],
    /// Tables added later without a new version. They are created if missing. Earlier versions of
    /// the program ignore them, and the other tables can be read without them.
    pub added: &'static [&'static str],
    /// What to do about a damaged file.
    pub damaged: &'static str,
}

impl Kind {
    /// Returns `true` if the file exists and is ours, and `false` if it does not exist or is empty.
    /// Does not use SQLite, which may write to a file when it opens it.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it is not a regular file, not a database, not ours, or has a
    /// newer version.
    pub fn look(&self, path: &Path) -> Result<bool> {
        let refuse = |why: String| {
            let (name, path) = (self.name, path.display());
            Failure::Refused(format!(
                "{name} {path}: {why}; the file was not changed; use another file for the {name}"
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
        // SQLite's journal and our lock are tied to a name. They do not protect the file under another name.
        if metadata.nlink() > 1 {
            let names = metadata.nlink();
            return Err(refuse(format!("has {names} names (hard links); remove all but one")));
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
            return Err(refuse("is a database of another program".to_owned()));
        }
        if word(60) > self.version {
            return Err(refuse(format!("has a newer version ({})", word(60))));
        }
        Ok(true)
    }

    /// Opens or creates a database, checks it, and adds missing tables.
    ///
    /// # Errors
    ///
    /// Same as [`Kind::look`]; also if the file is damaged or cannot be written.
    pub fn open(&self, path: &Path, layout: &str) -> Result<Connection> {
        self.look(path)?;
        let refuse = |error: rusqlite::Error| self.failure(path, &error);
        // Absolute, so that SQLite does not interpret names such as `file:` or `:memory:`.
        let file = true_name(path)?;
        create(&file).map_err(|error| {
            let why = format!("{} {}: {error}", self.name, path.display());
            if is_full(&error) { Failure::Failed(why) } else { Failure::Refused(why) }
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(&file, flags).map_err(refuse)?;
        prepare(&database, "main").map_err(refuse)?;
        if self.is_checked {
            let sound: String = database
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
                .map_err(refuse)?;
            if sound != "ok" {
                let (name, path) = (self.name, path.display());
                let why = format!("{name} {path} is damaged: {sound}; {}", self.damaged);
                return Err(Failure::Refused(why));
            }
        }
        let Self { application_id, version, .. } = self;
        let made: u32 =
            database.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refuse)?;
        if made == 0 {
            // One transaction, so that a crash leaves either an empty file or a complete one.
            database
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE; PRAGMA application_id = {application_id}; \
                     PRAGMA user_version = {version}; {layout} {} COMMIT;",
                    self.added.concat()
                ))
                .map_err(refuse)?;
            return Ok(database);
        }
        self.check_tables(&database, path)?;
        if !self.added.is_empty() {
            let sql = format!("BEGIN IMMEDIATE; {} COMMIT;", self.added.concat());
            database.execute_batch(&sql).map_err(refuse)?;
        }
        Ok(database)
    }

    /// Returns the failure for an SQLite error on a file of this kind.
    pub fn failure(&self, path: &Path, error: &rusqlite::Error) -> Failure {
        let why = format!("{} {}: {}", self.name, path.display(), words(error, self.damaged));
        match () {
            () if locked::is(error) => locked::failure(self.name, path),
            // The operator's request is fine, but the disk failed.
            () if is_disk(error) => Failure::Failed(why),
            () => Failure::Refused(why),
        }
    }

    /// Refuses a database that is marked as ours but lacks a table.
    fn check_tables(&self, database: &Connection, path: &Path) -> Result<()> {
        for table in self.tables {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let found: u32 = database
                .query_row(sql, [table], |row| row.get(0))
                .map_err(|error| self.failure(path, &error))?;
            if found == 0 {
                return Err(Failure::Refused(format!(
                    "{} {} is damaged: its table {table} is missing; {}",
                    self.name,
                    path.display(),
                    self.damaged
                )));
            }
        }
        Ok(())
    }

    /// Opens a database read-only. Returns `None` if it does not exist or is empty.
    ///
    /// # Errors
    ///
    /// Same as [`Kind::look`]; also if the file is damaged.
    pub fn open_to_read(&self, path: &Path) -> Result<Option<Connection>> {
        if !self.look(path)? {
            return Ok(None);
        }
        let refuse = |error: rusqlite::Error| self.failure(path, &error);
        let file = true_name(path)?;
        let open = |how: OpenFlags| {
            let database =
                Connection::open_with_flags(&file, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            database.busy_timeout(BUSY)?;
            Ok(database)
        };
        let version = |database: &Connection| {
            database.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
        };
        let mut database = open(OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(refuse)?;
        if version(&database).is_err() {
            // A process was killed during a commit. Rolling that back needs write access.
            database = open(OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refuse)?;
        }
        // Version 0 means that the process that created it was killed before its first commit.
        if version(&database).map_err(refuse)? == 0 {
            return Ok(None);
        }
        self.check_tables(&database, path)?;
        Ok(Some(database))
    }
}

/// Creates a file that only its owner can read and write. An existing file keeps its mode. SQLite
/// creates the journal with the mode of the database.
fn create(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(PRIVATE).open(path).map(drop)
}

/// Maximum size of the page cache, in KiB. A transaction with a whole group of batches fits, so that SQLite does not have
/// to write and sync a part of it early.
const CACHE_KIB: u32 = 8 << 10;

/// Makes commits durable. Uses a rollback journal, not WAL, because only then is a transaction over
/// two files (state and output) atomic. Source: <https://www.sqlite.org/lang_attach.html>.
///
/// # Errors
///
/// Returns SQLite's error.
pub fn prepare(database: &Connection, schema: &str) -> rusqlite::Result<()> {
    database.busy_timeout(BUSY)?;
    // Truncating the journal avoids the sync of the folder that deleting it needs.
    let sql = format!("PRAGMA {schema}.journal_mode = TRUNCATE");
    let mode: String = database.query_row(&sql, [], |row| row.get(0))?;
    if mode != "truncate" {
        return Err(rusqlite::Error::ToSqlConversionFailure(
            format!("cannot change the journal mode from {mode} to truncate").into(),
        ));
    }
    database.execute_batch(&format!(
        "PRAGMA {schema}.synchronous = FULL; PRAGMA {schema}.cache_size = -{CACHE_KIB}"
    ))
}

//! Opens the two kinds of SQLite files that we write, and no others: a file that is not ours, is
//! damaged or is of a newer version is refused before anything is written to it.

use crate::exit::{Failure, Result};
use crate::names::{PRIVATE, true_name};
use crate::state::causes::{DAMAGED, is_disk, is_full, words};
use crate::state::locked;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// Longest wait of SQLite for another process that reads or writes the same file for a moment. Who
/// can wait longer tries again; a signal is not heard meanwhile.
const BUSY: Duration = Duration::from_secs(2);

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
    /// The tables that the layout has. A file of ours without one of them is damaged.
    pub tables: &'static [&'static str],
    /// Tables that came later, without a new version: files of earlier programs get them, and those
    /// programs go on without them. Made if missing; none of them is needed to read the others.
    pub added: &'static str,
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
        // SQLite's journal and our lock go by the name: under a second one they protect nothing.
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
        let refuse = |error: rusqlite::Error| self.failure(path, &error);
        // A name is a name: absolute, so that `file:` or `:memory:` means nothing to SQLite.
        let file = true_name(path)?;
        make(&file).map_err(|error| {
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
                let why = format!("{name} {path} is damaged: {sound}; {DAMAGED}");
                return Err(Failure::Refused(why));
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
                     PRAGMA user_version = {version}; {layout} {} COMMIT;",
                    self.added
                ))
                .map_err(refuse)?;
            return Ok(database);
        }
        self.whole(&database, path)?;
        if !self.added.is_empty() {
            let sql = format!("BEGIN IMMEDIATE; {} COMMIT;", self.added);
            database.execute_batch(&sql).map_err(refuse)?;
        }
        Ok(database)
    }

    /// What it means that SQLite failed on a file of this kind.
    pub fn failure(&self, path: &Path, error: &rusqlite::Error) -> Failure {
        let why = format!("{} {}: {}", self.name, path.display(), words(error));
        match () {
            () if locked::is(error) => locked::failure(self.name, path),
            // The disk, not the operator: nothing is wrong with what was asked for.
            () if is_disk(error) => Failure::Failed(why),
            () => Failure::Refused(why),
        }
    }

    /// Refuses a database that is marked as ours but lacks a table.
    fn whole(&self, database: &Connection, path: &Path) -> Result<()> {
        let refuse =
            |why: String| Failure::Refused(format!("{} {}: {why}", self.name, path.display()));
        for table in self.tables {
            let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let found: u32 = database
                .query_row(sql, [table], |row| row.get(0))
                .map_err(|error| self.failure(path, &error))?;
            if found == 0 {
                return Err(refuse(format!("is damaged: its table {table} is missing; {DAMAGED}")));
            }
        }
        Ok(())
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
            // A process was killed in the middle of a commit; taking that back needs to write.
            database = open(OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refuse)?;
        }
        // Zero: the process that made it was killed before its first commit.
        if version(&database).map_err(refuse)? == 0 {
            return Ok(None);
        }
        self.whole(&database, path)?;
        Ok(Some(database))
    }
}

/// Makes a file that only its owner reads and writes; one that exists keeps its mode. SQLite gives
/// the mode of a database to its journal.
fn make(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(PRIVATE).open(path).map(drop)
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

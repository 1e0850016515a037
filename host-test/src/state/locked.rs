//! Databases that another program has locked for a while: a shell, a VACUUM, a backup.

use crate::exit::Failure;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Whether a lock of another program is what failed.
pub fn is(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The failure that says so.
pub fn failure(name: &str, path: &Path) -> Failure {
    let path = path.display();
    Failure::Locked(format!(
        "{name} {path} is locked by another program; end its transaction or close it"
    ))
}

/// Whether a database cannot be written at this instant, since another program reads or writes it.
/// Writes nothing. Only asked after a failure, to name the file.
pub fn has_writer(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|database| {
            // At this instant: a wait would hide the lock that is asked about.
            database.busy_timeout(Duration::ZERO)?;
            database.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")
        })
        .is_err_and(|error| is(&error))
}

//! Databases that another program has locked temporarily, such as a shell, a VACUUM or a backup.

use crate::exit::Failure;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Returns whether the error means that another program holds a lock.
pub fn is(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Returns the failure for a locked database.
pub fn failure(name: &str, path: &Path) -> Failure {
    let path = path.display();
    Failure::Locked(format!(
        "{name} {path} is locked by another program; end its transaction or close it"
    ))
}

/// Returns whether another program reads or writes a database, so that it cannot be written now.
/// Writes nothing. Used only after a failure, to find out which file is locked.
pub fn has_writer(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|database| {
            // Without a wait, which could outlast the lock.
            database.busy_timeout(Duration::ZERO)?;
            database.execute_batch("BEGIN EXCLUSIVE; ROLLBACK")
        })
        .is_err_and(|error| is(&error))
}

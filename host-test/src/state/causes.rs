//! Explains failures of SQLite and the disk: the likely cause, and what to do.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_DBMOVED;
use rustix::process::{Resource, getrlimit};

/// The remedy for a damaged file.
pub const DAMAGED: &str =
    "the file was not changed; restore a copy, or move it away to start over with a new file";

/// Returns whether the error means that a file cannot grow.
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Returns whether the disk failed, rather than the database.
pub fn is_disk(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Returns whether the file was moved or removed while it was open. SQLite calls it read-only then.
/// Source: <https://www.sqlite.org/rescode.html#readonly_dbmoved>.
fn is_moved(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code == SQLITE_READONLY_DBMOVED)
}

/// Returns SQLite's message, with the likely cause if it is known.
pub fn words(error: &rusqlite::Error) -> String {
    let hint = match () {
        () if is_disk(error) => {
            format!("is the disk full{}? Nothing was changed; the next run continues", file_limit())
        }
        () if is_moved(error) => {
            "a file was moved or removed while it was in use; put it back and start a new run"
                .to_owned()
        }
        () if is_damage(error) => DAMAGED.to_owned(),
        () => return error.to_string(),
    };
    format!("{error} ({hint})")
}

/// Describes the limit on the size of files that this process writes, if there is one.
fn file_limit() -> String {
    match getrlimit(Resource::Fsize).current {
        Some(bytes) => format!(", or the file-size limit of {bytes} bytes reached (`ulimit -f`)"),
        None => String::new(),
    }
}

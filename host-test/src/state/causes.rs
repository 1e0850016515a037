//! What it means when SQLite or the disk fails, with the likely cause and the remedy.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_DBMOVED;
use rustix::process::{Resource, getrlimit};

/// What to do about a damaged file.
pub const DAMAGED: &str =
    "it was left as it is; restore a copy, or move it away to start over with a new file";

/// Whether a file cannot grow.
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Whether the disk failed, rather than the database.
pub fn is_disk(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether the file was moved or removed while it was open. SQLite calls it read-only then.
/// Source: <https://www.sqlite.org/rescode.html#readonly_dbmoved>.
fn is_moved(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code == SQLITE_READONLY_DBMOVED)
}

/// What SQLite says, with what it does not say.
pub fn words(error: &rusqlite::Error) -> String {
    let hint = match () {
        () if is_disk(error) => format!(
            "is the disk full{}? nothing was changed, and the next run continues",
            file_limit()
        ),
        () if is_moved(error) => {
            "a file was moved or removed while it was in use; put it back and start again"
                .to_owned()
        }
        () if is_damage(error) => DAMAGED.to_owned(),
        () => return error.to_string(),
    };
    format!("{error} ({hint})")
}

/// The limit on the size of files that this process writes, if there is one.
fn file_limit() -> String {
    match getrlimit(Resource::Fsize).current {
        Some(bytes) => format!(", or the file-size limit of {bytes} bytes reached (`ulimit -f`)"),
        None => String::new(),
    }
}

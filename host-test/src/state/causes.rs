//! Explains failures of SQLite and the disk: the likely cause, and what to do.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_DBMOVED;
use rustix::process::{Resource, getrlimit};

/// The remedy for a damaged state.
pub const STATE_DAMAGED: &str = "the file was not changed; restore a copy, or move it away to \
    start where the settings say: set backfill_start_time to the time of the last record first, or \
    events not yet delivered are skipped";

/// The remedy for a damaged output.
pub const OUTPUT_DAMAGED: &str = "the file was not changed; restore a copy, or move it away to \
    continue in a new file (its records are not delivered again)";

/// Why an output with records does not match a state without a checkpoint.
pub const STATE_LOST: &str = "holds records, but the state is new or empty: a run would start \
    where the settings say, and repeat or skip events";

/// What to do about [`STATE_LOST`].
pub const STATE_LOST_REMEDY: &str = "restore the state from a backup; or set backfill_start_time \
    to the time of the last record, so that nothing is skipped, and move the output away to \
    continue in a new file";

/// What to know about a new output of a state that has another one.
pub const NEW_FILE: &str = "is a new file; earlier records are not in it, but in the previous \
    output of this state (an output gets every record only with a --state of its own)";

/// Returns whether the error means that a file cannot grow.
pub fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Returns whether the disk failed, not the database.
pub fn is_disk(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Returns whether the file was moved or removed while it was open. SQLite then reports it as read-only.
/// Source: <https://www.sqlite.org/rescode.html#readonly_dbmoved>.
fn is_moved(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code == SQLITE_READONLY_DBMOVED)
}

/// Returns SQLite's message, with the likely cause if it is known. `damaged` is the remedy for a
/// damaged file.
pub fn words(error: &rusqlite::Error, damaged: &str) -> String {
    let hint = match () {
        () if is_disk(error) => full(),
        () if is_moved(error) => {
            "a file was moved or removed while it was in use; put it back and start a new run"
                .to_owned()
        }
        () if is_damage(error) => damaged.to_owned(),
        () => return error.to_string(),
    };
    format!("{error} ({hint})")
}

/// Returns the system's message for a failed write, with the likely cause if it is known.
pub fn of(error: &std::io::Error) -> String {
    match is_full(error) {
        true => format!("{error} ({})", full()),
        false => error.to_string(),
    }
}

fn full() -> String {
    format!("is the disk full{}? Nothing is lost; the next run continues", file_limit())
}

/// Describes the file-size limit of this process, if there is one.
fn file_limit() -> String {
    match getrlimit(Resource::Fsize).current {
        Some(bytes) => {
            format!(", or is the file-size limit of {bytes} bytes reached (`ulimit -f`)")
        }
        None => String::new(),
    }
}

//! Errors in words, with what caused them.

use std::error::Error;
use std::io;

/// The text of the error that began it all.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

/// An error with all that caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Looks at an error, and into an `io::Error`, whose `source` skips what it wraps, and into one that wraps another.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut error = error;
    // Bounded by how deep they were wrapped.
    loop {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        error = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)?;
    }
}

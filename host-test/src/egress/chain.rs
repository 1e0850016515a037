//! Errors as text, with their causes.

use std::error::Error;
use std::io;

/// Returns the text of the root cause.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

/// Returns the text of an error and of all its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Finds a `T` in an error itself or in nested `io::Error`s, whose `source` skips the error that they wrap.
pub(crate) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut error = error;
    // Bounded by the nesting depth.
    loop {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        error = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)?;
    }
}

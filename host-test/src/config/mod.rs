//! The config file, and how files that people write are read.

pub(crate) mod credential;
pub(crate) mod dialect;
pub mod file;
pub(crate) mod json;
pub(crate) mod keys;
pub(crate) mod misplaced;
pub(crate) mod secret;
pub(crate) mod text;

use crate::exit::{Failure, Result};
use serde_json::Value;
use std::path::Path;

/// Reads a file that a person wrote. It holds one JSON value and has at most `bytes_max` bytes.
///
/// # Errors
///
/// Returns [`Failure::Refused`] with the path and what is wrong. The message quotes no string of the file, which may hold
/// a secret.
pub fn read(path: &Path, bytes_max: u64) -> Result<Value> {
    text::read_up_to(path, bytes_max)
        .and_then(|text| json::read(&text))
        .map_err(|why| Failure::Refused(format!("{}: {why}", path.display())))
}

/// Reads a file that a program wrote. It holds one JSON value and has at most `bytes_max` bytes. Of duplicate keys, which
/// some programs write, the last one counts.
///
/// # Errors
///
/// Same as [`read`].
pub fn read_generated(path: &Path, bytes_max: u64) -> Result<Value> {
    let parse =
        |text: String| serde_json::from_str(&text).map_err(|error| format!("is not JSON: {error}"));
    text::read_up_to(path, bytes_max)
        .and_then(parse)
        .map_err(|why| Failure::Refused(format!("{}: {why}", path.display())))
}

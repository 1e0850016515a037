//! Catalogs and states: JSON files that a platform writes.

use host_test::config::read_generated;
use host_test::exit::{Failure, Result};
use serde_json::Value;
use std::path::Path;

/// Maximum size of a file, in bytes: 64 MiB. A state contains a checkpoint of at most 4 MiB, and a catalog the schema of one
/// stream.
const BYTES_MAX: u64 = 64 << 20;

/// Reads a file, and parses its JSON value. An error of `parse` says what is wrong with the value.
///
/// # Errors
///
/// Returns [`Failure::Refused`] with the path.
pub fn read<T>(
    path: &Path,
    parse: impl FnOnce(&Value) -> std::result::Result<T, String>,
) -> Result<T> {
    let value = read_generated(path, BYTES_MAX)?;
    parse(&value).map_err(|why| Failure::Refused(format!("{}: {why}", path.display())))
}

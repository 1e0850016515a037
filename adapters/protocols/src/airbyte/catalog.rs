//! `discover` and the configured catalog: which stream is read, and from where.

use crate::files;
use crate::stream::{Form, NAME};
use host_test::exit::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Where a sync begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Where the last sync ended.
    Incremental,
    /// At the start of the backfill.
    FullRefresh,
}

/// Returns the catalog, with records in this form.
pub fn discovered(form: Form, record: &Value) -> Value {
    let mut stream = json!({
        "name": NAME,
        "json_schema": form.schema(record),
        "supported_sync_modes": ["full_refresh", "incremental"],
        "source_defined_cursor": true,
        "default_cursor_field": [form.cursor()],
        "is_resumable": true,
    });
    if let key @ [_] = form.primary_key() {
        stream["source_defined_primary_key"] = json!([key]);
    }
    json!({ "streams": [stream] })
}

/// Reads a configured catalog, and returns how to sync the stream.
///
/// # Errors
///
/// Returns [`Failure::Refused`](host_test::exit::Failure::Refused) if the catalog does not list exactly our stream.
pub fn read(path: &Path) -> Result<Mode> {
    files::read(path, mode)
}

fn mode(catalog: &Value) -> std::result::Result<Mode, String> {
    let streams = catalog["streams"].as_array().ok_or("streams: must be a list")?;
    let mut found = None;
    for (at, configured) in streams.iter().enumerate() {
        let name = configured["stream"]["name"].as_str();
        if name != Some(NAME) {
            let name = name.map_or("without a name".to_owned(), |name| format!("{name:.60}"));
            return Err(format!("streams[{at}]: unknown stream {name}; the only stream is {NAME}"));
        }
        let mode = match configured["sync_mode"].as_str() {
            Some("incremental") => Mode::Incremental,
            Some("full_refresh") => Mode::FullRefresh,
            _ => {
                let why = "must be incremental or full_refresh";
                return Err(format!("streams[{at}].sync_mode: {why}"));
            }
        };
        if found.replace(mode).is_some() {
            return Err(format!("streams[{at}]: {NAME} is listed twice"));
        }
    }
    found.ok_or(format!("streams: is empty; add {NAME}"))
}

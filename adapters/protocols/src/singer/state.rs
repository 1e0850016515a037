//! The state of the tap: the component's checkpoint, as a bookmark of the stream.

use crate::files;
use crate::stream::NAME;
use host_test::exit::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Returns the state after a checkpoint.
pub fn after(checkpoint: &str) -> Value {
    json!({"bookmarks": {NAME: {"checkpoint": checkpoint}}})
}

/// Reads a state file, and returns the checkpoint to continue from, if any.
///
/// # Errors
///
/// Returns [`Failure::Refused`](host_test::exit::Failure::Refused) if it is not a state of this tap.
pub fn read(path: &Path) -> Result<Option<String>> {
    files::read(path, checkpoint)
}

fn checkpoint(state: &Value) -> std::result::Result<Option<String>, String> {
    let is_empty =
        |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    let place = format!("bookmarks.{NAME}.checkpoint");
    let refuse = |place: &str, why: &str| {
        Err(format!("{place}: {why}; remove the state to start where the settings say"))
    };
    if is_empty(state) {
        return Ok(None);
    }
    match state.get("bookmarks") {
        None => return refuse("bookmarks", "is missing"),
        Some(bookmarks) if is_empty(bookmarks) => return Ok(None),
        Some(Value::Object(_)) => {}
        Some(_) => return refuse("bookmarks", "must be a JSON object"),
    }
    let bookmark = &state["bookmarks"][NAME];
    match &bookmark["checkpoint"] {
        _ if is_empty(bookmark) => Ok(None),
        Value::String(checkpoint) => Ok(Some(checkpoint.clone())),
        _ => refuse(&place, "must be a string"),
    }
}

//! The state of the stream: the component's checkpoint, which nothing here looks into.

use crate::airbyte::catalog::Mode;
use crate::files;
use crate::stream::NAME;
use host_test::exit::Result;
use serde_json::{Value, json};
use std::path::Path;

/// The key of a state that tells how far a full refresh has come. With [`RUNNING`], an interrupted one continues; otherwise
/// a full refresh begins anew.
const FULL_REFRESH: &str = "full_refresh";
const RUNNING: &str = "running";
const COMPLETE: &str = "complete";

/// Returns the state after a checkpoint.
pub fn after(checkpoint: &str, mode: Mode, is_complete: bool) -> Value {
    let mut state = json!({ "checkpoint": checkpoint });
    if mode == Mode::FullRefresh {
        state[FULL_REFRESH] = json!(if is_complete { COMPLETE } else { RUNNING });
    }
    state
}

/// Reads a state file, and returns the checkpoint to continue from, if any.
///
/// # Errors
///
/// Returns [`Failure::Refused`](host_test::exit::Failure::Refused) if it is not a state of Airbyte or of this source.
pub fn read(path: &Path, mode: Mode) -> Result<Option<String>> {
    files::read(path, |states| checkpoint(states, mode))
}

fn checkpoint(all: &Value, mode: Mode) -> std::result::Result<Option<String>, String> {
    let states = match all {
        Value::Null => &[],
        Value::Array(states) => states.as_slice(),
        Value::Object(object) if object.is_empty() => &[],
        Value::Object(_) => std::slice::from_ref(all),
        _ => return Err("must be a list of states".to_owned()),
    };
    let mut found = None;
    for (at, state) in states.iter().enumerate() {
        if let Some(state) = ours(state).map_err(|why| format!("[{at}].{why}"))? {
            found = Some((at, state));
        }
    }
    let Some((at, state)) = found else { return Ok(None) };
    match (state, &state["checkpoint"]) {
        (Value::Null, _) => Ok(None),
        (Value::Object(object), _) if object.is_empty() => Ok(None),
        (Value::Object(_), Value::String(checkpoint)) => {
            let continues = mode == Mode::Incremental || state[FULL_REFRESH] == RUNNING;
            Ok(continues.then(|| checkpoint.clone()))
        }
        _ => Err(format!(
            "[{at}].stream.stream_state.checkpoint: must be a string; clear the stream to start \
             where the settings say"
        )),
    }
}

/// Returns our stream's state in a state, which may be wrapped in a message. Returns `None` if it is that of another stream.
fn ours(state: &Value) -> std::result::Result<Option<&Value>, String> {
    let state = if state["type"] == "STATE" { &state["state"] } else { state };
    // A state without a type is that of a stream if it looks like one.
    match &state["type"] {
        Value::String(kind) if kind == "STREAM" => {}
        Value::Null if state.get("stream").is_some() => {}
        _ => return Err("type: must be STREAM".to_owned()),
    }
    let name = state["stream"]["stream_descriptor"]["name"].as_str();
    let name = name.ok_or("stream.stream_descriptor.name: must be a string")?;
    Ok((name == NAME).then(|| &state["stream"]["stream_state"]))
}

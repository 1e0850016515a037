//! The catalog: what `--discover` prints, and what the user selected in it.

use crate::files;
use crate::stream::{Form, NAME};
use host_test::exit::Result;
use serde_json::{Value, json};
use std::path::Path;

/// Returns the catalog, with records in this form.
pub fn discovered(form: Form, record: &Value) -> Value {
    let (schema, keys, cursor) = (form.schema(record), form.primary_key(), form.cursor());
    let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
    let mut metadata = vec![json!({"breadcrumb": [], "metadata": {
        "inclusion": "available",
        "selected-by-default": true,
        "table-key-properties": keys,
        "valid-replication-keys": [cursor],
        "replication-key": cursor,
    }})];
    metadata.extend(names.map(|name| {
        let inclusion = if is_fixed(form, name) { "automatic" } else { "available" };
        json!({"breadcrumb": ["properties", name], "metadata": {"inclusion": inclusion}})
    }));
    json!({"streams": [{
        "tap_stream_id": NAME,
        "stream": NAME,
        "schema": schema,
        "key_properties": keys,
        "replication_key": cursor,
        "replication_method": "INCREMENTAL",
        "metadata": metadata,
    }]})
}

/// Returns whether a property cannot be left out.
fn is_fixed(form: Form, name: &str) -> bool {
    name == form.key()[0] || name == form.cursor()
}

/// What the user selected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Whether the stream is not selected.
    pub is_deselected: bool,
    /// Whether everything is read again each time.
    pub is_full_table: bool,
    /// The properties that are not selected.
    pub deselected: Vec<String>,
}

/// Reads a catalog that the user or a runner has changed.
///
/// # Errors
///
/// Returns [`Failure::Refused`](host_test::exit::Failure::Refused) if it does not list our stream.
pub fn read(path: &Path, form: Form) -> Result<Selection> {
    files::read(path, |catalog| selection(catalog, form))
}

fn selection(catalog: &Value, form: Form) -> std::result::Result<Selection, String> {
    let streams = catalog["streams"].as_array().ok_or("streams: must be a list")?;
    let name = |stream: &Value| stream["tap_stream_id"].as_str().map(str::to_owned);
    for (at, stream) in streams.iter().enumerate() {
        if let Some(other) = name(stream).filter(|name| name != NAME) {
            return Err(format!(
                "streams[{at}]: unknown stream {other:.60}; the only stream is {NAME}"
            ));
        }
    }
    let mut ours = streams.iter().filter(|stream| name(stream).is_some());
    let stream = ours.next().ok_or(format!("streams: is empty; add {NAME}"))?;
    if ours.next().is_some() {
        return Err(format!("streams: {NAME} is listed twice"));
    }
    let mut chosen = Selection {
        is_deselected: stream["schema"]["selected"] == false || stream["selected"] == false,
        is_full_table: is_full_table(&stream["replication_method"])?.unwrap_or_default(),
        deselected: Vec::new(),
    };
    for entry in stream["metadata"].as_array().into_iter().flatten() {
        let (of, place) = (&entry["metadata"], entry["breadcrumb"].as_array());
        let is_deselected = of["selected"] == false || of["inclusion"] == "unsupported";
        match place.map(Vec::as_slice) {
            Some([]) => {
                chosen.is_deselected |= is_deselected;
                if let Some(is_full) = is_full_table(&of["replication-method"])? {
                    chosen.is_full_table = is_full;
                }
            }
            Some([root, Value::String(name)]) if root == "properties" => {
                let is_fixed = of["inclusion"] == "automatic" || is_fixed(form, name);
                if is_deselected && !is_fixed {
                    chosen.deselected.push(name.clone());
                }
            }
            _ => {}
        }
    }
    Ok(chosen)
}

fn is_full_table(method: &Value) -> std::result::Result<Option<bool>, String> {
    match method.as_str() {
        None => Ok(None),
        Some("INCREMENTAL") => Ok(Some(false)),
        Some("FULL_TABLE") => Ok(Some(true)),
        Some(_) => Err("the replication method must be INCREMENTAL or FULL_TABLE".to_owned()),
    }
}

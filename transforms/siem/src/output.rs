//! Writes a record as JSON.

use serde::Serialize;

/// What the schemas add to an event, in bytes: a little more than they do, so that a record is written without a copy.
const ADDED_BYTES: usize = 768;

/// Returns a record as one line of JSON. `payload_bytes` is the size of the event.
///
/// # Errors
///
/// Returns the error of the serializer.
pub(crate) fn to_text(record: &impl Serialize, payload_bytes: usize) -> serde_json::Result<String> {
    let mut out = Vec::with_capacity(payload_bytes + ADDED_BYTES);
    serde_json::to_writer(&mut out, record)?;
    String::from_utf8(out).map_err(serde::de::Error::custom)
}

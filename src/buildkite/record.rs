//! One event node → one record, in a single pass. Key order and the text of numbers are kept, and white space is
//! removed. `data`, which is JSON inside a string, becomes a JSON value if it parses.

use memchr::memchr3;
use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::text::compact::{push_compact, without_line_breaks};
use crate::text::json::{Key, string};
use crate::text::object::push_string;
use crate::text::time::Millis;
use crate::text::uuid::parse_uuid;

/// Maximum nesting depth of `data` that is unfolded. Common parsers stop at 128, and the record adds one level.
const DEPTH_MAX: usize = 100;

/// An event, ready to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The time of the event, truncated to the millisecond. `None` if it cannot be read.
    pub at: Option<Millis>,
    /// The uuid as a number.
    pub uuid: u128,
    /// The uuid in lower case.
    pub id: String,
    /// The time of the event: RFC 3339 in UTC, or as received if it cannot be read.
    pub occurred_at: String,
    /// The event type. Empty if it cannot be read.
    pub kind: String,
    /// The whole node as one line of JSON.
    pub payload: String,
    /// What is odd about the event, for the operator.
    pub odd: Vec<&'static str>,
}

/// The reason why an event cannot be delivered.
pub type Missing = &'static str;

/// Buildkite returned null for the node.
pub const NULL: Missing = "Buildkite returned null";
/// The node has another shape.
pub const NOT_AN_OBJECT: Missing = "the node is not an object";

/// Reads an event. The inner error says why it cannot be delivered; reading can continue after it.
///
/// # Errors
///
/// Returns what is wrong with the JSON.
pub fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Result<Row, Missing>, A::Error> {
    let (mut id, mut occurred_at, mut kind) = (None, None, None);
    let mut odd = Vec::new();
    let mut payload = String::with_capacity(512);
    payload.push('{');
    while let Some(Key(key)) = map.next_key()? {
        let value: &'de RawValue = map.next_value()?;
        let value = value.get();
        if payload.len() > 1 {
            payload.push(',');
        }
        push_string(&mut payload, &key);
        payload.push(':');
        match &*key {
            "uuid" => id = string(value),
            "occurredAt" => occurred_at = string(value),
            "type" => kind = string(value),
            _ => {}
        }
        match &*key {
            "data" => odd.extend(push_data(&mut payload, value)),
            // Most values have no white space at all.
            _ if memchr3(b' ', b'\n', b'\t', value.as_bytes()).is_none()
                && !value.contains('\r') =>
            {
                payload.push_str(value);
            }
            _ => {
                push_compact(&mut payload, value);
            }
        }
    }
    payload.push('}');
    let payload = without_line_breaks(payload);
    Ok(identified(id, occurred_at, kind, payload, odd))
}

/// Returns the row of a node if its uuid can be read. Anything else may be odd, which is noted.
fn identified(
    id: Option<String>,
    occurred_at: Option<String>,
    kind: Option<String>,
    payload: String,
    mut odd: Vec<&'static str>,
) -> Result<Row, Missing> {
    let mut id = id.ok_or("node.uuid is not text")?;
    let uuid = parse_uuid(&id).ok_or("node.uuid is not a UUID")?;
    id.make_ascii_lowercase();
    let mut occurred_at = occurred_at.unwrap_or_default();
    let at = Millis::parse_rfc3339(&occurred_at);
    match at {
        None => odd.push("occurredAt is not an RFC 3339 time"),
        // A time already in UTC stays as received, since it may be finer than a millisecond.
        Some(at)
            if !(occurred_at.ends_with('Z') && occurred_at.as_bytes().get(10) == Some(&b'T')) =>
        {
            occurred_at = at.to_string();
        }
        Some(_) => {}
    }
    if kind.is_none() {
        odd.push("type is not text");
    }
    Ok(Row { at, uuid, id, occurred_at, kind: kind.unwrap_or_default(), payload, odd })
}

/// Writes `data`: unfolded if it is a string of JSON, otherwise as received. Returns what is odd about it.
fn push_data(out: &mut String, raw: &str) -> Option<&'static str> {
    let inner: Option<String> = if raw.starts_with('"') { string(raw) } else { None };
    let parsed = inner.as_deref().and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    let before = out.len();
    let mut odd = None;
    if let Some(value) = parsed {
        if push_compact(out, value.get()) <= DEPTH_MAX {
            return None;
        }
        odd = Some("data is nested deeper than 100 levels and stays a string");
    }
    out.truncate(before);
    push_compact(out, raw);
    odd
}

#[cfg(test)]
mod tests;

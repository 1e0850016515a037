//! One event node → one record, in a single pass. Key order and the text of numbers are kept, and white space is
//! removed. `data`, which is JSON inside a string, becomes a JSON value if it parses.

use crate::text::json::string;
use crate::text::scan::cursor::{Cursor, Stop};
use crate::text::scan::line::Line;
use crate::text::scan::unescape::unescape;
use crate::text::time::Millis;
use crate::text::uuid::parse_uuid;

/// Maximum nesting depth of `data` that is unfolded. Common parsers stop at 128, and the record adds one level.
pub(super) const DEPTH_MAX: usize = 100;

/// Maximum size of the buffer that is kept for the next event. A record may need the memory of a larger one to grow.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

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

/// Reads an event, whose opening brace was just taken. The inner error says why it cannot be delivered; reading can
/// continue after it. `buffer` is any memory to reuse.
///
/// # Errors
///
/// Returns where the JSON is invalid.
pub fn read(input: &mut Cursor, buffer: &mut String) -> Result<Result<Row, Missing>, Stop> {
    let (mut id, mut occurred_at, mut kind) = (None, None, None);
    let mut odd = Vec::new();
    let mut payload = String::with_capacity(1_024);
    payload.push('{');
    let mut line = Line::to(&mut payload, input.at);
    let mut is_first = true;
    while let Some(key) = input.next_name(is_first, &mut line)? {
        is_first = false;
        input.colon(&mut line)?;
        let first = input.token(&mut line);
        let start = input.at;
        match &*key {
            "data" if first == Some(b'"') => odd.extend(unfold(input, &mut line, buffer)?),
            _ => _ = input.value(&mut line)?,
        }
        match &*key {
            "uuid" => id = string(input.since(start)),
            "occurredAt" => occurred_at = string(input.since(start)),
            "type" => kind = string(input.since(start)),
            _ => {}
        }
    }
    line.copy(input.text, input.at);
    Ok(identified(id, occurred_at, kind, payload, odd))
}

/// Returns the row of a node if its uuid can be read. Anything else may be odd, which is noted.
pub(super) fn identified(
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

/// Takes and writes the string `data`: unfolded if it holds JSON, otherwise as received. Returns what is odd about it.
fn unfold(
    input: &mut Cursor,
    line: &mut Line,
    buffer: &mut String,
) -> Result<Option<&'static str>, Stop> {
    let (start, mut odd) = (input.at, None);
    line.copy(input.text, start);
    if let (Some(end), Some(out)) = (unescape(input.text, start + 1, buffer), line.out()) {
        let before = out.len();
        let depth = Cursor::new(buffer).whole(&mut Line::to(out, 0));
        if buffer.len() > BUFFER_BYTES_MAX {
            *buffer = String::new();
        }
        match depth {
            Ok(depth) if depth <= DEPTH_MAX => {
                input.at = end;
                line.skip_to(end);
                return Ok(None);
            }
            Ok(_) => odd = Some("data is nested deeper than 100 levels and stays a string"),
            Err(_) => {}
        }
        out.truncate(before);
    }
    input.value(line)?;
    Ok(odd)
}

#[cfg(test)]
mod tests;

//! One event node → one record, from `serde_json`'s raw values.

use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::buildkite::record::{DEPTH_MAX, Missing, Row, identified};

/// Reads an event.
pub fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Result<Row, Missing>, A::Error> {
    let (mut id, mut occurred_at, mut kind) = (None, None, None);
    let (mut odd, mut members) = (Vec::new(), Vec::new());
    while let Some(key) = map.next_key::<String>()? {
        let value = map.next_value::<&'de RawValue>()?.get();
        match key.as_str() {
            "uuid" => id = text(value),
            "occurredAt" => occurred_at = text(value),
            "type" => kind = text(value),
            _ => {}
        }
        let value = match key.as_str() {
            "data" => unfold(value, &mut odd),
            _ => compact(value).0,
        };
        members.push(format!("{}:{value}", serde_json::to_string(&key).unwrap()));
    }
    let mut payload = format!("{{{}}}", members.join(","));
    for (raw, escaped) in [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")]
    {
        payload = payload.replace(raw, escaped);
    }
    Ok(identified(id, occurred_at, kind, payload, odd))
}

fn text(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}

fn unfold(raw: &str, odd: &mut Vec<&'static str>) -> String {
    let inner = text(raw).unwrap_or_default();
    if let Ok(value) = serde_json::from_str::<&RawValue>(&inner) {
        let (json, depth) = compact(value.get());
        if depth <= DEPTH_MAX {
            return json;
        }
        odd.push("data is nested deeper than 100 levels and stays a string");
    }
    compact(raw).0
}

/// Returns valid JSON without white space between its tokens, and how deeply it is nested.
fn compact(json: &str) -> (String, usize) {
    let (mut out, mut is_text, mut is_escaped) = (String::new(), false, false);
    let (mut depth, mut deepest) = (0, 0);
    for character in json.chars() {
        if is_text || !character.is_ascii_whitespace() {
            out.push(character);
        }
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_text,
            '"' => is_text = !is_text,
            '[' | '{' if !is_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ']' | '}' if !is_text => depth -= 1,
            _ => {}
        }
    }
    (out, deepest)
}

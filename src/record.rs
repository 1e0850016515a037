//! One event node → one record, in a single pass: key order and number text stay as they came, white space goes, and
//! `data`, which is JSON inside a string, becomes the JSON value if it parses.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::known::parse_uuid;
use crate::time::Millis;

/// Deepest nesting of `data` that is unfolded; common parsers stop at 128, and the record adds one level.
const DEPTH_MAX: usize = 100;

/// An event, ready to be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it happened, cut to the millisecond.
    pub at: Millis,
    /// Its uuid as a number.
    pub uuid: u128,
    /// Its uuid as it came.
    pub id: String,
    /// When it happened, as it came.
    pub occurred_at: String,
    /// Its type.
    pub kind: String,
    /// The whole node as one line of JSON.
    pub payload: String,
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Node)
    }
}

struct Node;

impl<'de> Visitor<'de> for Node {
    type Value = Row;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let (mut id, mut occurred_at, mut kind) = (None, None, None);
        let mut payload = String::with_capacity(512);
        payload.push('{');
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let value: &'de RawValue = map.next_value()?;
            if payload.len() > 1 {
                payload.push(',');
            }
            payload.push_str(&serde_json::to_string(&key).map_err(A::Error::custom)?);
            payload.push(':');
            match &*key {
                "uuid" => id = Some(text(value, "uuid")?),
                "occurredAt" => occurred_at = Some(text(value, "occurredAt")?),
                "type" => kind = Some(text(value, "type")?),
                _ => {}
            }
            match &*key {
                "data" => push_data(&mut payload, value.get()),
                _ => push_compact(&mut payload, value.get()),
            }
        }
        payload.push('}');
        let id: String = id.ok_or_else(|| A::Error::missing_field("uuid"))?;
        let occurred_at: String =
            occurred_at.ok_or_else(|| A::Error::missing_field("occurredAt"))?;
        let kind = kind.ok_or_else(|| A::Error::missing_field("type"))?;
        let uuid = parse_uuid(&id).ok_or_else(|| A::Error::custom("node.uuid is no uuid"))?;
        let at = Millis::parse_rfc3339(&occurred_at)
            .ok_or_else(|| A::Error::custom("node.occurredAt is no RFC 3339 time"))?;
        Ok(Row { at, uuid, id, occurred_at, kind, payload })
    }
}

fn text<E: serde::de::Error>(value: &RawValue, field: &str) -> Result<String, E> {
    serde_json::from_str(value.get())
        .map_err(|_| E::custom(format_args!("node.{field} is no text")))
}

/// Writes `data`: unfolded if it is a string of JSON, else as it came.
fn push_data(out: &mut String, raw: &str) {
    let inner: Option<String> =
        if raw.starts_with('"') { serde_json::from_str(raw).ok() } else { None };
    let parsed = inner.as_deref().and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    match parsed {
        Some(value) if depth(value.get()) <= DEPTH_MAX => push_compact(out, value.get()),
        _ => push_compact(out, raw),
    }
}

/// Writes valid JSON without the white space between its tokens, so that a record is one line.
fn push_compact(out: &mut String, json: &str) {
    if !json.starts_with(['{', '[']) {
        out.push_str(json);
        return;
    }
    // Runs between white space are copied whole; within strings nothing is touched.
    let bytes = json.as_bytes();
    let (mut from, mut at, mut quoted) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b' ' | b'\n' | b'\r' | b'\t' if !quoted => {
                out.push_str(&json[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&json[from..]);
}

/// How deep valid JSON is nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"2024-11-12T09:15:04.000Z","type":"X""#;

    fn payload_of(rest: &str) -> String {
        let node = format!("{{{HEAD},{rest}}}");
        let row: Row = serde_json::from_str(&node).unwrap();
        row.payload
            .strip_prefix(&format!("{{{HEAD},"))
            .unwrap()
            .strip_suffix('}')
            .unwrap()
            .to_owned()
    }

    #[test]
    fn data_is_unfolded_with_its_order_and_numbers() {
        let data = r#""data":"{\n  \"z\": 1.0,\n  \"a\": [1e3, -0.0, 12345678901234567890],\n  \"s\": \"a \\\" b\"\n}""#;
        assert_eq!(
            payload_of(data),
            r#""data":{"z":1.0,"a":[1e3,-0.0,12345678901234567890],"s":"a \" b"}"#
        );
    }

    #[test]
    fn data_that_is_no_json_stays_a_string() {
        for data in
            [r#""data":"""#, r#""data":"{not json""#, r#""data":"{} {}""#, r#""data":"\ud800""#]
        {
            assert_eq!(payload_of(data), data);
        }
        assert_eq!(payload_of(r#""data": null"#), r#""data":null"#);
        assert_eq!(payload_of(r#""data": { "a" : 1 }"#), r#""data":{"a":1}"#);
        assert_eq!(payload_of(r#""data":" 7 ""#), r#""data":7"#);
    }

    #[test]
    fn very_deep_data_stays_a_string() {
        let deep =
            |levels: usize| format!(r#""data":"{}{}""#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(payload_of(&deep(101)), deep(101));
        assert_eq!(payload_of(&deep(100)).len(), deep(100).len() - 2);
    }

    #[test]
    fn a_record_is_one_line_and_strings_are_untouched() {
        let actor = "\"actor\":{\n \"name\" : \"a  \\\\\\\" \u{2028} b\" ,\t\"id\":\r\n[ ] }";
        assert_eq!(payload_of(actor), "\"actor\":{\"name\":\"a  \\\\\\\" \u{2028} b\",\"id\":[]}");
    }

    #[test]
    fn a_node_without_identity_or_time_is_refused() {
        for node in [
            r#"{"uuid":"x","occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#,
            r#"{"uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"today","type":"X"}"#,
            r#"{"uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","type":"X"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Row>(node).is_err(), "{node}");
        }
    }
}

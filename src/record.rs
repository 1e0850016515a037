//! One event node → one record, in a single pass: key order and number text stay as they came, white space goes, and
//! `data`, which is JSON inside a string, becomes the JSON value if it parses.

use memchr::{memchr2, memchr3};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::json::{Key, string};
use crate::known::parse_uuid;
use crate::object::push_string;
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

/// Reads an event; the inner error says what is wrong with it, and the reading can go on behind it.
///
/// # Errors
///
/// What is wrong with the JSON.
pub fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Result<Row, &'static str>, A::Error> {
    let (mut id, mut occurred_at, mut kind) = (None, None, None);
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
            "data" => push_data(&mut payload, value),
            // Most have no blank at all.
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
    Ok(identified(id, occurred_at, kind, payload))
}

fn identified(
    id: Option<String>,
    occurred_at: Option<String>,
    kind: Option<String>,
    payload: String,
) -> Result<Row, &'static str> {
    let id = id.ok_or("node.uuid is no text")?;
    let occurred_at = occurred_at.ok_or("node.occurredAt is no text")?;
    let kind = kind.ok_or("node.type is no text")?;
    let uuid = parse_uuid(&id).ok_or("node.uuid is no uuid")?;
    let at = Millis::parse_rfc3339(&occurred_at).ok_or("node.occurredAt is no RFC 3339 time")?;
    Ok(Row { at, uuid, id, occurred_at, kind, payload })
}

/// Writes `data`: unfolded if it is a string of JSON, else as it came.
fn push_data(out: &mut String, raw: &str) {
    let inner: Option<String> = if raw.starts_with('"') { string(raw) } else { None };
    let parsed = inner.as_deref().and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    let before = out.len();
    match parsed {
        Some(value) if push_compact(out, value.get()) <= DEPTH_MAX => {}
        _ => {
            out.truncate(before);
            push_compact(out, raw);
        }
    }
}

/// Writes valid JSON without the white space between its tokens, so that a record is one line. Gives how deep it is nested.
fn push_compact(out: &mut String, json: &str) -> usize {
    if !json.starts_with(['{', '[']) {
        out.push_str(json);
        return 0;
    }
    // Runs between white space are copied whole; within strings nothing is touched. White space is ASCII, so every cut
    // lies between characters.
    let bytes = json.as_bytes();
    let (mut from, mut at) = (0, 0);
    let (mut depth, mut deepest) = (0usize, 0);
    while let Some(step) =
        bytes.get(at..).and_then(|rest| rest.iter().position(|byte| TELLING[usize::from(*byte)]))
    {
        at += step;
        match bytes[at] {
            b'"' => at += string_length(&bytes[at + 1..]),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {
                out.push_str(json.get(from..at).unwrap_or_default());
                from = at + 1;
            }
        }
        at += 1;
    }
    out.push_str(json.get(from..).unwrap_or_default());
    deepest
}

/// The bytes of JSON that matter outside of strings.
const TELLING: [bool; 256] = {
    let mut telling = [false; 256];
    let bytes = b"\"{}[] \n\r\t";
    let mut at = 0;
    while at < bytes.len() {
        telling[bytes[at] as usize] = true;
        at += 1;
    }
    telling
};

/// Bytes of a string's rest, its closing quotation mark included.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = rest.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step + 1;
        if rest[at - 1] == b'"' {
            break;
        }
        at += 1; // What is escaped.
    }
    at
}

#[cfg(test)]
mod tests {
    use serde::de::{Deserializer, Visitor};

    use super::*;

    struct Node;

    impl<'de> Visitor<'de> for Node {
        type Value = Result<Row, &'static str>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an event")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            read(map)
        }
    }

    fn row_of(node: &str) -> Option<Row> {
        serde_json::Deserializer::from_str(node).deserialize_map(Node).ok()?.ok()
    }

    const HEAD: &str = r#""uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"2024-11-12T09:15:04.000Z","type":"X""#;

    fn payload_of(rest: &str) -> String {
        let node = format!("{{{HEAD},{rest}}}");
        let row = row_of(&node).unwrap();
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
            assert!(row_of(node).is_none(), "{node}");
        }
    }
}

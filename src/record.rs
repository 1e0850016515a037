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
    /// When it happened, cut to the millisecond; `None`: that cannot be read.
    pub at: Option<Millis>,
    /// Its uuid as a number.
    pub uuid: u128,
    /// Its uuid in lower case.
    pub id: String,
    /// When it happened: RFC 3339 in UTC, or as it came where it cannot be read.
    pub occurred_at: String,
    /// Its type; empty where it cannot be read.
    pub kind: String,
    /// The whole node as one line of JSON.
    pub payload: String,
    /// What is odd about it, for the operator.
    pub odd: Vec<&'static str>,
}

/// Why an event cannot be handed out.
pub type Missing = &'static str;

/// Buildkite showed null for it.
pub const NULL: Missing = "Buildkite returned null";
/// It has another shape.
pub const NOT_AN_OBJECT: Missing = "the node is not an object";

/// Reads an event; the inner error says why it cannot be handed out, and the reading can go on behind it.
///
/// # Errors
///
/// What is wrong with the JSON.
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
    let payload = without_line_breaks(payload);
    Ok(identified(id, occurred_at, kind, payload, odd))
}

/// The row of a node, if its uuid can be read: the rest may be odd, which is noted.
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
        // As it came if it is in UTC already, finer than a millisecond perhaps.
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

/// What some readers take for the end of a line, though JSON does not: U+0085, U+2028 and U+2029, each as it is encoded
/// and as it is escaped. All of them stand within strings, the only place where JSON has anything but ASCII.
const LINE_BREAKS: [(&str, &str); 3] =
    [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];

/// JSON of the same value that is one line for every reader.
fn without_line_breaks(json: String) -> String {
    let mut clean = String::new();
    let (mut from, mut at) = (0, 0);
    // The first bytes of all three; what else begins with them is passed over.
    while let Some(step) = json.as_bytes().get(at..).and_then(|rest| memchr2(0xc2, 0xe2, rest)) {
        at += step;
        let rest = json.get(at..).unwrap_or_default();
        let found = LINE_BREAKS.iter().find(|(raw, _)| rest.starts_with(raw));
        if let Some((raw, escaped)) = found {
            clean.push_str(json.get(from..at).unwrap_or_default());
            clean.push_str(escaped);
            at += raw.len();
            from = at;
        } else {
            at += 1;
        }
    }
    if from == 0 {
        return json;
    }
    clean.push_str(json.get(from..).unwrap_or_default());
    clean
}

/// Writes `data`: unfolded if it is a string of JSON, else as it came. Returns what is odd about it.
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
        type Value = Result<Row, Missing>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("an event")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            read(map)
        }
    }

    fn read_node(node: &str) -> Result<Row, Missing> {
        serde_json::Deserializer::from_str(node).deserialize_map(Node).expect("JSON")
    }

    const HEAD: &str = r#""uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"2024-11-12T09:15:04.000Z","type":"X""#;

    fn payload_of(rest: &str) -> String {
        let node = format!("{{{HEAD},{rest}}}");
        let row = read_node(&node).unwrap();
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
    fn very_deep_data_is_noted() {
        let node = |levels: usize| {
            format!(r#"{{{HEAD},"data":"{}{}"}}"#, "[".repeat(levels), "]".repeat(levels))
        };
        assert_eq!(read_node(&node(100)).unwrap().odd, Vec::<&str>::new());
        assert!(read_node(&node(101)).unwrap().odd[0].contains("deeper than 100 levels"));
    }

    #[test]
    fn a_record_is_one_line_and_strings_keep_their_value() {
        let actor = "\"actor\":{\n \"name\" : \"a  \\\\\\\" b\" ,\t\"id\":\r\n[ ] }";
        assert_eq!(payload_of(actor), "\"actor\":{\"name\":\"a  \\\\\\\" b\",\"id\":[]}");
    }

    #[test]
    fn line_breaks_of_unicode_are_escaped_wherever_they_stand() {
        let raw = "a\u{85}b\u{2028}c\u{2029}\u{2028}d\u{e9}\u{a9}\u{2019}\u{202a}";
        let escaped = "a\\u0085b\\u2028c\\u2029\\u2028d\u{e9}\u{a9}\u{2019}\u{202a}";
        for place in [
            "\"RAW\":1",
            "\"actor\":{\"name\":\"RAW\"}",
            "\"actor\": {\"RAW\": [\"RAW\", \"RAW\"]}",
            "\"data\":\"not JSON RAW\"",
            "\"data\":\"{\\\"RAW\\\": \\\"RAW\\\"}\"",
        ] {
            let payload = payload_of(&place.replace("RAW", raw));
            assert!(payload.contains(escaped), "{payload}");
            assert!(!payload.contains(['\u{85}', '\u{2028}', '\u{2029}']), "{payload}");
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            let wanted = format!("{{{}}}", place.replace("RAW", raw));
            let mut wanted = value(&wanted);
            if let Some(data) = wanted.get("data").and_then(|data| data.as_str())
                && let Ok(data) = serde_json::from_str(data)
            {
                wanted["data"] = data;
            }
            assert_eq!(value(&format!("{{{payload}}}")), wanted);
        }
    }

    #[test]
    fn a_node_without_a_uuid_cannot_be_handed_out() {
        for (node, why) in [
            (r#"{"uuid":"x","occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not a UUID"),
            (r#"{"uuid":7,"occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not text"),
            (r#"{"occurredAt":"2024-11-12T09:15:04.000Z","type":"X"}"#, "not text"),
        ] {
            assert!(read_node(node).unwrap_err().contains(why), "{node}");
        }
    }

    #[test]
    fn an_event_whose_time_or_type_cannot_be_read_is_kept_as_it_came() {
        let uuid = "01931FA7-B1C0-7abc-8abc-0123456789AB";
        for (rest, occurred_at, odd) in [
            (r#""occurredAt":"today","type":"X""#, "today", 1),
            (r#""occurredAt":"1969-12-31T23:59:59Z","type":"X""#, "1969-12-31T23:59:59Z", 1),
            (r#""occurredAt":1732266000,"type":"X""#, "", 1),
            (r#""type":null"#, "", 2),
        ] {
            let node = format!(r#"{{"uuid":"{uuid}",{rest}}}"#);
            let row = read_node(&node).unwrap();
            assert_eq!((row.at, row.odd.len()), (None, odd), "{node}");
            assert_eq!((row.id, row.occurred_at), (uuid.to_lowercase(), occurred_at.into()));
            assert_eq!(row.payload, node);
        }
    }

    #[test]
    fn a_time_is_in_utc_and_as_it_came_where_it_can_be() {
        for (came, shown) in [
            ("2024-11-12T09:15:04.123456Z", "2024-11-12T09:15:04.123456Z"),
            ("2024-11-12T10:15:04+01:00", "2024-11-12T09:15:04.000Z"),
            ("2024-11-12t09:15:04.5z", "2024-11-12T09:15:04.500Z"),
            ("2024-11-12 09:15:04Z", "2024-11-12T09:15:04.000Z"),
        ] {
            let node = format!(
                r#"{{"uuid":"01931fa7-b1c0-7abc-8abc-0123456789ab","occurredAt":"{came}","type":"X"}}"#
            );
            let row = read_node(&node).unwrap();
            assert_eq!((row.occurred_at.as_str(), row.payload), (shown, node));
        }
    }
}

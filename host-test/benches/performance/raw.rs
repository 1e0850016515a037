//! A page read natively with `serde_json`, as well as it can be: one pass, raw values, no value trees. It writes the same
//! records as the component, but keeps no state.

use memchr::{memchr2, memchr3};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Where the events are.
const PATH: [&str; 4] = ["data", "organization", "auditEvents", "edges"];

/// Returns the records of a page, each with its uuid, time and type.
pub fn records(page: &[u8]) -> Vec<[String; 4]> {
    let text = std::str::from_utf8(page).unwrap();
    let mut records = Vec::new();
    let mut input = serde_json::Deserializer::from_str(text);
    Walk { path: &PATH, records: &mut records }.deserialize(&mut input).unwrap();
    input.end().unwrap();
    records
}

/// The reader at a place. An empty path stands for an edge.
struct Walk<'w> {
    path: &'w [&'w str],
    records: &'w mut Vec<[String; 4]>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a page")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Walk { path: &[], records: self.records })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&str>()? {
            match self.path.split_first() {
                Some((first, path)) if *first == key => {
                    map.next_value_seed(Walk { path, records: self.records })?;
                }
                None if key == "node" => self.records.push(map.next_value::<Record>()?.0),
                _ => _ = map.next_value::<&RawValue>()?,
            }
        }
        Ok(())
    }
}

struct Record([String; 4]);

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Node).map(Self)
    }
}

struct Node;

impl<'de> Visitor<'de> for Node {
    type Value = [String; 4];

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let [mut payload, mut id, mut time, mut kind] = std::array::from_fn(|_| String::new());
        payload.reserve(512);
        while let Some(key) = map.next_key::<&str>()? {
            let value = map.next_value::<&'de RawValue>()?.get();
            payload.push_str(if payload.is_empty() { "{\"" } else { ",\"" });
            payload.push_str(key);
            payload.push_str("\":");
            let text = || value.trim_matches('"').to_owned();
            match key {
                "uuid" => id = text(),
                "occurredAt" => time = text(),
                "type" => kind = text(),
                _ => {}
            }
            let inner = match key {
                "data" => serde_json::from_str::<String>(value).ok(),
                _ => None,
            };
            match inner.as_deref().map(serde_json::from_str::<&RawValue>) {
                Some(Ok(inner)) => push_compact(&mut payload, inner.get()),
                _ => push_compact(&mut payload, value),
            }
        }
        payload.push('}');
        Ok([payload, id, time, kind])
    }
}

/// Writes valid JSON without the white space between its tokens. Most values have none.
fn push_compact(out: &mut String, json: &str) {
    if memchr3(b' ', b'\n', b'\t', json.as_bytes()).is_none() && !json.contains('\r') {
        return out.push_str(json);
    }
    let bytes = json.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += string_length(&bytes[at + 1..]),
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&json[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    out.push_str(&json[from..]);
}

/// Returns the length of the rest of a string, including its closing quotation mark.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = memchr2(b'"', b'\\', &rest[at..]) {
        at += step + 1;
        if rest[at - 1] == b'"' {
            break;
        }
        at += 1; // Skips the escaped byte.
    }
    at
}

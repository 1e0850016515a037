//! Small pieces of JSON, parsed one level deep. Derived deserializers would exceed the size limit of the
//! component. Events are read by `scan`.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value, parsed one level deep. Anything below stays raw JSON.
enum Value<'a> {
    Text(String),
    List(Vec<&'a str>),
    Object(Members<'a>),
    /// A number, true, false or null.
    Other,
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(OneLevel)
    }
}

/// Accepts any type, so that the parser's error messages and number formatting for a wrong type are not linked in.
struct OneLevel;

impl<'de> Visitor<'de> for OneLevel {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<&RawValue>()? {
            items.push(item.get());
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            members.push((key, map.next_value::<&RawValue>()?.get()));
        }
        Ok(Value::Object(Members(members)))
    }
}

/// Says where JSON is invalid. The parser's own message would take 2 kB of the component.
pub fn invalid((line, column): (usize, usize)) -> String {
    format!("invalid at line {line}, column {column}")
}

/// Maximum size of an object that is parsed. A checkpoint is the largest. Its members may take sixteen times as much
/// memory.
const OBJECT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The members of an object in their order, each value as raw JSON.
#[derive(Default)]
pub struct Members<'a>(Vec<(String, &'a str)>);

impl<'a> Members<'a> {
    /// Parses an object.
    ///
    /// # Errors
    ///
    /// Returns a message if the text is not JSON, or not an object.
    pub fn read(text: &'a str) -> Result<Self, String> {
        if text.len() > OBJECT_BYTES_MAX {
            return Err("it is far too long".to_owned());
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(format!("it is {}", kind(text.trim_ascii_start()))),
            Err(why) => Err(invalid((why.line(), why.column()))),
        }
    }

    /// Parses an object. Returns `None` if the text is not an object.
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Takes a member. `null` counts as absent. If two have the same name, the last one counts.
    pub fn take(&mut self, key: &str) -> Option<&'a str> {
        self.take_any(key).filter(|value| *value != "null")
    }

    /// Takes a member, even if it is `null`.
    pub fn take_any(&mut self, key: &str) -> Option<&'a str> {
        let mut found = None;
        self.0.retain(|(name, value)| {
            let is_it = name == key;
            if is_it {
                found = Some(*value);
            }
            !is_it
        });
        found
    }

    /// Takes a text. Returns `None` if it is absent or not a text.
    pub fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).and_then(string)
    }

    /// Returns whether two members have this name, after unescaping. The readers of our own formats refuse that before
    /// they take a member.
    pub fn is_twice(&self, key: &str) -> bool {
        self.rest().filter(|name| *name == key).nth(1).is_some()
    }

    /// Returns whether a member of this name has not been taken.
    pub fn has(&self, key: &str) -> bool {
        self.rest().any(|name| name == key)
    }

    /// Returns the names of the members that were not taken.
    pub fn rest(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Returns the items of a list, each as raw JSON. Returns `None` if the text is not a list.
pub fn items(text: &str) -> Option<Vec<&str>> {
    match serde_json::from_str(text) {
        Ok(Value::List(items)) => Some(items),
        _ => None,
    }
}

/// Returns the text of a JSON string. Returns `None` if it is not a string.
pub fn string(text: &str) -> Option<String> {
    // Most strings have no escapes: the text is what stands between the quotation marks.
    let plain = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if let Some(plain) = plain.filter(|plain| !plain.contains(['\\', '"'])) {
        return Some(plain.to_owned());
    }
    match serde_json::from_str(text) {
        Ok(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Returns the text that a text of JSON begins with. Returns `None` if it begins with a value that is no text.
///
/// # Errors
///
/// Returns an error if it begins with an invalid value.
pub fn decoded(text: &str) -> Result<Option<String>, serde_json::Error> {
    let mut input = serde_json::Deserializer::from_str(text);
    match Value::deserialize(&mut input)? {
        Value::Text(text) => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// Returns the type of a JSON value, as messages name it.
pub fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "true or false",
        Some(b'"') => "text",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_once_and_null_counts_as_absent() {
        let mut members =
            Members::parse(r#" {"a": [1, 2], "n": null, "s": "x\n", "\u0061": 7} "#).unwrap();
        assert!(members.is_twice("a") && !members.is_twice("n") && !members.is_twice("b"));
        assert_eq!(members.take("a"), Some("7"));
        assert_eq!(members.take("n"), None);
        assert_eq!(members.text("s").as_deref(), Some("x\n"));
        assert_eq!(members.rest().count(), 0);
        assert!(Members::parse("[]").is_none());
    }
}

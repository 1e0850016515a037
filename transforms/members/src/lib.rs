//! Splits a JSON object into its members without decoding them, so that values keep their text: the digits of numbers,
//! the escapes of strings, and keys that occur twice.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The members of a JSON object, in their order. Each value is the JSON text of the input.
#[derive(Debug, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A JSON string as the input has it, with its quotes and escapes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub struct Text<'a>(&'a RawValue);

impl<'a> Text<'a> {
    /// Returns the text if it has no escapes, such as an identifier, a time or an address.
    pub fn plain(self) -> Option<&'a str> {
        let text = self.0.get().strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('\\')).then_some(text)
    }
}

impl<'a> Members<'a> {
    /// Returns an object with one member.
    pub fn one(name: &'a str, value: &'a RawValue) -> Self {
        Self(vec![(Cow::Borrowed(name), value)])
    }

    /// Splits an object. Returns `None` for anything else.
    pub fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Splits a member that is an object with members, and removes it. Otherwise, leaves it in place.
    pub fn take_object(&mut self, name: &str) -> Option<Self> {
        let object = Self::parse(self.get(name)?.get()).filter(|object| !object.is_empty())?;
        self.remove(name);
        Some(object)
    }

    /// Removes a member that is a string, and returns it. Otherwise, leaves it in place.
    pub fn take_text(&mut self, name: &str) -> Option<Text<'a>> {
        let text = self.text(name)?;
        self.remove(name);
        Some(text)
    }

    /// Removes a member that is a string with this plain text. Otherwise, leaves it in place.
    pub fn drop_text(&mut self, name: &str, text: &str) {
        if self.plain(name) == Some(text) {
            self.remove(name);
        }
    }

    /// Returns a member that is a string.
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.get(name).filter(|value| value.get().starts_with('"')).map(Text)
    }

    /// Returns a member that is a string without escapes.
    pub fn plain(&self, name: &str) -> Option<&'a str> {
        self.text(name)?.plain()
    }

    /// Removes a member, and returns it.
    pub fn remove(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }

    /// Returns a member.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Returns whether no member is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the members into an object that was begun.
    ///
    /// # Errors
    ///
    /// Returns the error of the serializer.
    pub fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

struct Object;

/// A key that is copied only if it has escapes. (`Cow` itself is always copied when it is read.)
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Object {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // An audit event has eight members, and its parts have at most six.
        let mut members = Vec::with_capacity(8);
        while let Some((Key(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let json = r#"{"a":1.0,"caf\u00e9":"\u0041\/","a":{"b":[1E+2,-0]},"n":null}"#;
        let members = Members::parse(json).unwrap();
        let written = serde_json::to_string(&members).unwrap();
        assert_eq!(written, json.replace("caf\\u00e9", "café"));
        assert_eq!(members.plain("café"), None, "it has escapes");
        assert_eq!(members.get("a").map(RawValue::get), Some("1.0"), "the first of its name");
    }

    #[test]
    fn only_a_member_of_the_right_kind_is_taken() {
        let mut members = Members::parse(r#"{"a":"x","b":1,"c":null,"d":{},"e":{"f":2}}"#).unwrap();
        assert!(members.take_text("b").is_none() && members.take_text("c").is_none());
        assert!(members.take_object("d").is_none() && members.take_object("a").is_none());
        members.drop_text("a", "y");
        assert_eq!(members.take_text("a").and_then(Text::plain), Some("x"));
        assert!(members.take_object("e").is_some_and(|e| e.get("f").is_some()));
        assert_eq!(serde_json::to_string(&members).unwrap(), r#"{"b":1,"c":null,"d":{}}"#);
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for json in ["", "[]", "null", "\"a\"", "{", "{\"a\":}", "{} {}", "{\"a\":1,}"] {
            assert!(Members::parse(json).is_none(), "{json}");
        }
    }
}

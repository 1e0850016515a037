//! The fields of an object whose values keep their text: the digits of numbers, the escapes of strings, and names that
//! occur twice.

use std::borrow::Cow;

use crate::object::Object;
use crate::scan::cursor::{Cursor, Stop};
use crate::scan::line::Line;

/// The fields of an object in their order.
#[derive(Debug, Default)]
pub struct Fields<'a>(Vec<Field<'a>>);

#[derive(Debug)]
struct Field<'a> {
    /// The name, without escapes.
    name: Cow<'a, str>,
    /// The value as raw JSON.
    value: &'a str,
    /// Name and value as raw JSON. Empty once the field is taken, which leaves the others where they are.
    whole: &'a str,
}

/// Returns the content of a raw JSON string that has no escapes, such as an identifier, a time or an address.
pub fn plain(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.bytes().any(|byte| byte == b'\\')).then_some(text)
}

impl<'a> Fields<'a> {
    /// Reads a text that is an object. Returns `None` for anything else.
    pub fn parse(json: &'a str) -> Option<Self> {
        let mut input = Cursor::new(json);
        let mut all = Self::default();
        all.read(&mut input, &mut []).ok()?;
        input.end(&mut Line::nowhere()).ok()?;
        Some(all)
    }

    /// Reads an object, in place of the former fields. `parts` has places for the fields of inner objects, each with the
    /// name of the inner object. An inner object that is empty, or whose place is taken, stays a field.
    ///
    /// # Errors
    ///
    /// Returns where the text is not an object.
    pub fn read(
        &mut self,
        input: &mut Cursor<'a>,
        parts: &mut [(&str, &mut Self)],
    ) -> Result<(), Stop> {
        let nowhere = &mut Line::nowhere();
        let mut is_first = true;
        self.0.clear();
        parts.iter_mut().for_each(|(_, place)| place.0.clear());
        if input.token(nowhere) != Some(b'{') {
            return Err(input.stop_after());
        }
        input.at += 1;
        loop {
            let before = input.at;
            let Some(name) = input.next_name(is_first, nowhere)? else { return Ok(()) };
            is_first = false;
            // Most often, nothing stands between the name and its colon.
            match input.text.as_bytes().get(input.at) {
                Some(b':') => input.at += 1,
                _ => input.colon(nowhere)?,
            }
            let is_object = input.token(nowhere) == Some(b'{');
            let start = input.at;
            let part = parts
                .iter_mut()
                .find(|(part, place)| is_object && *part == name && place.is_empty());
            let is_kept = match part {
                Some((_, place)) => {
                    place.read(input, &mut [])?;
                    place.is_empty()
                }
                None => {
                    input.any_value()?;
                    true
                }
            };
            if is_kept {
                // A comma and white space may stand before the name.
                let bytes = input.text.as_bytes().iter().skip(before);
                let quote = before + bytes.take_while(|byte| **byte != b'"').count();
                let whole = input.since(quote);
                let value = whole.get(start - quote..).unwrap_or_default();
                self.push(Field { name, value, whole });
            }
        }
    }

    fn push(&mut self, field: Field<'a>) {
        if self.0.capacity() == 0 {
            // An audit event has eight fields, and its parts have at most seven.
            self.0.reserve_exact(8);
        }
        self.0.push(field);
    }

    /// Removes a field, and returns its value.
    #[inline]
    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        let field =
            self.0.iter_mut().find(|field| field.name == name && !field.whole.is_empty())?;
        field.whole = "";
        Some(field.value)
    }

    /// Removes a field that is a string, and returns it, with its quotation marks. Leaves anything else.
    #[inline]
    pub fn take_string(&mut self, name: &str) -> Option<&'a str> {
        self.string(name)?;
        self.take(name)
    }

    /// Removes a field that is a string with this plain content. Leaves anything else.
    #[inline]
    pub fn drop_plain(&mut self, name: &str, text: &str) {
        let found = self.string(name).and_then(|value| value.get(1..value.len() - 1));
        // A text with escapes is another one than it seems.
        if found == Some(text) && !text.contains('\\') {
            self.take(name);
        }
    }

    /// Returns the value of a field.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.left().find(|field| field.name == name).map(|field| field.value)
    }

    /// Returns a field that is a string, with its quotation marks.
    #[inline]
    pub fn string(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|value| value.starts_with('"'))
    }

    /// Returns the content of a field that is a string without escapes.
    #[inline]
    pub fn plain(&self, name: &str) -> Option<&'a str> {
        plain(self.get(name)?)
    }

    fn left(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter().filter(|field| !field.whole.is_empty())
    }

    /// Returns whether no field is left.
    pub fn is_empty(&self) -> bool {
        self.left().next().is_none()
    }

    /// Writes the fields into an object.
    pub fn write(&self, object: &mut Object) {
        self.left().for_each(|field| object.whole(field.whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &Fields) -> String {
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        fields.write(&mut object);
        object.close();
        out
    }

    #[test]
    fn values_keep_their_text() {
        let json =
            r#"{"a":1.0,"caf\u00e9":"\u0041\/","a":{"b":[1E+2, -0]},"n":null,"q\"":"","\u2028":0}"#;
        let fields = Fields::parse(json).unwrap();
        assert_eq!(written(&fields), json);
        assert_eq!(fields.plain("café"), None, "it has escapes");
        assert_eq!(fields.get("a"), Some("1.0"), "the first of its name");
    }

    #[test]
    fn only_a_field_of_the_right_kind_is_taken() {
        let mut fields = Fields::parse(r#" { "a" : "x" , "b":1,"c":null } "#).unwrap();
        assert!(fields.take_string("b").is_none() && fields.take_string("c").is_none());
        assert_eq!(fields.take_string("a").and_then(plain), Some("x"));
        assert_eq!(written(&fields), r#"{"b":1,"c":null}"#);
        fields.drop_plain("b", "1");
        assert!(fields.get("b").is_some());
        assert!(Fields::parse("{}").unwrap().is_empty());
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for json in ["", "[]", "null", "\"a\"", "{", "{\"a\":}", "{} {}", "{\"a\":1,}", "{a:1}"] {
            assert!(Fields::parse(json).is_none(), "{json}");
        }
    }
}

//! Reads JSON that a person wrote. A duplicate key is refused with its path; `serde_json` alone would silently keep
//! the last one. Text that is not JSON is refused with a hint.

use crate::config::dialect::hint;
use crate::credential::token::is_like;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};
use source_token::one_line;
use std::fmt;

/// Maximum number of characters of a key that are shown.
pub(crate) const KEY_CHARS_MAX: usize = 60;

/// Reads one JSON value.
///
/// # Errors
///
/// Returns a message that says what is wrong, where, and what to do. It does not quote strings from the file, and
/// quotes keys only if they do not look like a token.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut input = serde_json::Deserializer::from_str(text);
    let value =
        Strict(&Place::Top).deserialize(&mut input).and_then(|value| input.end().map(|()| value));
    value.map_err(|error| match error.classify() {
        Category::Data => format!("{error}; remove one of the two"),
        _ if is_one_token(text) => {
            "is a token, not a config; a config is a JSON object, as shown by --help".to_owned()
        }
        _ => format!("not JSON ({error}): {}", hint(text, offset(text, &error))),
    })
}

/// Returns whether the text is a token and nothing else.
fn is_one_token(text: &str) -> bool {
    let text = text.trim();
    !text.contains(char::is_whitespace) && is_like(text)
}

/// Returns the byte offset of an error. The parser counts columns in bytes, from 1; 0 is the end of the previous line.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    start + error.column().saturating_sub(1)
}

/// The location of a value: a list on the stack, since a path stored for each member could be as long as the file.
enum Place<'a> {
    Top,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Member(above, key) => {
                write!(out, "{above}")?;
                if !matches!(above, Self::Top) {
                    out.write_str(".")?;
                }
                match is_like(key) {
                    true => out.write_str("[hidden because it looks like a token: revoke it]"),
                    false => out.write_str(&one_line(key, KEY_CHARS_MAX)),
                }
            }
            Self::Item(above, at) => write!(out, "{above}[{at}]"),
        }
    }
}

/// Builds the value at a place. The parser itself limits the depth to 128.
struct Strict<'a>(&'a Place<'a>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Strict(&Place::Item(self.0, items.len())))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let place = Place::Member(self.0, &key);
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {place}")));
            }
            let value = map.next_value_seed(Strict(&place))?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_serde_json_reads_it() {
        let text = r#" {"b": [1, -2, 1.5e3, 18446744073709551615, 1e30, true, null, "x\né"],
                        "a": {"c": {}, "": []}} "#;
        let wanted: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text).unwrap().to_string(), wanted.to_string());
    }

    #[test]
    fn a_duplicate_key_is_named_with_its_path() {
        for (text, path) in [
            (r#"{"a": 1, "a": 2}"#, "a"),
            (r#"{"settings": {"org_slug": "x", "org_slug": "x"}}"#, "settings.org_slug"),
            (r#"{"s": {"org_slug": 1, "x": 2, "org\u005fslug": 3}}"#, "s.org_slug"),
            (r#"{"s": {"rate_limit": {"rate": 1, "rate": 2}}}"#, "s.rate_limit.rate"),
            (r#"{"s": [{"a": 1}, {"a": null, "a": null}]}"#, "s[1].a"),
            (r#"[[{"a": 1, "a": 2}]]"#, "[0][0].a"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("duplicate key {path} at line 1")), "{error}");
        }
        // Equal keys of different objects are not duplicates.
        read(r#"{"a": {"a": 1}, "b": {"a": 1}, "A": 1}"#).unwrap();
    }

    #[test]
    fn depth_and_the_length_of_a_path_are_bounded() {
        let deep = "[".repeat(100_000);
        assert!(read(&deep).unwrap_err().contains("recursion limit"));
        let key = "k\n".repeat(50_000).replace('\n', "\\n");
        let error = read(&format!(r#"{{"{key}": 1, "{key}": 2}}"#)).unwrap_err();
        assert!(error.len() < 300 && !error.contains('\n'), "{error}");
    }
}

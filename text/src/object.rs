//! Writing JSON: texts, and an object member by member.

use std::fmt::Write;

use crate::time::Millis;

/// What some readers take for a line break, though JSON does not: U+0085, U+2028 and U+2029, each encoded and escaped.
/// All of them are inside strings, the only place where JSON has non-ASCII characters.
pub const BREAKS: [(&str, &str); 3] =
    [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];

/// Writes a text as JSON.
pub fn push_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return push_plain(out, text);
    }
    // A text can always be serialized. An empty value would be refused by the reader.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Writes a text as JSON, and escapes what some readers take for a line break too.
pub fn push_line(out: &mut String, text: &str) {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
        return push_plain(out, text);
    }
    let from = out.len();
    push_string(out, text);
    for (raw, escaped) in BREAKS {
        if out.get(from..).is_some_and(|written| written.contains(raw)) {
            let written = out.split_off(from);
            out.push_str(&written.replace(raw, escaped));
        }
    }
}

/// Writes a text that needs no escapes, as JSON.
fn push_plain(out: &mut String, text: &str) {
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Writes one object, member by member.
pub struct Object<'a>(&'a mut String);

impl<'a> Object<'a> {
    /// Opens the object.
    pub fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self(out)
    }

    /// Continues an object that was opened.
    pub fn within(out: &'a mut String) -> Self {
        Self(out)
    }

    /// Writes a member's name; its value must follow.
    pub fn member(&mut self, name: &str) -> &mut String {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        push_plain(self.0, name);
        self.0.push(':');
        self.0
    }

    /// Writes a member whose name and value are JSON already.
    pub fn whole(&mut self, member: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push_str(member);
    }

    /// Writes a member that is JSON already. (Inline, so that a name known to the compiler is written at once.)
    #[inline(always)]
    pub fn raw(&mut self, name: &str, json: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(json);
    }

    /// Writes a member that is JSON already. Writes nothing for `None`.
    #[inline(always)]
    pub fn maybe(&mut self, name: &str, json: Option<&str>) {
        if let Some(json) = json {
            self.raw(name, json);
        }
    }

    /// Writes a member that is a number.
    pub fn number(&mut self, name: &str, number: i64) {
        // Writing to a string does not fail.
        let _ = write!(self.member(name), "{number}");
    }

    /// Writes a member that is a text.
    pub fn text(&mut self, name: &str, text: &str) {
        push_string(self.member(name), text);
    }

    /// Writes a member that is a text without characters to escape.
    pub fn plain(&mut self, name: &str, text: &str) {
        push_plain(self.member(name), text);
    }

    /// Writes a member that is a time. Writes nothing for `None`.
    pub fn time(&mut self, name: &str, time: Option<Millis>) {
        if let Some(time) = time {
            self.plain(name, &time.to_string());
        }
    }

    /// Writes a member that is a list of texts.
    pub fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts, |out, text| push_string(out, text));
    }

    /// Writes a member that is an object. `write` writes its members.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Object)) {
        let mut inner = Object::open(self.member(name));
        write(&mut inner);
        inner.close();
    }

    /// Writes a member that is a list of objects. `write` writes the members of each.
    pub fn objects<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T, &mut Object)) {
        self.list(name, items, |out, item| {
            let mut inner = Object::open(out);
            write(item, &mut inner);
            inner.close();
        });
    }

    /// Writes a member that is a list. `write` writes each item.
    pub fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut String, &T)) {
        let out = self.member(name);
        out.push('[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            write(out, item);
        }
        out.push(']');
    }

    /// Closes the object.
    pub fn close(self) {
        self.0.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        object.text("t", "a\"b");
        object.number("n", -1);
        object.list("l", &["x"], |out, item| push_string(out, item));
        object.close();
        assert_eq!(out, r#"{"t":"a\"b","n":-1,"l":["x"]}"#);
    }
}

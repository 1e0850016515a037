//! Reads an object of one of our own formats, member by member. The name of the first wrong member is kept, and reading
//! continues with defaults, so that the caller need not check each member.

use crate::json::{Members, items, string};
use crate::time::Millis;

/// The name of a member that is missing, unknown or of the wrong type.
pub type Wrong = String;

/// Reads members and keeps the first wrong one.
pub struct Reader<'a> {
    members: Members<'a>,
    wrong: Option<Wrong>,
}

impl<'a> Reader<'a> {
    /// Parses an object. A text that is not an object is wrong and has no members.
    pub fn open(text: &'a str) -> Self {
        let members = Members::parse(text);
        let wrong = members.is_none().then(|| "not an object".to_owned());
        Self { members: members.unwrap_or_default(), wrong }
    }

    /// Returns whether a member has been wrong so far.
    pub fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// Returns the value, or notes that it is wrong and returns its default.
    fn or_wrong<T: Default>(&mut self, name: &str, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.wrong.get_or_insert_with(|| name.to_owned());
            T::default()
        })
    }

    /// Takes a value. Two members of the same name are wrong, since nobody can tell which one is right.
    fn take(&mut self, name: &str) -> Option<&'a str> {
        if self.members.is_twice(name) {
            self.wrong.get_or_insert_with(|| [name, ", twice"].concat());
        }
        self.members.take(name)
    }

    /// Reads a text.
    pub fn text(&mut self, name: &str) -> String {
        let text = self.take(name).and_then(string);
        self.or_wrong(name, text)
    }

    /// Reads a text that may be absent. A value that is not a text is read as an empty text.
    pub fn text_or_none(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|raw| string(raw).unwrap_or_default())
    }

    /// Reads a whole number.
    pub fn number(&mut self, name: &str) -> i64 {
        let number = self.take(name).and_then(|raw| raw.parse().ok());
        self.or_wrong(name, number)
    }

    /// Reads a whole number. Returns 0 for a checkpoint that was written before this member existed.
    pub fn added(&mut self, name: &str) -> i64 {
        match self.take(name) {
            Some(raw) => self.or_wrong(name, raw.parse().ok()),
            None => 0,
        }
    }

    /// Reads a whole number that is not negative. Returns 0 for a checkpoint that was written before this member
    /// existed.
    pub fn added_count(&mut self, name: &str) -> u32 {
        let number = self.added(name);
        self.or_wrong(name, u32::try_from(number).ok())
    }

    /// Reads a whole number that is not negative.
    pub fn count(&mut self, name: &str) -> u32 {
        let number = self.number(name);
        self.or_wrong(name, u32::try_from(number).ok())
    }

    /// Reads a count that may be absent. A value that is not a count is read as 0.
    pub fn count_or_none(&mut self, name: &str) -> Option<u32> {
        let count = |raw: &str| u32::try_from(raw.parse::<i64>().ok()?).ok();
        self.take(name).map(|raw| count(raw).unwrap_or(0))
    }

    /// Reads a time that may be absent.
    pub fn time(&mut self, name: &str) -> Option<Millis> {
        let raw = self.take(name)?;
        let time = string(raw).and_then(|text| Millis::parse_rfc3339(&text));
        self.or_wrong(name, time.map(Some))
    }

    /// Reads a time that must be present.
    pub fn needed(&mut self, name: &str) -> Millis {
        self.time(name).unwrap_or_else(|| {
            self.wrong.get_or_insert_with(|| name.to_owned());
            Millis::EPOCH
        })
    }

    fn list(&mut self, name: &str) -> Vec<&'a str> {
        let items = self.take(name).and_then(items);
        self.or_wrong(name, items)
    }

    /// Reads a list of texts.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.list(name) {
            texts.push(self.or_wrong(name, string(item)));
        }
        texts
    }

    /// Reads a list of texts. Returns an empty list if the member is missing.
    pub fn texts_or_none(&mut self, name: &str) -> Vec<String> {
        if self.members.has(name) { self.texts(name) } else { Vec::new() }
    }

    /// Reads an object that may be absent. `read` reads its members.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let raw = self.take(name)?;
        Some(self.part(raw, read))
    }

    /// Reads a list of objects. `read` reads the members of each.
    pub fn objects<T>(&mut self, name: &str, read: impl Fn(&mut Reader) -> T) -> Vec<T> {
        let mut objects = Vec::new();
        for item in self.list(name) {
            objects.push(self.part(item, &read));
        }
        objects
    }

    /// Reads a nested object, and keeps its first wrong member.
    fn part<T>(&mut self, raw: &str, read: impl FnOnce(&mut Reader) -> T) -> T {
        let mut inner = Reader::open(raw);
        let value = read(&mut inner);
        if let Err(wrong) = inner.close() {
            self.wrong.get_or_insert(wrong);
        }
        value
    }

    /// Reads a value that is packed into a text.
    pub fn packed<T: Default>(&mut self, name: &str, unpack: fn(&str) -> Option<T>) -> T {
        let packed = self.text(name);
        self.or_wrong(name, unpack(&packed))
    }

    /// Reads a packed value. Returns its default for a checkpoint that was written before this member existed.
    pub fn added_packed<T: Default>(&mut self, name: &str, unpack: fn(&str) -> Option<T>) -> T {
        let Some(raw) = self.take(name) else { return T::default() };
        let value = string(raw).and_then(|packed| unpack(&packed));
        self.or_wrong(name, value)
    }

    /// Finishes reading.
    ///
    /// # Errors
    ///
    /// Returns the first wrong member or else the first unknown one, whose name may be of any length.
    pub fn close(self) -> Result<(), Wrong> {
        let unknown = || self.members.rest().next().map(str::to_owned);
        self.wrong.clone().or_else(unknown).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_occurs_twice_is_refused() {
        let twice = |read: fn(&mut Reader)| {
            let mut reader = Reader::open(r#"{"m":"","m":""}"#);
            read(&mut reader);
            reader.close().unwrap_err()
        };
        assert_eq!(twice(|reader| _ = reader.text("m")), "m, twice");
        assert_eq!(twice(|reader| _ = reader.time("m")), "m, twice");
        assert_eq!(twice(|reader| _ = reader.added("m")), "m, twice");
        assert_eq!(twice(|reader| reader.packed("m", |_| Some(()))), "m, twice");
        assert_eq!(twice(|reader| reader.added_packed("m", |_| Some(()))), "m, twice");
    }
}

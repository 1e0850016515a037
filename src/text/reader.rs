//! Reads an object that is ours to judge, member by member. The first member that is wrong is remembered by its name, and
//! reading goes on with defaults, so that who reads need not look at each.

use crate::text::json::{Members, items, string};
use crate::text::time::Millis;

/// A member that is missing, of the wrong type or unknown, by its name.
pub type Wrong = String;

/// Reads members and remembers the first wrong one.
pub struct Reader<'a> {
    members: Members<'a>,
    wrong: Option<Wrong>,
}

impl<'a> Reader<'a> {
    /// Takes an object apart; a text that is not an object has no members and is wrong.
    pub fn open(text: &'a str) -> Self {
        let members = Members::parse(text);
        let wrong = members.is_none().then(|| "no object".to_owned());
        Self { members: members.unwrap_or_default(), wrong }
    }

    /// Whether a member was wrong so far.
    pub fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    /// A value, or its default once it is noted that it is wrong.
    fn or_wrong<T: Default>(&mut self, name: &str, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.wrong.get_or_insert_with(|| name.to_owned());
            T::default()
        })
    }

    /// Takes a value out; of two of the same name nobody can tell which is right, so that is wrong.
    fn take(&mut self, name: &str) -> Option<&'a str> {
        if self.members.is_twice(name) {
            self.wrong.get_or_insert_with(|| [name, ", twice"].concat());
        }
        self.members.take(name)
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> String {
        let text = self.take(name).and_then(string);
        self.or_wrong(name, text)
    }

    /// A text that may be absent; what is not a text is an empty one.
    pub fn text_or_none(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|raw| string(raw).unwrap_or_default())
    }

    /// A whole number.
    pub fn number(&mut self, name: &str) -> i64 {
        let number = self.take(name).and_then(|raw| raw.parse().ok());
        self.or_wrong(name, number)
    }

    /// A whole number; 0 in a text that was written before there was one.
    pub fn added(&mut self, name: &str) -> i64 {
        match self.take(name) {
            Some(raw) => self.or_wrong(name, raw.parse().ok()),
            None => 0,
        }
    }

    /// A whole number that is not negative; 0 in a text that was written before there was one.
    pub fn added_count(&mut self, name: &str) -> u32 {
        let number = self.added(name);
        self.or_wrong(name, u32::try_from(number).ok())
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, name: &str) -> u32 {
        let number = self.number(name);
        self.or_wrong(name, u32::try_from(number).ok())
    }

    /// A count that may be absent; what is not a count is 0.
    pub fn count_or_none(&mut self, name: &str) -> Option<u32> {
        let count = |raw: &str| u32::try_from(raw.parse::<i64>().ok()?).ok();
        self.take(name).map(|raw| count(raw).unwrap_or(0))
    }

    /// A time that may be absent.
    pub fn time(&mut self, name: &str) -> Option<Millis> {
        let raw = self.take(name)?;
        let time = string(raw).and_then(|text| Millis::parse_rfc3339(&text));
        self.or_wrong(name, time.map(Some))
    }

    /// A time that must be there.
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

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for item in self.list(name) {
            texts.push(self.or_wrong(name, string(item)));
        }
        texts
    }

    /// A list of texts; none in a text that has no such member.
    pub fn texts_or_none(&mut self, name: &str) -> Vec<String> {
        if self.members.has(name) { self.texts(name) } else { Vec::new() }
    }

    /// An object that may be absent, by what reads its members.
    pub fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let raw = self.take(name)?;
        Some(self.part(raw, read))
    }

    /// A list of objects, by what reads the members of each.
    pub fn objects<T>(&mut self, name: &str, read: impl Fn(&mut Reader) -> T) -> Vec<T> {
        let mut objects = Vec::new();
        for item in self.list(name) {
            objects.push(self.part(item, &read));
        }
        objects
    }

    /// Reads a part, and takes over what was wrong with it.
    fn part<T>(&mut self, raw: &str, read: impl FnOnce(&mut Reader) -> T) -> T {
        let mut inner = Reader::open(raw);
        let value = read(&mut inner);
        if let Err(wrong) = inner.close() {
            self.wrong.get_or_insert(wrong);
        }
        value
    }

    /// A value that is packed into a text.
    pub fn packed<T: Default>(&mut self, name: &str, unpack: fn(&str) -> Option<T>) -> T {
        let packed = self.text(name);
        self.or_wrong(name, unpack(&packed))
    }

    /// The same; its default in a text that was written before there was one.
    pub fn added_packed<T: Default>(&mut self, name: &str, unpack: fn(&str) -> Option<T>) -> T {
        let Some(raw) = self.take(name) else { return T::default() };
        let value = string(raw).and_then(|packed| unpack(&packed));
        self.or_wrong(name, value)
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// The first wrong member or else the first unknown one, whose name may be of any length.
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

//! Reads the parts of a checkpoint member by member; the first that is wrong is remembered by its name.

use crate::budget::bucket::Bucket;
use crate::error::short;
use crate::sync::delivered::Known;
use crate::sync::gap::{Cursor, Gap};
use crate::sync::state::Reduced;
use crate::sync::undated::Undated;
use crate::text::json::{Members, items, string};
use crate::text::time::Millis;

/// A member that is missing, of the wrong type or unknown, by its name.
pub type Wrong = String;

/// Reads members and remembers the first wrong one.
pub struct Reader<'a> {
    members: Members<'a>,
    /// The first wrong one, so far.
    pub wrong: Option<Wrong>,
}

impl<'a> Reader<'a> {
    /// Takes an object apart; what is none has no members and is wrong.
    pub fn open(text: &'a str) -> Self {
        let members = Members::parse(text);
        let wrong = members.is_none().then(|| "no object".to_owned());
        Self { members: members.unwrap_or_default(), wrong }
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

    /// A list of gaps.
    pub fn gaps(&mut self, name: &str) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for item in self.list(name) {
            let mut inner = Reader::open(item);
            gaps.push(read_gap(&mut inner));
            self.also(inner);
        }
        gaps
    }

    /// Takes over what was wrong with a part.
    fn also(&mut self, part: Reader) {
        if let Err(wrong) = part.close() {
            self.wrong.get_or_insert(wrong);
        }
    }

    /// A bucket that may be absent.
    pub fn bucket(&mut self, name: &str) -> Option<Bucket> {
        let mut inner = Reader::open(self.take(name)?);
        let (limit, remaining) = (inner.number("limit"), inner.number("remaining"));
        let (old, small) = (inner.added("old"), inner.added("small") != 0);
        let bucket = Bucket { limit, remaining, resets: inner.needed("resets"), old, small };
        self.also(inner);
        Some(bucket)
    }

    /// The set of known uuids.
    pub fn known(&mut self, name: &str) -> Known {
        let packed = self.text(name);
        self.or_wrong(name, Known::unpack(&packed))
    }

    /// The uuids of events without a readable time; none in a text that was written before there was one.
    pub fn undated(&mut self, name: &str) -> Undated {
        let Some(raw) = self.members.take(name) else { return Undated::default() };
        let undated = string(raw).and_then(|packed| Undated::unpack(&packed));
        self.or_wrong(name, undated)
    }

    /// A page size below the setting; one that is no number cannot be, so it becomes 0 and contradicts the rest.
    pub fn reduced(&mut self) -> Option<Reduced> {
        let raw = self.take("page_size")?;
        let size = raw.parse().ok().and_then(|size: i64| size.try_into().ok());
        Some(Reduced { size: size.unwrap_or(0), good: self.count("good_pages") })
    }

    /// Ends the reading: the first wrong or unknown member, if there is one.
    pub fn close(self) -> Result<(), Wrong> {
        let unknown = || self.members.rest().next().map(|name| short(name, 60));
        self.wrong.clone().or_else(unknown).map_or(Ok(()), Err)
    }
}

fn read_gap(reader: &mut Reader) -> Gap {
    let to = reader.time("to");
    let after = reader.take("after").map(|raw| string(raw).unwrap_or_default());
    Gap {
        floor: reader.needed("floor"),
        reached: reader.needed("reached"),
        cursor: after.map(|after| Cursor { after, to }),
        confirm: reader.number("confirm") != 0,
        barren: reader.count("barren"),
        odd: reader.count("odd"),
    }
}

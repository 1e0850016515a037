//! The same pass with `serde_json`, to compare with: slower, and independent of the scanner.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::{Body, ROWS_MAX, TOO_MANY};
use crate::buildkite::place::{MEMBERS, Place, Seen};
use crate::buildkite::record::{Missing, NOT_AN_OBJECT, NULL, Row};

mod record;

/// Reads an answer.
pub fn read(text: &str) -> Result<Body<'_>, String> {
    let mut body = Body {
        seen: [Seen::Absent; Place::Node as usize + 1],
        errors: None,
        permissions: None,
        page_info: None,
        rows: Vec::new(),
        wrong: None,
    };
    let mut input = serde_json::Deserializer::from_str(text);
    let walk = Walk { place: Place::Answer, body: &mut body };
    let read = walk.deserialize(&mut input).and_then(|()| input.end());
    let place =
        |why: serde_json::Error| format!("invalid at line {}, column {}", why.line(), why.column());
    read.map(|()| body).map_err(place)
}

/// The reader at a place.
struct Walk<'w, 'a> {
    place: Place,
    body: &'w mut Body<'a>,
}

impl<'a> Walk<'_, 'a> {
    fn note(&mut self, seen: Seen) {
        self.body.seen[self.place as usize] = seen;
    }

    /// Sets the row of the current edge. A second node is an event of its own.
    fn set_row(&mut self, row: Result<Row, Missing>) {
        let count = self.body.rows.len();
        match self.body.rows.last_mut() {
            Some(last) if *last == Err(NULL) => *last = row,
            _ if count < ROWS_MAX => self.body.rows.push(row),
            _ => self.wrong(TOO_MANY),
        }
    }

    fn wrong(&mut self, why: &str) {
        self.body.wrong.get_or_insert_with(|| why.to_owned());
    }

    /// Notes a value of another type. The message names the place as it is in the answer.
    fn other(mut self, what: &str) {
        // One unreadable event must not hold up the others.
        match self.place {
            Place::Edge => return self.body.rows.push(Err(NOT_AN_OBJECT)),
            Place::Node => return self.set_row(Err(NOT_AN_OBJECT)),
            _ => {}
        }
        let named = MEMBERS.iter().find(|(_, _, place)| *place == self.place);
        let name = named.map_or("the answer", |(_, name, _)| name);
        self.wrong(&[name, " is ", what].concat());
    }

    /// Reads the members of the object at this place.
    fn members<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let leads =
                |(from, name, _): &&(Place, &str, Place)| *from == self.place && **name == key;
            let Some((_, _, place)) = MEMBERS.iter().find(leads) else {
                map.next_value::<&RawValue>()?;
                continue;
            };
            if self.body.seen(*place) != Seen::Absent && *place != Place::Node {
                self.wrong(&[&key, " appears twice"].concat());
            }
            map.next_value_seed(Walk { place: *place, body: self.body })?;
        }
        Ok(())
    }
}

impl<'a> DeserializeSeed<'a> for Walk<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(mut self, input: D) -> Result<(), D::Error> {
        let kept = match self.place {
            Place::Errors => &mut self.body.errors,
            Place::Permissions => &mut self.body.permissions,
            Place::PageInfo => &mut self.body.page_info,
            _ => return input.deserialize_any(self),
        };
        let raw = <&RawValue>::deserialize(input)?.get();
        *kept = Some(raw).filter(|raw| *raw != "null");
        self.note(Seen::Present);
        Ok(())
    }
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.note(Seen::Null);
        if self.place == Place::Edge {
            self.body.rows.push(Err(NULL));
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.other("true or false");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.other("a number");
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.other("a number");
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.other("a number");
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.other("text");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<(), A::Error> {
        if self.place == Place::Edges {
            self.note(Seen::Present);
            let mut is_there = true;
            while is_there && self.body.rows.len() < ROWS_MAX {
                let edge = Walk { place: Place::Edge, body: self.body };
                is_there = list.next_element_seed(edge)?.is_some();
            }
            if !is_there {
                return Ok(());
            }
            self.wrong(TOO_MANY);
        }
        while list.next_element::<&RawValue>()?.is_some() {}
        self.other("a list"); // Unless a more precise error was noted above.
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(mut self, map: A) -> Result<(), A::Error> {
        self.note(Seen::Present);
        match self.place {
            Place::Edges => {
                self.wrong("edges is an object");
                self.members(map)
            }
            Place::Edge => {
                self.body.rows.push(Err(NULL));
                self.members(map)
            }
            Place::Node => {
                let row = record::read(map)?;
                self.set_row(row);
                Ok(())
            }
            _ => self.members(map),
        }
    }
}

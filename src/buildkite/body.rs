//! The pass over an answer's JSON: a single scan that knows its place in the answer. A value of another shape is noted
//! and skipped, so errors are always errors in the JSON itself.

use crate::buildkite::place::{MEMBERS, Place, Seen};
use crate::buildkite::record::{self, Missing, NOT_AN_OBJECT, NULL, Row};
use crate::text::json::invalid;
use crate::text::scan::cursor::{Cursor, Stop};
use crate::text::scan::line::Line;

/// The contents of an answer.
pub struct Body<'a> {
    seen: [Seen; Place::Node as usize + 1],
    /// The errors, raw. `None` if null or absent, like the next two fields.
    pub errors: Option<&'a str>,
    /// The permissions of the organization, raw.
    pub permissions: Option<&'a str>,
    /// The page info of the events, raw.
    pub page_info: Option<&'a str>,
    /// The events, or the reason why one cannot be delivered.
    pub rows: Vec<Result<Row, Missing>>,
    /// The first value of another shape.
    pub wrong: Option<String>,
}

impl<'a> Body<'a> {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// Returns a description of where it is not JSON.
    pub fn read(text: &'a str) -> Result<Self, String> {
        let mut body = Self {
            seen: [Seen::Absent; Place::Node as usize + 1],
            errors: None,
            permissions: None,
            page_info: None,
            rows: Vec::new(),
            wrong: None,
        };
        let mut walk = Walk { input: Cursor::new(text), body: &mut body, buffer: String::new() };
        walk.whole().map_err(|stop| invalid(stop.line_and_column(text)))?;
        Ok(body)
    }

    /// Returns whether the query was executed, judging by its data.
    pub fn has_data(&self) -> bool {
        let places = [Place::Data, Place::Organization];
        places.into_iter().any(|place| self.seen(place) == Seen::Present)
    }

    /// Returns what was found at a place.
    pub fn seen(&self, place: Place) -> Seen {
        self.seen[place as usize]
    }
}

/// Maximum number of events in one answer: twice the largest page. This bounds memory.
const ROWS_MAX: usize = 1_000;
/// The error for more events than that.
const TOO_MANY: &str = "edges has far more events than requested";

/// The scan. Its methods take the value at a place.
struct Walk<'w, 'a> {
    input: Cursor<'a>,
    body: &'w mut Body<'a>,
    /// Memory to reuse.
    buffer: String,
}

impl Walk<'_, '_> {
    fn whole(&mut self) -> Result<(), Stop> {
        self.value(Place::Answer)?;
        self.input.end(&mut Line::nowhere())
    }

    /// Takes the value at this place. The depth is that of the places.
    fn value(&mut self, place: Place) -> Result<(), Stop> {
        let first = self.input.token(&mut Line::nowhere());
        if let Place::Errors | Place::Permissions | Place::PageInfo = place {
            return self.raw(place);
        }
        match first {
            Some(b'{') => self.object(place),
            Some(b'[') => self.list(place),
            Some(b'n') => {
                self.input.unused_scalar()?;
                self.note(place, Seen::Null);
                if place == Place::Edge {
                    self.body.rows.push(Err(NULL));
                }
                Ok(())
            }
            first => {
                self.input.unused_scalar()?;
                self.other(
                    place,
                    match first {
                        Some(b'"') => "text",
                        Some(b't' | b'f') => "true or false",
                        _ => "a number",
                    },
                );
                Ok(())
            }
        }
    }

    /// Keeps a value raw.
    fn raw(&mut self, place: Place) -> Result<(), Stop> {
        let start = self.input.at;
        self.input.value(&mut Line::nowhere())?;
        let raw = Some(self.input.since(start)).filter(|raw| *raw != "null");
        match place {
            Place::Errors => self.body.errors = raw,
            Place::Permissions => self.body.permissions = raw,
            _ => self.body.page_info = raw,
        }
        self.note(place, Seen::Present);
        Ok(())
    }

    fn object(&mut self, place: Place) -> Result<(), Stop> {
        self.input.at += 1;
        self.note(place, Seen::Present);
        match place {
            Place::Edges => self.wrong("edges is an object"),
            Place::Edge => self.body.rows.push(Err(NULL)),
            Place::Node => {
                let row = record::read(&mut self.input, &mut self.buffer)?;
                self.set_row(row);
                return Ok(());
            }
            _ => {}
        }
        self.members(place)
    }

    /// Takes the members of the object at this place.
    fn members(&mut self, from: Place) -> Result<(), Stop> {
        let mut is_first = true;
        while let Some(key) = self.input.next_name(is_first, &mut Line::nowhere())? {
            is_first = false;
            self.input.colon(&mut Line::nowhere())?;
            let leads = |(place, name, _): &&(Place, &str, Place)| *place == from && **name == *key;
            let Some((_, _, place)) = MEMBERS.iter().find(leads) else {
                self.input.value(&mut Line::nowhere())?;
                continue;
            };
            if self.body.seen(*place) != Seen::Absent && *place != Place::Node {
                self.wrong(&[&key, " appears twice"].concat());
            }
            self.value(*place)?;
        }
        Ok(())
    }

    fn list(&mut self, place: Place) -> Result<(), Stop> {
        self.input.at += 1;
        if place == Place::Edges {
            self.note(place, Seen::Present);
        }
        let mut is_first = true;
        while self.input.next_item(is_first, &mut Line::nowhere())? {
            is_first = false;
            if place == Place::Edges && self.body.rows.len() < ROWS_MAX {
                self.value(Place::Edge)?;
            } else {
                self.input.value(&mut Line::nowhere())?;
            }
        }
        if place != Place::Edges {
            self.other(place, "a list");
        } else if self.body.rows.len() >= ROWS_MAX {
            self.wrong(TOO_MANY);
        }
        Ok(())
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

    /// Notes a value of another type. The message names the place as it is in the answer.
    fn other(&mut self, place: Place, what: &str) {
        // One unreadable event must not hold up the others.
        match place {
            Place::Edge => return self.body.rows.push(Err(NOT_AN_OBJECT)),
            Place::Node => return self.set_row(Err(NOT_AN_OBJECT)),
            _ => {}
        }
        let named = MEMBERS.iter().find(|(_, _, named)| *named == place);
        let name = named.map_or("the answer", |(_, name, _)| name);
        self.wrong(&[name, " is ", what].concat());
    }

    fn wrong(&mut self, why: &str) {
        self.body.wrong.get_or_insert_with(|| why.to_owned());
    }

    fn note(&mut self, place: Place, seen: Seen) {
        self.body.seen[place as usize] = seen;
    }
}

#[cfg(test)]
mod tests;

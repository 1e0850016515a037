//! One audit event, split into the parts that have a meaning of their own.

use std::net::IpAddr;

use source_text::fields::Fields;
use source_text::object::Object;
use source_text::scan::cursor::Cursor;
use source_text::scan::line::Line;

/// What is left of an event. A schema takes what it has a place for, and writes the rest as one object of the same shape.
#[derive(Debug, Default)]
pub struct Event<'a> {
    /// The fields of the event, except the following.
    pub top: Fields<'a>,
    /// Who did it.
    pub actor: Fields<'a>,
    /// What it was done to.
    pub subject: Fields<'a>,
    /// Where it came from.
    pub context: Fields<'a>,
}

impl<'a> Event<'a> {
    /// Splits the payload of an event, in one pass, in place of the event before. Returns `false` if it is not a JSON
    /// object.
    pub fn read(&mut self, payload: &'a str) -> bool {
        let Self { top, actor, subject, context } = self;
        let mut input = Cursor::new(payload);
        let parts = &mut [("actor", actor), ("subject", subject), ("context", context)];
        top.read(&mut input, parts).and_then(|()| input.end(&mut Line::nowhere())).is_ok()
    }

    /// Takes the address that the request came from: that of the request itself, or else that of the agent's session.
    /// Leaves what is not an IP address: a SIEM would refuse the whole event.
    pub fn take_address(&mut self) -> Option<&'a str> {
        let is_address = |name: &&str| {
            self.context.plain(name).is_some_and(|text| text.parse::<IpAddr>().is_ok())
        };
        let name = ["requestIpAddress", "sessionIpAddress"].into_iter().find(is_address)?;
        self.context.take(name)
    }

    /// Writes what is left as one member, unless everything was taken.
    pub fn write(&self, name: &str, object: &mut Object) {
        let parts =
            [("actor", &self.actor), ("subject", &self.subject), ("context", &self.context)];
        if self.top.is_empty() && parts.iter().all(|(_, part)| part.is_empty()) {
            return;
        }
        object.object(name, |rest| {
            self.top.write(rest);
            for (name, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
                rest.object(name, |inner| part.write(inner));
            }
        });
    }
}

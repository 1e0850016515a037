//! One audit event, split into the parts that have a meaning of their own.

use std::net::IpAddr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use json_members::{Members, Text};

/// What is left of an event. A schema takes what it has a place for, and writes the rest as one object of the same shape.
#[derive(Debug, Default)]
pub struct Event<'a> {
    /// The members of the event, except the following.
    pub top: Members<'a>,
    /// Who did it.
    pub actor: Members<'a>,
    /// What it was done to.
    pub subject: Members<'a>,
    /// Where it came from.
    pub context: Members<'a>,
    /// Whether the payload is not a JSON object. It is then the only member.
    pub is_opaque: bool,
}

impl<'a> Event<'a> {
    /// Splits the payload of an event. Returns `None` if it is not a JSON object.
    pub fn parse(payload: &'a str) -> Option<Self> {
        let mut top = Members::parse(payload)?;
        let mut part = |name| top.take_object(name).unwrap_or_default();
        let (actor, subject, context) = (part("actor"), part("subject"), part("context"));
        Some(Self { top, actor, subject, context, is_opaque: false })
    }

    /// Returns an event that is not a JSON object.
    pub fn opaque(payload: &'a RawValue) -> Self {
        Self { top: Members::one("payload", payload), is_opaque: true, ..Self::default() }
    }

    /// Takes the address that the request came from: that of the request itself, or else that of the agent's session.
    /// Leaves what is not an IP address: a SIEM would refuse the whole event.
    pub fn take_address(&mut self) -> Option<Text<'a>> {
        let is_address = |name: &&str| {
            self.context.plain(name).is_some_and(|text| text.parse::<IpAddr>().is_ok())
        };
        let name = ["requestIpAddress", "sessionIpAddress"].into_iter().find(is_address)?;
        self.context.take_text(name)
    }

    /// Returns whether everything was taken.
    pub fn is_empty(&self) -> bool {
        let Self { top, actor, subject, context, is_opaque: _ } = self;
        [top, actor, subject, context].into_iter().all(Members::is_empty)
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.top.write(&mut map)?;
        let Self { actor, subject, context, .. } = self;
        for (name, part) in [("actor", actor), ("subject", subject), ("context", context)] {
            if !part.is_empty() {
                map.serialize_entry(name, part)?;
            }
        }
        map.end()
    }
}

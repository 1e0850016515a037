//! One event as GraphQL objects.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo, ResolvedValue};

use crate::data::data;
use crate::event::{Context, Event, Party, graphql_id};
use crate::key::Key;
use crate::resolved::{Resolved, nullable};
use crate::synth::Synth;

/// `AuditEvent`.
pub(crate) struct EventNode<'w> {
    synth: &'w Synth,
    event: Event,
}

/// `AuditActor` or `AuditSubject`, which have the same fields.
struct PartyNode<'e> {
    type_name: &'static str,
    party: &'e Party,
}

struct ContextNode<'e>(&'e Context);

impl<'w> EventNode<'w> {
    pub fn new(synth: &'w Synth, key: Key) -> Self {
        Self { synth, event: Event::new(synth, key.index(), key.time_us) }
    }
}

impl ObjectValue for EventNode<'_> {
    fn type_name(&self) -> &str {
        "AuditEvent"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let event = &self.event;
        let party = |type_name, party: &'a Option<Party>| {
            ResolvedValue::nullable_object(
                party.as_ref().map(|party| PartyNode { type_name, party }),
            )
        };
        match info.field_name() {
            "id" => Ok(ResolvedValue::leaf(graphql_id("AuditEvent", event.uuid))),
            "uuid" => Ok(ResolvedValue::leaf(event.uuid.to_string())),
            "type" => Ok(ResolvedValue::leaf(event.kind)),
            "occurredAt" => Ok(ResolvedValue::leaf(event.occurred_at.as_str())),
            "data" => Ok(nullable(data(self.synth, event.index))),
            "actor" => Ok(party("AuditActor", &event.actor)),
            "subject" => Ok(party("AuditSubject", &event.subject)),
            "context" => {
                Ok(ResolvedValue::nullable_object(event.context.as_ref().map(ContextNode)))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for PartyNode<'_> {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "id" => Ok(ResolvedValue::leaf(self.party.id.as_str())),
            "uuid" => Ok(ResolvedValue::leaf(self.party.uuid.to_string())),
            "name" => Ok(nullable(self.party.name)),
            "type" => Ok(nullable(self.party.shown_type)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for ContextNode<'_> {
    fn type_name(&self) -> &str {
        self.0.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let wanted = info.field_name();
        match self.0.fields.iter().find(|(name, _)| *name == wanted) {
            Some((_, value)) => Ok(nullable(value.as_deref())),
            None => Err(self.unknown_field_error(info)),
        }
    }
}

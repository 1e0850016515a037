//! The objects above the list of events: the root, the organization, its permissions.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::JsonValue;
use uuid::Uuid;

use crate::connection::Connection;
use crate::event::{graphql_id, organization_uuid};
use crate::filter::Ask;
use crate::node::EventNode;
use crate::options::Denied;
use crate::resolved::{Resolved, nullable};
use crate::world::World;

/// `Query`.
pub(crate) struct Root<'w> {
    pub world: &'w World,
}

struct Organization<'w> {
    world: &'w World,
}

struct Permissions<'w> {
    denied: Option<&'w Denied>,
}

struct Permission<'w> {
    denied: Option<&'w Denied>,
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &str {
        "Query"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "organization" => Ok(ResolvedValue::nullable_object(self.organization(info))),
            "auditEvent" => Ok(ResolvedValue::nullable_object(self.event(info))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl Root<'_> {
    fn organization(&self, info: &ResolveInfo<'_>) -> Option<Organization<'_>> {
        let world = self.world;
        let slug = argument(info, "slug");
        let uuid = argument(info, "uuid");
        // Without slug and UUID there is no organization; with both, both must match.
        let found = (slug.is_some() || uuid.is_some())
            && slug.is_none_or(|slug| slug == world.options.slug)
            && uuid.is_none_or(|uuid| uuid == organization_uuid(&world.synth).to_string());
        found.then_some(Organization { world })
    }

    fn event(&self, info: &ResolveInfo<'_>) -> Option<EventNode<'_>> {
        if self.world.options.denied.is_some() {
            return None;
        }
        let uuid = Uuid::parse_str(argument(info, "uuid")?).ok()?;
        let key = self.world.store().find(uuid)?;
        Some(EventNode::new(&self.world.synth, key))
    }
}

impl ObjectValue for Organization<'_> {
    fn type_name(&self) -> &str {
        "Organization"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let options = &self.world.options;
        let uuid = || organization_uuid(&self.world.synth);
        match info.field_name() {
            "id" => Ok(ResolvedValue::leaf(graphql_id("Organization", uuid()))),
            "uuid" => Ok(ResolvedValue::leaf(uuid().to_string())),
            "slug" => Ok(ResolvedValue::leaf(options.slug.as_str())),
            "name" => Ok(ResolvedValue::leaf("Example Organization")),
            "permissions" => {
                Ok(ResolvedValue::object(Permissions { denied: options.denied.as_ref() }))
            }
            // Assumed to be null without an error. This is undocumented; a connector has to cope with either.
            "auditEvents" if options.denied.is_some() => Ok(ResolvedValue::null()),
            "auditEvents" => {
                let ask = Ask::read(info.arguments(), options.quirks)
                    .map_err(|message| FieldError { message })?;
                Ok(ResolvedValue::object(Connection::new(self.world, ask)))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Permissions<'_> {
    fn type_name(&self) -> &str {
        "OrganizationPermissions"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "auditEventsView" => Ok(ResolvedValue::object(Permission { denied: self.denied })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Permission<'_> {
    fn type_name(&self) -> &str {
        "Permission"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "allowed" => Ok(ResolvedValue::leaf(self.denied.is_none())),
            "code" => Ok(nullable(self.denied.map(|denied| denied.code.as_str()))),
            "message" => Ok(nullable(self.denied.map(|denied| denied.message.as_str()))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

fn argument<'a>(info: &'a ResolveInfo<'_>, name: &str) -> Option<&'a str> {
    info.arguments().get(name).and_then(JsonValue::as_str)
}

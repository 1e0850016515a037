//! An event as OCSF: one of the classes Entity Management, Group Management, and Account Change or, since 1.9, User
//! Management. Names and numbers are those of <https://schema.ocsf.io>.

mod party;
mod rule;

use serde::Serialize;

use self::party::{Account, Actor, Entity, Group};
use self::rule::Rule;
use crate::event::Event;
use crate::input::Input;
use crate::output::to_text;
use crate::settings::Version;
use crate::table::Class;
use json_members::Text;

/// The severity of every event: informational. How serious an event is depends on the organization.
const INFORMATIONAL: u8 = 1;

/// The status of every event: success. Buildkite lists what was done, not what was tried.
const SUCCESS: u8 = 1;

#[derive(Serialize)]
struct Record<'a> {
    class_uid: u16,
    class_name: &'static str,
    category_uid: u16,
    category_name: &'static str,
    activity_id: u8,
    activity_name: &'a str,
    type_uid: u32,
    severity_id: u8,
    status_id: u8,
    time: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Actor::is_empty")]
    actor: Actor<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<Entity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Group<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_endpoint: Option<Endpoint<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_request: Option<HttpRequest<'a>>,
    #[serde(skip_serializing_if = "Event::is_empty")]
    unmapped: Event<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    version: &'static str,
    product: Product,
    /// Identity of the OCSF event, by which receivers drop repeats.
    uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_event_uid: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_code: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_time: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_uid: Option<&'a str>,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    ip: Text<'a>,
}

#[derive(Serialize)]
struct HttpRequest<'a> {
    user_agent: Text<'a>,
}

/// Writes an event as OCSF.
///
/// # Errors
///
/// Returns the error of the serializer, which does not fail on these types.
pub fn write<'a>(
    input: &Input<'a>,
    mut event: Event<'a>,
    org_slug: Option<&'a str>,
    version: Version,
) -> serde_json::Result<String> {
    let rule = match event.is_opaque || input.kind.is_empty() {
        true => Rule::BASE,
        false => Rule::of(input.kind, version.number),
    };
    let Event { top, subject, .. } = &mut event;
    let metadata = Metadata {
        version: version.text,
        product: Product { name: "Buildkite", vendor_name: "Buildkite" },
        uid: input.id,
        original_event_uid: top.take_text("uuid"),
        event_code: top.take_text("type"),
        original_time: top.take_text("occurredAt"),
        tenant_uid: org_slug,
    };
    let entity = (rule.class == Some(Class::Entity)).then(|| Entity::take(subject, top));
    let group = (rule.class == Some(Class::Group)).then(|| Group::take(subject));
    let user = (rule.class == Some(Class::User)).then(|| Account::take(subject));
    let actor = Actor::take(&mut event);
    let user_agent = event.context.take_text("requestUserAgent");
    let record = Record {
        class_uid: rule.class_uid,
        class_name: rule.class_name,
        category_uid: rule.class_uid / 1_000,
        category_name: rule.category_name(),
        activity_id: rule.activity_id,
        activity_name: rule.activity_name.unwrap_or(input.kind),
        type_uid: u32::from(rule.class_uid) * 100 + u32::from(rule.activity_id),
        severity_id: INFORMATIONAL,
        status_id: SUCCESS,
        time: input.time,
        message: input.kind,
        metadata,
        actor,
        entity,
        group,
        user,
        src_endpoint: event.take_address().map(|ip| Endpoint { ip }),
        http_request: user_agent.map(|user_agent| HttpRequest { user_agent }),
        unmapped: event,
    };
    to_text(&record, input.payload.len())
}

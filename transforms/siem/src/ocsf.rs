//! An event as OCSF: one of the classes Entity Management, Group Management, and Account Change or, since 1.9, User
//! Management. Names and numbers are those of <https://schema.ocsf.io>.

mod party;
mod rule;

use source_text::object::Object;

use self::party::{account, actor, entity, named};
use self::rule::Rule;
use crate::event::Event;
use crate::input::{Input, Time, line};
use crate::table::Class;

/// The severity of every event: informational. How serious an event is depends on the organization.
const INFORMATIONAL: i64 = 1;

/// The status of every event: success. Buildkite lists what was done, not what was tried.
const SUCCESS: i64 = 1;

/// What the events of a type begin with.
#[derive(Debug)]
pub struct Prefix {
    class: Option<Class>,
    /// An object that was begun, up to the open object `metadata`.
    text: String,
}

impl Prefix {
    /// Returns the prefix for a type. That of an empty type is a base event's.
    pub fn new(kind: &str, org_slug: Option<&str>, version: &str) -> Self {
        let rule = Rule::of(kind, version);
        let (class, activity) = (i64::from(rule.class_uid), i64::from(rule.activity_id));
        let mut text = String::new();
        let mut record = Object::open(&mut text);
        record.number("class_uid", class);
        record.plain("class_name", rule.class_name);
        record.number("category_uid", class / 1_000);
        record.plain("category_name", rule.category_name());
        record.number("activity_id", activity);
        line(&mut record, "activity_name", rule.activity_name.unwrap_or(kind));
        record.number("type_uid", class * 100 + activity);
        record.number("severity_id", INFORMATIONAL);
        record.number("status_id", SUCCESS);
        if !kind.is_empty() {
            line(&mut record, "message", kind);
        }
        let mut metadata = Object::open(record.member("metadata"));
        metadata.plain("version", version);
        metadata.object("product", |product| {
            product.plain("name", "Buildkite");
            product.plain("vendor_name", "Buildkite");
        });
        if !kind.is_empty() {
            line(&mut metadata, "event_code", kind);
        }
        if let Some(slug) = org_slug {
            line(&mut metadata, "tenant_uid", slug);
        }
        Self { class: rule.class, text }
    }
}

/// Writes an event as OCSF. `input` has the type that the prefix was made for; `time` is when it happened.
pub fn write(out: &mut String, input: &Input, time: Time, event: &mut Event, prefix: &Prefix) {
    out.push_str(&prefix.text);
    let mut metadata = Object::within(out);
    // The identity of the OCSF event, by which receivers drop repeats.
    line(&mut metadata, "uid", input.id);
    metadata.maybe("original_event_uid", event.top.take_string("uuid"));
    metadata.maybe("original_time", event.top.take_string("occurredAt"));
    metadata.close();
    if !input.kind.is_empty() {
        event.top.drop_plain("type", input.kind);
    }

    let mut record = Object::within(out);
    record.number("time", time.ms);
    // A base event has no attributes for the rest.
    if let Some(class) = prefix.class {
        parties(&mut record, event, class);
    }
    event.write("unmapped", &mut record);
    record.close();
}

/// Writes who did what to whom, and from where.
fn parties(record: &mut Object, event: &mut Event, class: Class) {
    actor(record, event);
    let Event { top, subject, .. } = event;
    match class {
        Class::Entity => record.object("entity", |object| entity(object, subject, top)),
        Class::Group => record.object("group", |object| named(object, subject)),
        Class::User => record.object("user", |object| account(object, subject)),
    }
    if let Some(ip) = event.take_address() {
        record.object("src_endpoint", |endpoint| endpoint.raw("ip", ip));
    }
    if let Some(user_agent) = event.context.take_string("requestUserAgent") {
        record.object("http_request", |request| request.raw("user_agent", user_agent));
    }
}

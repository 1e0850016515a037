//! An event as ECS. Names, categories and types are those of
//! <https://www.elastic.co/docs/reference/ecs/ecs-field-reference>. What ECS has no field for is in `buildkite.audit`.

mod categorization;

use std::borrow::Cow;

use source_text::fields::Fields;
use source_text::object::{Object, push_string};
use source_text::time::Millis;

use crate::event::Event;
use crate::input::{Input, Time, line};
use crate::table::{Class, meaning};

/// What the events of a type begin with.
#[derive(Debug)]
pub struct Prefix {
    class: Class,
    /// An object that was begun, up to the open object `event`.
    text: String,
}

impl Prefix {
    /// Returns the prefix for a type.
    pub fn new(kind: &str, version: &str) -> Self {
        let meaning = meaning(kind);
        let mut text = String::new();
        let mut record = Object::open(&mut text);
        record.object("ecs", |ecs| ecs.plain("version", version));
        let mut event = Object::open(record.member("event"));
        event.plain("kind", "event");
        event.plain("module", "buildkite");
        event.plain("dataset", "buildkite.audit");
        event.plain("provider", "buildkite");
        if !kind.is_empty() {
            line(&mut event, "action", kind);
        }
        let push = |out: &mut String, word: &&str| push_string(out, word);
        let category = categorization::category(kind, meaning.0);
        event.list("category", &[category], push);
        event.list("type", categorization::types(category, meaning), push);
        event.plain("outcome", "success");
        Self { class: meaning.0, text }
    }
}

/// Writes an event as ECS. `input` has the type that the prefix was made for.
pub fn write<'a>(
    out: &mut String,
    input: &Input<'a>,
    time: Time,
    event: &mut Event<'a>,
    prefix: &Prefix,
    org_slug: Option<&str>,
) {
    out.push_str(&prefix.text);
    let mut what = Object::within(out);
    // The identity of the event, by which receivers drop repeats.
    line(&mut what, "id", input.id);
    what.close();
    let mut record = Object::within(out);
    let timestamp = timestamp(input, time);
    record.plain("@timestamp", &timestamp);
    if !input.kind.is_empty() {
        event.top.drop_plain("type", input.kind);
    }
    event.top.drop_plain("uuid", input.id);
    event.top.drop_plain("occurredAt", &timestamp);

    let actor = Identity::take(&mut event.actor);
    let subject = match prefix.class {
        Class::Entity => Identity::default(),
        Class::Group | Class::User => Identity::take(&mut event.subject),
    };
    let (target, group) = match prefix.class {
        Class::User => (subject, Identity::default()),
        _ => (Identity::default(), subject),
    };
    if !actor.is_empty() || !target.is_empty() {
        record.object("user", |user| {
            actor.write(user);
            target.write_as("target", user);
        });
    }
    group.write_as("group", &mut record);
    let ip = event.take_address();
    if let Some(ip) = ip {
        record.object("source", |source| source.raw("ip", ip));
    }
    if let Some(user_agent) = event.context.take_string("requestUserAgent") {
        record.object("user_agent", |object| object.raw("original", user_agent));
    }
    organization(&mut record, event.context.take_string("organizationUuid"), org_slug);
    related(&mut record, [actor.id, actor.name, target.id, target.name], ip);
    record.object("buildkite", |own| event.write("audit", own));
    record.close();
}

/// Returns the time in a form that Elasticsearch reads. It reads fewer forms than RFC 3339 allows.
fn timestamp<'a>(input: &Input<'a>, time: Time) -> Cow<'a, str> {
    let text = input.occurred_at;
    // No leap second, and at most nine digits of a second.
    let is_short = text.len() <= "2026-01-01T00:00:00.000000000Z".len();
    let is_readable = is_short
        && text.as_bytes().get(10) == Some(&b'T')
        && text.ends_with('Z')
        && text.get(17..19) != Some("60");
    match is_readable && time.is_own {
        true => Cow::Borrowed(text),
        false => Cow::Owned(Millis::new(time.ms).to_string()),
    }
}

/// Whom an event names, as raw JSON.
#[derive(Debug, Clone, Copy, Default)]
struct Identity<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Identity<'a> {
    fn take(party: &mut Fields<'a>) -> Self {
        Self { id: party.take_string("uuid"), name: party.take_string("name") }
    }

    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }

    fn write(&self, object: &mut Object) {
        object.maybe("id", self.id);
        object.maybe("name", self.name);
    }

    fn write_as(&self, name: &str, object: &mut Object) {
        if !self.is_empty() {
            object.object(name, |inner| self.write(inner));
        }
    }
}

fn organization(record: &mut Object, id: Option<&str>, slug: Option<&str>) {
    if id.is_none() && slug.is_none() {
        return;
    }
    record.object("organization", |object| {
        object.maybe("id", id);
        if let Some(slug) = slug {
            line(object, "name", slug);
        }
    });
}

/// Writes everything to search for at once.
fn related(record: &mut Object, users: [Option<&str>; 4], ip: Option<&str>) {
    if users.iter().all(Option::is_none) && ip.is_none() {
        return;
    }
    let push = |out: &mut String, json: &&str| out.push_str(json);
    record.object("related", |object| {
        let mut all = [""; 4];
        let mut count = 0;
        for user in users.into_iter().flatten() {
            all[count] = user;
            count += 1;
        }
        if count > 0 {
            object.list("user", &all[..count], push);
        }
        if let Some(ip) = ip {
            object.list("ip", &[ip], push);
        }
    });
}

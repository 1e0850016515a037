//! An event as ECS. Names, categories and types are those of
//! <https://www.elastic.co/docs/reference/ecs/ecs-field-reference>. What ECS has no field for is in `buildkite.audit`.

mod words;

use std::borrow::Cow;

use serde::Serialize;

use crate::event::Event;
use crate::input::Input;
use crate::output::to_text;
use crate::settings::Version;
use crate::table::{Class, meaning};
use crate::time;
use json_members::{Members, Text};

#[derive(Serialize)]
struct Record<'a> {
    #[serde(rename = "@timestamp")]
    timestamp: Cow<'a, str>,
    ecs: Ecs,
    event: Kind<'a>,
    #[serde(skip_serializing_if = "User::is_empty")]
    user: User<'a>,
    #[serde(skip_serializing_if = "Identity::is_empty")]
    group: Identity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<UserAgent<'a>>,
    #[serde(skip_serializing_if = "Organization::is_empty")]
    organization: Organization<'a>,
    #[serde(skip_serializing_if = "Related::is_empty")]
    related: Related<'a>,
    #[serde(skip_serializing_if = "Own::is_empty")]
    buildkite: Own<'a>,
}

#[derive(Serialize)]
struct Ecs {
    version: &'static str,
}

/// What happened: the field set `event`.
#[derive(Serialize)]
struct Kind<'a> {
    kind: &'static str,
    module: &'static str,
    dataset: &'static str,
    provider: &'static str,
    /// Identity of the event, by which receivers drop repeats.
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Text<'a>>,
    category: [&'static str; 1],
    #[serde(rename = "type")]
    types: &'static [&'static str],
    outcome: &'static str,
}

#[derive(Serialize, Default)]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
}

/// Who did it and, if it was done to an account, to whom.
#[derive(Serialize)]
struct User<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Identity::is_empty")]
    target: Identity<'a>,
}

#[derive(Serialize)]
struct Source<'a> {
    ip: Text<'a>,
}

#[derive(Serialize)]
struct UserAgent<'a> {
    original: Text<'a>,
}

#[derive(Serialize)]
struct Organization<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

/// Everything to search for at once.
#[derive(Serialize)]
struct Related<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip: Vec<Text<'a>>,
}

#[derive(Serialize)]
struct Own<'a> {
    audit: Event<'a>,
}

impl<'a> Identity<'a> {
    fn take(party: &mut Members<'a>) -> Self {
        Self { id: party.take_text("uuid"), name: party.take_text("name") }
    }

    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

impl User<'_> {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none() && self.target.is_empty()
    }
}

impl Organization<'_> {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

impl Related<'_> {
    fn is_empty(&self) -> bool {
        self.user.is_empty() && self.ip.is_empty()
    }
}

impl Own<'_> {
    fn is_empty(&self) -> bool {
        self.audit.is_empty()
    }
}

/// Writes an event as ECS.
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
    let (class, activity) = meaning(input.kind);
    let Event { top, actor, subject, context, .. } = &mut event;
    top.drop_text("uuid", input.id);
    let timestamp = timestamp(input);
    top.drop_text("occurredAt", &timestamp);
    let action = top.take_text("type");
    let Identity { id, name } = Identity::take(actor);
    let (mut target, mut group) = (Identity::default(), Identity::default());
    match class {
        Class::Entity => {}
        Class::Group => group = Identity::take(subject),
        Class::User => target = Identity::take(subject),
    }
    let users = [id, name, target.id, target.name];
    let organization = Organization { id: context.take_text("organizationUuid"), name: org_slug };
    let user_agent = context.take_text("requestUserAgent");
    let ip = event.take_address();
    let record = Record {
        timestamp,
        ecs: Ecs { version: version.text },
        event: Kind {
            kind: "event",
            module: "buildkite",
            dataset: "buildkite.audit",
            provider: "buildkite",
            id: input.id,
            action,
            category: [words::category(input.kind)],
            types: words::types(class, activity),
            outcome: "success",
        },
        related: Related {
            user: users.into_iter().flatten().collect(),
            ip: ip.into_iter().collect(),
        },
        user: User { id, name, target },
        group,
        source: ip.map(|ip| Source { ip }),
        user_agent: user_agent.map(|original| UserAgent { original }),
        organization,
        buildkite: Own { audit: event },
    };
    to_text(&record, input.payload.len())
}

/// Returns the time in a form that Elasticsearch reads. It reads fewer forms than RFC 3339 allows.
fn timestamp<'a>(input: &Input<'a>) -> Cow<'a, str> {
    let text = input.occurred_at;
    let is_readable = text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
    match is_readable && time::millis(text) == Some(input.time) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(time::text(input.time)),
    }
}

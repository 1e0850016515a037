//! Who acted, and on what, as OCSF objects. Each takes its fields from the event. An object that must have a name or a
//! uid, and has neither, is named "Unknown".

use serde::Serialize;
use serde_json::value::RawValue;

use crate::event::Event;
use crate::time::millis;
use json_members::{Members, Text};

/// A name that was received, or one that stands for it.
#[derive(Serialize)]
#[serde(untagged)]
enum Name<'a> {
    Received(Text<'a>),
    Unknown(&'static str),
}

/// Takes uid and name. At least one of them is returned.
fn identity<'a>(party: &mut Members<'a>) -> (Option<Text<'a>>, Option<Name<'a>>) {
    let (uid, name) = (party.take_text("uuid"), party.take_text("name").map(Name::Received));
    let unknown = || Name::Unknown("Unknown");
    let name = if uid.is_none() { Some(name.unwrap_or_else(unknown)) } else { name };
    (uid, name)
}

/// What an event of Entity Management is about.
#[derive(Serialize)]
pub struct Entity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name<'a>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

impl<'a> Entity<'a> {
    /// Takes the subject, and `data` if it is an object.
    pub fn take(subject: &mut Members<'a>, top: &mut Members<'a>) -> Self {
        let is_object = |data: &RawValue| data.get().starts_with('{');
        let data = if top.get("data").is_some_and(is_object) { top.remove("data") } else { None };
        let (uid, name) = identity(subject);
        Self { uid, name, kind: subject.take_text("type"), data }
    }
}

/// The team that an event is about. For a membership, Buildkite names the membership; `type` says so.
#[derive(Serialize)]
pub struct Group<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name<'a>>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Text<'a>>,
}

impl<'a> Group<'a> {
    /// Takes the subject.
    pub fn take(subject: &mut Members<'a>) -> Self {
        let (uid, name) = identity(subject);
        Self { uid, name, kind: subject.take_text("type") }
    }
}

/// An account. Its type is a number, and a text only if OCSF has no number for it.
#[derive(Serialize)]
pub struct Account<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name<'a>>,
    type_id: u8,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Text<'a>>,
}

impl<'a> Account<'a> {
    /// Takes an account, whatever is known of it.
    pub fn take(party: &mut Members<'a>) -> Self {
        let (type_id, kind) = match party.plain("type") {
            Some("USER") => (1, None),
            Some("AGENT") => (4, None),
            _ => match party.take_text("type") {
                Some(kind) => (99, Some(kind)),
                None => (0, None),
            },
        };
        let (uid, name) = identity(party);
        Self { uid, name, type_id, kind }
    }
}

/// Who acted.
#[derive(Serialize)]
pub struct Actor<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Account<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_uid: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Session<'a>>,
}

#[derive(Serialize)]
struct Session<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    created_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_uid: Option<Text<'a>>,
}

impl<'a> Actor<'a> {
    /// Takes the actor, and the session that it acted in. An application is not an account.
    pub fn take(event: &mut Event<'a>) -> Self {
        let Event { actor, context, .. } = event;
        let is_application = actor.plain("type") == Some("API_APPLICATION");
        let (app_uid, app_name) = match is_application {
            true => (actor.take_text("uuid"), actor.take_text("name")),
            false => (None, None),
        };
        let is_account =
            !is_application && (actor.text("uuid").is_some() || actor.text("name").is_some());
        // The text stays too, since it may be finer than a millisecond.
        let created_time = context.plain("sessionCreatedAt").and_then(millis);
        let credential_uid = context.take_text("requestApiAccessTokenUuid");
        let session = (created_time.is_some() || credential_uid.is_some())
            .then_some(Session { created_time, credential_uid });
        let user = is_account.then(|| Account::take(actor));
        Self { user, app_uid, app_name, session }
    }

    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        let Self { user, app_uid, app_name, session } = self;
        user.is_none() && app_uid.is_none() && app_name.is_none() && session.is_none()
    }
}

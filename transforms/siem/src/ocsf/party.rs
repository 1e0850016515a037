//! Who acted, and on what, as OCSF objects. Each function takes its fields from the event.

use source_text::fields::Fields;
use source_text::object::Object;
use source_text::time::Millis;

use crate::event::Event;

/// Writes uid and name. An object must have one of them, so one that has neither is named "Unknown".
fn identity(object: &mut Object, party: &mut Fields) {
    let (uid, name) = (party.take_string("uuid"), party.take_string("name"));
    object.maybe("uid", uid);
    match name {
        Some(name) => object.raw("name", name),
        None if uid.is_none() => object.plain("name", "Unknown"),
        None => {}
    }
}

/// Writes a subject: uid, name and type. For the membership of a team, they are the membership's; `type` says so.
pub fn named(object: &mut Object, subject: &mut Fields) {
    identity(object, subject);
    object.maybe("type", subject.take_string("type"));
}

/// Writes what an event of Entity Management is about: the subject, and `data` if it is an object.
pub fn entity(object: &mut Object, subject: &mut Fields, top: &mut Fields) {
    named(object, subject);
    if top.get("data").is_some_and(|data| data.starts_with('{')) {
        object.maybe("data", top.take("data"));
    }
}

/// Writes an account. Its type is a number, and a text only if OCSF has no number for it.
pub fn account(object: &mut Object, party: &mut Fields) {
    identity(object, party);
    match party.plain("type") {
        Some("USER") => object.raw("type_id", "1"),
        Some("AGENT") => object.raw("type_id", "4"),
        _ => {
            let kind = party.take_string("type");
            object.raw("type_id", if kind.is_some() { "99" } else { "0" });
            object.maybe("type", kind);
        }
    }
}

/// Writes who acted, and the session that they acted in, unless nothing is known. An application is not an account.
pub fn actor(record: &mut Object, event: &mut Event) {
    let Event { actor, context, .. } = event;
    let is_application = actor.plain("type") == Some("API_APPLICATION");
    let is_named = actor.string("uuid").is_some() || actor.string("name").is_some();
    // The text stays too, since it may be finer than a millisecond.
    let created = context.plain("sessionCreatedAt").and_then(Millis::parse_rfc3339);
    let credential = context.take_string("requestApiAccessTokenUuid");
    if !is_named && created.is_none() && credential.is_none() {
        return;
    }
    record.object("actor", |object| {
        if is_application {
            object.maybe("app_uid", actor.take_string("uuid"));
            object.maybe("app_name", actor.take_string("name"));
        } else if is_named {
            object.object("user", |user| account(user, actor));
        }
        if created.is_some() || credential.is_some() {
            object.object("session", |session| {
                if let Some(created) = created {
                    session.number("created_time", created.get());
                }
                session.maybe("credential_uid", credential);
            });
        }
    });
}

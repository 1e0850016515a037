//! The contents of one event: everything that an answer shows of it, except its `data`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::synth::{ACTORS, Facets, Purpose, SUBJECTS, Synth, Thing};
use crate::words::{ACTOR_NAMES, ADDRESSES, SUBJECT_NAMES, USER_AGENTS};

/// An event as an answer shows it.
pub(crate) struct Event {
    pub index: u64,
    pub uuid: Uuid,
    pub kind: &'static str,
    pub occurred_at: String,
    pub actor: Option<Party>,
    pub subject: Option<Party>,
    pub context: Option<Context>,
}

/// An actor or a subject as an answer shows it.
pub(crate) struct Party {
    pub id: String,
    pub uuid: Uuid,
    pub name: Option<&'static str>,
    pub shown_type: Option<&'static str>,
}

/// The context of an event: the name of its GraphQL type, and its fields, each with a value or null.
pub(crate) struct Context {
    pub type_name: &'static str,
    pub fields: Vec<(&'static str, Option<String>)>,
}

/// The first number of things that are neither actors nor subjects.
const OTHER_THINGS: u64 = ACTORS + SUBJECTS;

impl Event {
    pub fn new(synth: &Synth, index: u64, time_us: i64) -> Self {
        let Facets { kind, actor, subject } = synth.facets(index);
        let uuid = synth.uuid(index, time_us);
        let mut rng = synth.draw(Purpose::Details, index);
        let context = context(synth, &mut rng, actor.as_ref(), time_us);
        let mut party = |prefix: &str, thing: Thing, names: &'static [&'static str]| Party {
            // As observed at Buildkite: derived from the UUID of the event, not of the actor or subject.
            id: graphql_id(prefix, uuid),
            uuid: synth.thing_uuid(thing.number),
            name: (rng.random_range(0..100) >= 5)
                .then(|| names[usize::try_from(thing.number).unwrap_or(0) % names.len()]),
            shown_type: thing.shown_type,
        };
        Self {
            index,
            uuid,
            kind,
            occurred_at: shown_time(time_us),
            actor: actor.map(|thing| party("AuditActor", thing, ACTOR_NAMES)),
            subject: subject.map(|thing| party("AuditSubject", thing, SUBJECT_NAMES)),
            context,
        }
    }
}

/// Returns a global GraphQL ID: base64 of type and UUID.
pub(crate) fn graphql_id(type_name: &str, uuid: Uuid) -> String {
    STANDARD.encode(format!("{type_name}---{uuid}"))
}

/// Formats a time as Buildkite shows it: UTC with `Z`, truncated (not rounded) to milliseconds.
pub(crate) fn shown_time(time_us: i64) -> String {
    DateTime::from_timestamp_micros(time_us)
        // Only times within some 260,000 years of 1970 are ever stored.
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn context(
    synth: &Synth,
    rng: &mut ChaCha8Rng,
    actor: Option<&Thing>,
    time_us: i64,
) -> Option<Context> {
    let choice = rng.random_range(0..100);
    let actor = actor?;
    let address = text(rng, ADDRESSES);
    match (actor.shown_type, choice) {
        (_, 0..6) => None,
        (Some("AGENT"), _) => Some(agent_context(synth, rng, actor, address)),
        (Some("USER"), 6..70) => Some(web_context(synth, rng, actor, address, time_us)),
        _ => Some(Context {
            type_name: "AuditAPIContext",
            fields: vec![
                ("requestIpAddress", address),
                ("requestUserAgent", text(rng, USER_AGENTS)),
                ("requestApiAccessTokenUuid", other_thing(synth, rng)),
            ],
        }),
    }
}

fn agent_context(
    synth: &Synth,
    rng: &mut ChaCha8Rng,
    actor: &Thing,
    address: Option<String>,
) -> Context {
    Context {
        type_name: "AuditAgentAPIContext",
        fields: vec![
            ("agentUuid", Some(synth.thing_uuid(actor.number).to_string())),
            ("authenticationType", text(rng, &["agent", "job", "cluster_token"])),
            ("connectionState", text(rng, &["connected", "disconnected", "lost"])),
            ("organizationUuid", Some(organization_uuid(synth).to_string())),
            ("requestIpAddress", address),
            ("sessionIpAddress", text(rng, ADDRESSES)),
        ],
    }
}

fn web_context(
    synth: &Synth,
    rng: &mut ChaCha8Rng,
    actor: &Thing,
    address: Option<String>,
    time_us: i64,
) -> Context {
    let before = |rng: &mut ChaCha8Rng| shown_time(time_us - rng.random_range(0..36_000_000_000));
    let created_at = before(rng);
    let escalated_at = (rng.random_range(0..4) == 0).then(|| before(rng));
    Context {
        type_name: "AuditWebContext",
        fields: vec![
            ("requestIpAddress", address),
            ("requestUserAgent", text(rng, USER_AGENTS)),
            ("sessionCreatedAt", Some(created_at)),
            ("sessionEscalatedAt", escalated_at),
            ("sessionUserUuid", Some(synth.thing_uuid(actor.number).to_string())),
        ],
    }
}

/// Returns the UUID of the only organization.
pub(crate) fn organization_uuid(synth: &Synth) -> Uuid {
    synth.thing_uuid(OTHER_THINGS)
}

fn other_thing(synth: &Synth, rng: &mut ChaCha8Rng) -> Option<String> {
    Some(synth.thing_uuid(OTHER_THINGS + rng.random_range(1..20)).to_string())
}

/// Picks one of these texts, or sometimes null, since every field of a context may be null.
fn text(rng: &mut ChaCha8Rng, from: &[&str]) -> Option<String> {
    let picked = from[rng.random_range(0..from.len())];
    (rng.random_range(0..50) > 0).then(|| picked.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_time_is_truncated_not_rounded() {
        assert_eq!(shown_time(1_735_689_600_000_999), "2025-01-01T00:00:00.000Z");
        assert_eq!(shown_time(-1), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_thousand_events_show_every_kind_of_null_and_context() {
        let synth = Synth::new(5);
        let events: Vec<_> = (0..1_000).map(|index| Event::new(&synth, index, 0)).collect();
        assert!(events.iter().any(|event| event.actor.is_none() && event.context.is_none()));
        assert!(events.iter().any(|event| event.subject.is_none()));
        let actors = || events.iter().filter_map(|event| event.actor.as_ref());
        assert!(actors().any(|actor| actor.name.is_none()));
        assert!(actors().any(|actor| actor.shown_type.is_none()));
        for name in ["AuditWebContext", "AuditAPIContext", "AuditAgentAPIContext"] {
            assert!(events.iter().flat_map(|event| &event.context).any(|at| at.type_name == name));
        }
    }
}

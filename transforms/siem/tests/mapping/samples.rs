//! One event of each type with each kind of actor, subject and context, as the source delivers it.

#![allow(dead_code, reason = "each user of this file uses a part of it")]

use siem_transform::input::Input;
use siem_transform::settings::Settings;
use siem_transform::transform::Transform;

/// Buildkite's schema.
const SCHEMA: &str = include_str!("../../../../testing/fake-buildkite/src/schema.graphql");

const ACTORS: [&str; 6] = [
    r#"{"id":"QQ==","uuid":"0194a0c1-0000-7000-8000-000000000001","name":"Ana \u2028 \"x\"","type":"USER"}"#,
    r#"{"id":"QQ==","uuid":"0194a0c1-0000-7000-8000-000000000002","name":"agent-1","type":"AGENT"}"#,
    r#"{"id":"QQ==","uuid":"0194a0c1-0000-7000-8000-000000000003","name":null,"type":"API_APPLICATION"}"#,
    r#"{"id":"QQ==","uuid":"0194a0c1-0000-7000-8000-000000000004","name":"","type":null}"#,
    r#"{"id":"QQ==","uuid":"0194a0c1-0000-7000-8000-000000000005","name":"bot","type":"ROBOT"}"#,
    "null",
];

const SUBJECTS: [&str; 3] = [
    r#"{"id":"Qg==","uuid":"0194a0c1-0000-7000-8000-000000000006","name":"deploy","type":"PIPELINE"}"#,
    r#"{"id":"Qg==","uuid":null,"name":null,"type":null}"#,
    "null",
];

const CONTEXTS: [&str; 5] = [
    r#"{"__typename":"AuditWebContext","requestIpAddress":"192.0.2.1","requestUserAgent":"curl/8.11.0","sessionCreatedAt":"2026-01-01T00:00:00.123456Z","sessionEscalatedAt":null,"sessionUserUuid":"0194a0c1-0000-7000-8000-000000000001"}"#,
    r#"{"__typename":"AuditAPIContext","requestIpAddress":"2001:db8::1","requestUserAgent":null,"requestApiAccessTokenUuid":"0194a0c1-0000-7000-8000-000000000007"}"#,
    r#"{"__typename":"AuditAgentAPIContext","agentUuid":"0194a0c1-0000-7000-8000-000000000002","authenticationType":"job","connectionState":"connected","organizationUuid":"0194a0c1-0000-7000-8000-000000000008","requestIpAddress":null,"sessionIpAddress":"::ffff:192.0.2.1"}"#,
    r#"{"__typename":"AuditNewContext","requestIpAddress":"unknown","sessionCreatedAt":"yesterday","x":[{},1.50]}"#,
    "null",
];

const DATA: [&str; 4] =
    [r#"{"name":["a",null,{"b":1E+2}],"":{}}"#, "[1,{\"c\":-0.0}]", "\"--- text\"", "null"];

/// One event as the source delivers it.
#[derive(Clone)]
pub struct Sample {
    pub id: String,
    pub occurred_at: String,
    pub kind: String,
    pub payload: String,
}

impl Sample {
    pub fn input(&self) -> Input<'_> {
        Input {
            id: &self.id,
            occurred_at: &self.occurred_at,
            kind: &self.kind,
            payload: &self.payload,
        }
    }
}

/// Returns the types that Buildkite's schema lists.
pub fn types() -> Vec<&'static str> {
    let list = SCHEMA.split("enum AuditEventType {").nth(1).and_then(|rest| rest.split('}').next());
    let lines = list.expect("the enum").lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with(['"', '#'])).collect()
}

/// Returns one event of each type with each actor and each context. The subjects and the `data` take turns. Three more
/// events fit no class.
pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for kind in
        types().into_iter().chain(["SPACESHIP_LAUNCHED", "SPACESHIP_CREATED", "SSO_PROVIDER_READ"])
    {
        for actor in ACTORS {
            for context in CONTEXTS {
                let subject = SUBJECTS[samples.len() % 3];
                let data = DATA[samples.len() / 3 % 4];
                samples.push(sample(samples.len(), kind, actor, subject, context, data));
            }
        }
    }
    // They fit no class.
    let untyped = r#"{"uuid":"x","type":"","actor":{"uuid":"y","type":"USER"},"context":{"requestIpAddress":"192.0.2.1","requestUserAgent":"c"}}"#;
    for payload in ["\"text\"", r#"{"a":{"b":[]}}"#, untyped] {
        let first = samples[0].clone();
        samples.push(Sample { kind: String::new(), payload: payload.to_owned(), ..first });
    }
    samples
}

fn sample(
    number: usize,
    kind: &str,
    actor: &str,
    subject: &str,
    context: &str,
    data: &str,
) -> Sample {
    let id = format!("0194a0c1-0000-7000-9000-{number:012x}");
    let occurred_at = format!("2026-01-01T00:00:00.{:06}Z", number * 7);
    let payload = format!(
        r#"{{"id":"QXVkaXQ=","uuid":"{id}","type":"{kind}","occurredAt":"{occurred_at}","data":{data},"actor":{actor},"subject":{subject},"context":{context}}}"#
    );
    Sample { id, occurred_at, kind: kind.to_owned(), payload }
}

/// Returns the payloads of these events under these settings.
pub fn transformed(settings: &str, samples: &[Sample]) -> Vec<String> {
    let settings = Settings::parse(settings).expect("valid settings");
    Transform::new(settings).apply(samples.iter().map(Sample::input))
}

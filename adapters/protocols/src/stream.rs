//! The one stream: its name, and the form of its records.

use serde_json::{Map, Value, json};

/// The name of the stream.
pub const NAME: &str = "audit_events";

/// The dialect that both protocols use.
pub const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The form of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As Buildkite returns them.
    Raw,
    /// The Open Cybersecurity Schema Framework.
    Ocsf,
    /// The Elastic Common Schema.
    Ecs,
}

/// The properties of a record in OCSF, by type. Those of objects depend on the event.
const OCSF: [(&str, &[&str]); 3] = [
    (
        "integer",
        &[
            "class_uid",
            "category_uid",
            "activity_id",
            "type_uid",
            "severity_id",
            "status_id",
            "time",
        ],
    ),
    ("string", &["class_name", "category_name", "activity_name", "message"]),
    (
        "object",
        &[
            "metadata",
            "actor",
            "entity",
            "user",
            "group",
            "src_endpoint",
            "http_request",
            "unmapped",
        ],
    ),
];

/// The same in ECS.
const ECS: [(&str, &[&str]); 2] = [
    ("string", &["@timestamp"]),
    (
        "object",
        &[
            "event",
            "user",
            "group",
            "source",
            "user_agent",
            "organization",
            "related",
            "buildkite",
            "ecs",
        ],
    ),
];

impl Form {
    /// Returns the form that these settings of the transform choose.
    pub fn of(transform: Option<&Map<String, Value>>) -> Self {
        match transform.map(|settings| settings.get("schema").and_then(Value::as_str)) {
            None => Self::Raw,
            Some(Some("ecs")) => Self::Ecs,
            Some(_) => Self::Ocsf,
        }
    }

    /// Returns the path of the property that identifies an event.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Raw => &["uuid"],
            Self::Ocsf => &["metadata", "uid"],
            Self::Ecs => &["event", "id"],
        }
    }

    /// Returns the property that identifies an event, if it is one of the record itself. Neither Singer nor the destinations
    /// of Airbyte have nested keys.
    pub fn primary_key(self) -> &'static [&'static str] {
        match self.key() {
            key @ [_] => key,
            _ => &[],
        }
    }

    /// Returns the property that says when an event happened.
    pub fn cursor(self) -> &'static str {
        match self {
            Self::Raw => "occurredAt",
            Self::Ocsf => "time",
            Self::Ecs => "@timestamp",
        }
    }

    /// Returns the schema of a record, given the component's. Destinations make columns from it, so every property has a
    /// type.
    pub fn schema(self, record: &Value) -> Value {
        let mut properties = match self {
            Self::Raw => raw(record),
            Self::Ocsf => listed(&OCSF),
            Self::Ecs => listed(&ECS),
        };
        if let [outer, inner] = self.key() {
            properties[*outer]["properties"] = json!({ *inner: {"type": "string"} });
        }
        if self != Self::Ocsf {
            properties[self.cursor()]["format"] = json!("date-time");
            properties[self.cursor()]["airbyte_type"] = json!("timestamp_with_timezone");
        }
        json!({
            "$schema": DRAFT,
            "type": "object",
            "properties": properties,
            "required": self.key()[..1],
            "additionalProperties": true,
        })
    }
}

/// Times and event types get the type that Buildkite's schema declares, and what may be anything gets all types.
fn raw(record: &Value) -> Map<String, Value> {
    let mut properties = record["properties"].as_object().cloned().unwrap_or_default();
    for (name, property) in &mut properties {
        if property.get("type").is_none() {
            property["type"] = match name.as_str() {
                "occurredAt" | "type" => json!(["string", "null"]),
                _ => json!(["object", "array", "string", "number", "boolean", "null"]),
            };
        }
    }
    properties
}

fn listed(names: &[(&str, &[&str])]) -> Map<String, Value> {
    let of = |(kind, names): &(&str, &[&str])| {
        let property = json!({"type": [kind, "null"]});
        names.iter().map(|name| ((*name).to_owned(), property.clone())).collect::<Vec<_>>()
    };
    names.iter().flat_map(of).collect()
}

//! The one stream: its name, its key, and the JSON Schema of its records.

use serde_json::{Map, Value, json};

/// The name of the stream.
pub const NAME: &str = "audit_events";
/// The property that identifies an event.
pub const KEY: &str = "uuid";
/// The property that says when an event happened.
pub const CURSOR: &str = "occurredAt";

/// The dialect that both protocols use.
pub const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// Returns the schema of a record, given the component's. Destinations make columns from it, so every property has a type.
/// Times and event types get the one that Buildkite's schema declares, and the others get all types.
pub fn schema(record: &Value) -> Value {
    let mut properties = Map::new();
    for (name, property) in record["properties"].as_object().into_iter().flatten() {
        let mut property = property.clone();
        if property.get("type").is_none() {
            property["type"] = match name.as_str() {
                CURSOR | "type" => json!(["string", "null"]),
                _ => json!(["object", "array", "string", "number", "boolean", "null"]),
            };
        }
        if name == CURSOR {
            property["format"] = json!("date-time");
            property["airbyte_type"] = json!("timestamp_with_timezone");
        }
        properties.insert(name.clone(), property);
    }
    json!({
        "$schema": DRAFT,
        "type": "object",
        "properties": properties,
        "required": record.get("required").cloned().unwrap_or(json!([])),
        "additionalProperties": true,
    })
}

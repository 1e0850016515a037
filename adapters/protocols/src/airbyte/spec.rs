//! `spec`: the settings as a form, made from the schema that the component describes.

use crate::settings::schema;
use crate::stream::DRAFT;
use serde_json::{Value, json};

/// Where Buildkite explains its audit log.
const DOCUMENTATION: &str = "https://buildkite.com/docs/platform/audit-log";

/// Returns the specification. `source` and `transform` are the schemas of the settings. A setting that is new in them appears
/// without a change here.
pub fn spec(source: &Value, transform: &Value) -> Value {
    let all = schema(source, transform, "airbyte_secret");
    let mut connection = form(&all, 0);
    connection["required"] = all["required"].clone();
    connection["$schema"] = json!(DRAFT);
    let properties = connection["properties"].as_object_mut();
    for (order, (_, property)) in properties.into_iter().flatten().enumerate() {
        property["order"] = json!(order);
    }
    json!({
        "documentationUrl": DOCUMENTATION,
        "connectionSpecification": connection,
        "supportsIncremental": true,
    })
}

/// Returns a schema with the keywords that Airbyte's form understands, and a title for each property. `depth` is 0 for the
/// whole config.
fn form(schema: &Value, depth: usize) -> Value {
    let mut form = schema.clone();
    let Some(keywords) = form.as_object_mut() else { return form };
    // Airbyte forbids `additionalProperties: false`; the component still refuses unknown settings. Its form fills in nested
    // objects with their defaults, and insists on what they require, even if the whole object is optional.
    keywords.retain(|word, _| match word.as_str() {
        "$schema" | "additionalProperties" | "required" => false,
        "default" => depth < 2,
        word => !word.starts_with("x-"),
    });
    if keywords.contains_key("enum") {
        keywords.entry("type").or_insert(json!("string"));
    }
    let properties = keywords.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        *property = self::form(property, depth + 1);
        if property.get("title").is_none() {
            property["title"] = json!(title(name));
        }
    }
    form
}

/// Returns the name of a setting in words: `Organization slug` for `org_slug`.
fn title(name: &str) -> String {
    let words: Vec<&str> = name
        .split('_')
        .map(|word| match word {
            "api" => "API",
            "org" => "organization",
            word => word,
        })
        .collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

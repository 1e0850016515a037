//! `spec`: the settings as a form, made from the schema that the component describes.

use crate::settings::secrets;
use crate::stream::DRAFT;
use serde_json::{Map, Value, json};

/// Where Buildkite explains its audit log.
const DOCUMENTATION: &str = "https://buildkite.com/docs/platform/audit-log";

/// Returns the specification. A setting that is new in the component appears without a change here.
pub fn spec(schema: &Value) -> Value {
    let mut connection = form(schema);
    let all = connection["properties"].take();
    let mut required = connection["required"].take();
    let mut properties = Map::new();
    // Required settings first, then the secrets, then what may be left out.
    let is_required =
        |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let all = all.as_object().cloned().unwrap_or_default();
    let (first, last): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| is_required(name));
    properties.extend(first);
    for secret in secrets(schema) {
        let property = json!({
            "type": "string", "title": title(secret.name), "description": secret.description,
            "airbyte_secret": true,
        });
        properties.insert(secret.name.to_owned(), property);
        if let (true, Some(required)) = (secret.is_required, required.as_array_mut()) {
            required.push(json!(secret.name));
        }
    }
    properties.extend(last);
    for (order, (_, property)) in properties.iter_mut().enumerate() {
        property["order"] = json!(order);
    }
    connection["$schema"] = json!(DRAFT);
    connection["required"] = required;
    connection["properties"] = properties.into();
    json!({
        "documentationUrl": DOCUMENTATION,
        "connectionSpecification": connection,
        "supportsIncremental": true,
    })
}

/// Returns a schema with the keywords that Airbyte's form understands, and a title for each property.
fn form(schema: &Value) -> Value {
    let mut form = schema.clone();
    let Some(keywords) = form.as_object_mut() else { return form };
    // The component itself refuses unknown settings. Airbyte expects to be able to add some.
    keywords.retain(|word, _| word != "additionalProperties" && !word.starts_with("x-"));
    if keywords.contains_key("enum") {
        keywords.entry("type").or_insert(json!("string"));
    }
    for (name, property) in
        keywords.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        *property = form_of(name, property);
    }
    form
}

fn form_of(name: &str, property: &Value) -> Value {
    let mut form = form(property);
    if form.get("title").is_none() {
        form["title"] = json!(title(name));
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

//! The settings as these platforms keep them: one flat JSON object, with the secrets among them.

use host_test::config;
use host_test::config::file::Config;
use host_test::credential::token::{Token, is_like};
use host_test::exit::{Failure, Result};
use host_test::limits::Limits;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The secret that becomes the `Authorization` header.
const API_TOKEN: &str = "api_token";

/// The setting that chooses a transform.
const TRANSFORM: &str = "transform";

/// Maximum size of a config, in bytes: 1 MiB. A larger file was named by mistake.
const BYTES_MAX: u64 = 1 << 20;

/// What a config says.
#[derive(Debug)]
pub struct Settings {
    /// The settings of the source, and its credential.
    pub config: Config,
    /// The settings of the transform, if there is one.
    pub transform: Option<Map<String, Value>>,
}

/// A secret that the component asks for.
struct Secret<'a> {
    name: &'a str,
    description: &'a str,
    is_required: bool,
}

/// Returns the secrets in a schema of settings.
fn secrets(schema: &Value) -> Vec<Secret<'_>> {
    let all = schema.get("x-secrets").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(secret).collect()
}

fn secret(entry: &Value) -> Option<Secret<'_>> {
    Some(Secret {
        name: entry.get("name")?.as_str()?,
        description: entry.get("description").and_then(Value::as_str).unwrap_or_default(),
        is_required: entry.get("required").and_then(Value::as_bool).unwrap_or_default(),
    })
}

/// Reads a config file. A setting that is null or an empty object counts as absent. The components check the settings themselves.
///
/// # Errors
///
/// Returns [`Failure::Refused`] with the file and the setting, and never with the value of a secret.
pub fn read(path: &Path, schema: &Value) -> Result<Settings> {
    let name = path.display();
    match config::read(path, BYTES_MAX)? {
        Value::Object(all) => {
            parse(all, schema).map_err(|why| Failure::Refused(format!("{name}: {why}")))
        }
        _ => Err(Failure::Refused(format!("{name}: must be a JSON object with the settings"))),
    }
}

fn parse(
    mut settings: Map<String, Value>,
    schema: &Value,
) -> std::result::Result<Settings, String> {
    if let Some(nested) =
        ["settings", "secrets"].into_iter().find(|key| settings.contains_key(*key))
    {
        let example = r#"{"org_slug": "acme", "api_token": "..."}"#;
        return Err(format!("{nested}: a config is one flat object here, such as {example}"));
    }
    remove_empty(&mut settings);
    let transform = match settings.remove(TRANSFORM) {
        None => None,
        Some(Value::Object(transform)) => Some(transform),
        Some(_) => {
            let example = r#"{"schema": "ocsf"}"#;
            return Err(format!("{TRANSFORM}: must be a JSON object, such as {example}"));
        }
    };
    let (mut secret_names, mut credential) = (Vec::new(), None);
    for secret in secrets(schema) {
        let Some(value) = settings.remove(secret.name) else { continue };
        let name = secret.name;
        let text = value.as_str().ok_or(format!("{name}: must be a string"))?;
        let token = Token::new(text).map_err(|why| format!("{name}: {why}"))?;
        if name == API_TOKEN {
            credential = Some(token.into());
        }
        secret_names.push(name.to_owned());
    }
    let config = Config {
        settings: Value::Object(settings),
        secret_names,
        credential,
        component: None,
        limits: Limits::default(),
        files: Vec::new(),
    };
    Ok(Settings { config, transform })
}

/// Removes nulls and empty objects, with which forms and runners write that something is not set.
fn remove_empty(object: &mut Map<String, Value>) {
    // Bounded by the depth that the parser allows.
    object.values_mut().filter_map(Value::as_object_mut).for_each(remove_empty);
    object.retain(|_, value| !value.is_null() && !value.as_object().is_some_and(Map::is_empty));
}

/// Returns the schema of a config: the settings of the source, the secrets, each marked with the keyword `secret`, and the
/// settings of the transform. What is required comes first.
pub fn schema(source: &Value, transform: &Value, secret: &str) -> Value {
    let mut schema = source.clone();
    let mut required = source["required"].as_array().cloned().unwrap_or_default();
    let all = source["properties"].as_object().cloned().unwrap_or_default();
    let (first, last): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| required.contains(&json!(name)));
    let mut properties: Map<String, Value> = first.into_iter().collect();
    for one in secrets(source) {
        let property = json!({"type": "string", "description": one.description, secret: true});
        properties.insert(one.name.to_owned(), property);
        if one.is_required {
            required.push(json!(one.name));
        }
    }
    properties.extend(last);
    let mut transform = transform.clone();
    transform["title"] = json!("Transform");
    transform["description"] =
        json!("Delivers events as OCSF or ECS; if absent, as Buildkite returns them");
    properties.insert(TRANSFORM.to_owned(), transform);
    schema["required"] = required.into();
    schema["properties"] = properties.into();
    schema
}

/// Returns the text of an error with the names that the flat object has. Whatever looks like a token is hidden, since it may
/// be where a name should be.
pub fn error_text(failure: &Failure) -> String {
    let text = failure.to_string();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_part(letter) != is_part(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        // Some messages say how a token begins.
        let is_token = is_like(word) && word != "bkua_";
        shown.push_str(if is_token { "[token]" } else { word });
        rest = after;
    }
    shown
        .replace("secrets.api_token", API_TOKEN)
        .replace("settings.endpoint", "endpoint")
        .replace("--transform-settings:", "transform:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({"x-secrets": [{"name": "api_token", "required": true, "description": "A token"}]})
    }

    #[test]
    fn secrets_are_taken_out_and_nulls_are_absent() {
        let all = json!({"org_slug": "acme", "page_size": null, "rate_limit": {"unit": null},
            "transform": {}, "api_token": "bkua_0123456789abcdef"});
        let Settings { config, transform } =
            parse(all.as_object().unwrap().clone(), &schema()).unwrap();
        assert_eq!(config.settings, json!({"org_slug": "acme"}));
        assert_eq!(transform, None);
        assert_eq!(config.secret_names, ["api_token"]);
        assert!(!format!("{config:?}").contains("bkua_"));
    }

    #[test]
    fn an_error_hides_what_looks_like_a_token() {
        let failure = Failure::Refused("secrets.api_token: é/bkua_0123.json: bkua_ and".to_owned());
        assert_eq!(error_text(&failure), "api_token: é/[token].json: bkua_ and");
    }

    #[test]
    fn a_wrong_secret_is_named_and_not_quoted() {
        for value in [json!(17), json!("bkua_01 23"), json!(["bkua_0123"])] {
            let all = json!({ "api_token": value });
            let why = parse(all.as_object().unwrap().clone(), &schema()).unwrap_err();
            assert!(why.starts_with("api_token: ") && !why.contains("bkua_0"), "{why}");
        }
    }
}

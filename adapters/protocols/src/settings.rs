//! The settings as these platforms keep them: one flat JSON object, with the secrets among them.

use host_test::config;
use host_test::config::file::Config;
use host_test::credential::token::Token;
use host_test::exit::{Failure, Result};
use host_test::limits::Limits;
use serde_json::{Map, Value};
use std::path::Path;

/// The secret that becomes the `Authorization` header.
const API_TOKEN: &str = "api_token";

/// Maximum size of a config, in bytes: 1 MiB. A larger file was named by mistake.
const BYTES_MAX: u64 = 1 << 20;

/// A secret that the component asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub description: &'a str,
    /// Whether the component needs it.
    pub is_required: bool,
}

/// Returns the secrets in a schema of settings.
pub fn secrets(schema: &Value) -> Vec<Secret<'_>> {
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

/// Reads a config file. A setting that is null counts as absent. The component checks the settings themselves.
///
/// # Errors
///
/// Returns [`Failure::Refused`] with the file and the setting, and never with the value of a secret.
pub fn read(path: &Path, schema: &Value) -> Result<Config> {
    let name = path.display();
    match config::read(path, BYTES_MAX)? {
        Value::Object(all) => {
            parse(all, schema).map_err(|why| Failure::Refused(format!("{name}: {why}")))
        }
        _ => Err(Failure::Refused(format!("{name}: must be a JSON object with the settings"))),
    }
}

fn parse(mut settings: Map<String, Value>, schema: &Value) -> std::result::Result<Config, String> {
    settings.retain(|_, value| !value.is_null());
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
    Ok(Config {
        settings: Value::Object(settings),
        secret_names,
        credential,
        component: None,
        limits: Limits::default(),
        files: Vec::new(),
    })
}

/// Returns a message about the settings with the names that the flat object has.
pub fn flat(message: &str) -> String {
    message.replace("secrets.api_token", API_TOKEN).replace("settings.endpoint", "endpoint")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({"x-secrets": [{"name": "api_token", "required": true, "description": "A token"}]})
    }

    #[test]
    fn secrets_are_taken_out_and_nulls_are_absent() {
        let all =
            json!({"org_slug": "acme", "page_size": null, "api_token": "bkua_0123456789abcdef"});
        let config = parse(all.as_object().unwrap().clone(), &schema()).unwrap();
        assert_eq!(config.settings, json!({"org_slug": "acme"}));
        assert_eq!(config.secret_names, ["api_token"]);
        assert!(!format!("{config:?}").contains("bkua_"));
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

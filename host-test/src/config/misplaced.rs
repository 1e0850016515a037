//! Finds members in the wrong place: a secret in or next to the settings, or a setting in or next to the secrets.
//! No message quotes a value, which may be a token.

use crate::config::json::KEY_CHARS_MAX;
use crate::credential::token::is_like;
use buildkite_audit_logs::settings;
use serde_json::{Map, Value};
use source_token::one_line;

type Result<T> = std::result::Result<T, String>;

/// Names of secrets, in lower case, without separators or the vendor's name as a prefix. Only whole names match, since
/// another component may have a setting `page_token`.
const SECRETS: [&str; 19] = [
    "accesskey",
    "accesstoken",
    "apiaccesstoken",
    "apikey",
    "apisecret",
    "apitoken",
    "auth",
    "authorization",
    "authtoken",
    "bearer",
    "bearertoken",
    "clientsecret",
    "credential",
    "credentials",
    "passphrase",
    "password",
    "secret",
    "secrets",
    "token",
];

/// What to do about a value that may be a token. Messages say this and do not quote the value.
pub(crate) const REVOKE: &str = "if it was a real token, revoke it";

/// Refuses a secret among the settings, recognized by its name or its value.
pub(crate) fn in_settings(settings: &Value) -> Result<()> {
    // The component refuses settings that are not an object.
    for (key, value) in settings.as_object().into_iter().flatten() {
        if is_like(key) {
            return Err(format!("settings: a key looks like a token; {REVOKE}"));
        }
        let key = one_line(key, KEY_CHARS_MAX);
        if is_secret(&key) {
            return Err(secret(&format!("settings.{key}"), value));
        }
        if has_token(value) {
            return Err(format!("settings.{key}: looks like a token; {}", remedy(true)));
        }
    }
    Ok(())
}

/// Refuses a secret or a setting next to `settings` and `secrets`. `known` are the keys that belong there.
pub(crate) fn at_top(top: &Map<String, Value>, known: &[&str]) -> Result<()> {
    for (key, value) in top.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        if is_setting(key) {
            return Err(format!("{key}: is a setting; move it under settings"));
        }
        // `secret` is a typo for `secrets`, and is reported as one elsewhere.
        if is_secret(key) && !is_like(key) && key != "secret" {
            return Err(secret(&one_line(key, KEY_CHARS_MAX), value));
        }
    }
    Ok(())
}

/// Refuses a secret's name that looks like a token itself.
pub(crate) fn as_name(name: &str) -> Result<()> {
    match is_like(name) {
        true => Err(format!("secrets: a name looks like a token; {REVOKE}")),
        false => Ok(()),
    }
}

/// Returns why a secret is refused: if its name is that of a setting, because it is a setting; otherwise `why`.
pub(crate) fn in_secrets(name: &str, why: String) -> String {
    match is_setting(name) {
        true => format!("secrets.{name}: is a setting, not a secret; move it under settings"),
        false => why,
    }
}

fn secret(place: &str, value: &Value) -> String {
    let is_shown = !value.is_object() && !value.is_null();
    format!("{place}: a secret belongs under secrets; {}", remedy(is_shown))
}

/// Returns what to do. `is_shown` says whether the secret itself is in the file.
fn remedy(is_shown: bool) -> String {
    let write = r#"write "secrets": {"api_token": {"file": "FILE"}}"#;
    match is_shown {
        true => format!("{write}, and revoke the token if others could read this file"),
        false => write.to_owned(),
    }
}

/// Returns whether this is the name of a secret, in any spelling: `apiToken`, `API-TOKEN`, `buildkite_api_token`.
fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    SECRETS.contains(&plain.strip_prefix("buildkite").unwrap_or(&plain))
}

/// Returns whether the bundled component has a setting of this name.
fn is_setting(name: &str) -> bool {
    settings::KEYS.contains(&name)
}

/// Returns whether a value contains text that begins like a Buildkite token. The parser has bounded the depth.
fn has_token(value: &Value) -> bool {
    match value {
        Value::String(text) => text.to_ascii_lowercase().contains("bkua_"),
        Value::Array(items) => items.iter().any(has_token),
        Value::Object(members) => {
            members.iter().any(|(key, value)| is_like(key) || has_token(value))
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOKEN: &str = "bkua_0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_secret_among_the_settings_is_reported_with_its_place_and_never_quoted() {
        for name in
            ["api_token", "token", "password", "apiToken", "API-KEY", "buildkite_api_token", "auth"]
        {
            let why = in_settings(&json!({"org_slug": "acme", name: TOKEN})).unwrap_err();
            assert!(why.starts_with(&format!("settings.{name}: a secret belongs under secrets")));
            assert!(why.contains("revoke the token") && !why.contains("0123"), "{why}");
            // This names a file and holds no token, so there is nothing to revoke.
            let why = in_settings(&json!({name: {"file": "token"}})).unwrap_err();
            assert!(why.contains(r#""secrets": {"api_token""#) && !why.contains("revoke"));
        }
        for settings in [
            json!({"org_slug": TOKEN}),
            json!({"event_types": [TOKEN]}),
            json!({"rate_limit": {TOKEN: 1}}),
            json!({TOKEN: 1}),
        ] {
            let why = in_settings(&settings).unwrap_err();
            assert!(why.contains("looks like a token; "), "{why}");
            assert!(why.contains("revoke") && !why.contains("0123"), "{why}");
        }
    }

    #[test]
    fn settings_of_this_and_other_components_are_accepted() {
        let all: Value = serde_json::from_str(settings::schema::SETTINGS_SCHEMA).unwrap();
        let names: Vec<&String> = all["properties"].as_object().unwrap().keys().collect();
        assert!(names.iter().all(|name| is_setting(name) && !is_secret(name)), "{names:?}");
        for secret in all["x-secrets"].as_array().unwrap() {
            assert!(is_secret(secret["name"].as_str().unwrap()), "{secret}");
        }
        in_settings(&json!({"page_token": "x", "token_lifetime_seconds": 1, "color": 1})).unwrap();
        in_settings(&json!([1])).unwrap();
    }

    #[test]
    fn a_setting_or_secret_at_the_top_level_is_reported_with_its_proper_place() {
        let check = |top: Value| at_top(top.as_object().unwrap(), &["settings", "secrets"]);
        let why = check(json!({"settings": {}, "page_size": 1})).unwrap_err();
        assert_eq!(why, "page_size: is a setting; move it under settings");
        let why = check(json!({"settings": {}, "api_token": TOKEN})).unwrap_err();
        assert!(why.starts_with("api_token: a secret belongs under secrets; "), "{why}");
        assert!(why.contains("revoke") && !why.contains("0123"), "{why}");
        check(json!({"settings": {}, "secrets": {}, "setings": 1})).unwrap();
    }
}

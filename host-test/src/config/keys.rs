//! Checks the keys of JSON objects that operators write. An unknown key is reported with the known key that it
//! resembles.

use crate::config::json::KEY_CHARS_MAX;
use crate::credential::token::is_like;
use serde_json::{Map, Value};
use source_token::one_line;

/// Returns the object in a value, or a message that names it `what`.
pub(crate) fn object(value: Value, what: &str) -> std::result::Result<Map<String, Value>, String> {
    match value {
        Value::Object(object) => Ok(object),
        Value::Null => Err(format!("{what} is null; make it a JSON object, or leave it out")),
        _ => Err(format!("{what} is not a JSON object; write it like {{\"key\": value}}")),
    }
}

/// Refuses an object with a key that is not in `keys`. `prefix` is the path of the object, with a dot at its end.
pub(crate) fn known(
    object: &Map<String, Value>,
    prefix: &str,
    keys: &[&str],
) -> std::result::Result<(), String> {
    let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) else {
        return Ok(());
    };
    if is_like(unknown) {
        let place = if prefix.is_empty() { "the config" } else { prefix.trim_end_matches('.') };
        return Err(format!(
            "{place}: a key looks like a token; if it is one, revoke it, since it was in a file"
        ));
    }
    let near = keys
        .iter()
        .map(|key| (strsim::jaro_winkler(unknown, key), key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        // Below this similarity, a suggestion confuses more than it helps.
        .filter(|(similarity, _)| *similarity > 0.7);
    let hint = match near {
        Some((_, key)) => format!("did you mean {prefix}{key}?"),
        None => format!("known: {}", keys.join(", ")),
    };
    Err(format!("unknown key {prefix}{}; {hint}", one_line(unknown, KEY_CHARS_MAX)))
}

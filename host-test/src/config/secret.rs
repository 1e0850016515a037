//! Finds a secret where the operator stored it: in a file or in an environment variable.
#![allow(clippy::disallowed_methods, reason = "secrets are in files and in the environment")]

use crate::config::keys::known;
use crate::config::misplaced::REVOKE;
use crate::config::text;
use crate::credential::token::is_like;
use serde_json::{Map, Value};
use std::env::VarError;
use std::path::{Path, PathBuf};

/// What to write instead of a secret.
const WRITE: &str = r#"put it in a file and write {"file": "PATH"}, or write {"env": "NAME"}"#;

/// A secret that was found.
pub(crate) struct Found {
    /// Where it was, for messages.
    pub(crate) place: String,
    /// The secret as it was stored.
    pub(crate) text: String,
    /// The file that it was in, if it was in one.
    pub(crate) file: Option<PathBuf>,
}

/// Finds the secret that a value in a config points to. `place` is where the value is, such as `secrets.api_token`.
/// Relative paths start at `folder`.
///
/// # Errors
///
/// Returns a message with the place, and never with the secret.
pub(super) fn find(place: &str, source: Value, folder: &Path) -> Result<Found, String> {
    let source = match source {
        Value::Object(source) => source,
        Value::Null => return Err(format!("{place}: must not be null; {WRITE}")),
        // The message does not quote the value, which may be a live token.
        _ => {
            return Err(format!(
                "{place}: a secret does not belong in the config; {WRITE}; {REVOKE}"
            ));
        }
    };
    known(&source, &format!("{place}."), &["env", "file"])
        .map_err(|why| format!("{why}; {WRITE}; if a token is in the config, revoke it"))?;
    match named(&source) {
        Ok(Place::Variable(variable)) => in_variable(place, variable),
        Ok(Place::File(file)) => in_file(place, file, folder),
        Err(why) => Err(format!("{place}: {why}; {WRITE}")),
    }
}

enum Place<'a> {
    Variable(&'a str),
    File(&'a str),
}

fn named(source: &Map<String, Value>) -> Result<Place<'_>, &'static str> {
    match (source.get("env"), source.get("file")) {
        (Some(Value::String(variable)), None) => Ok(Place::Variable(variable)),
        (None, Some(Value::String(file))) => Ok(Place::File(file)),
        (Some(_), Some(_)) => Err("has both env and file; keep exactly one of them"),
        (Some(_), None) => Err("env must be a string"),
        (None, Some(_)) => Err("file must be a string"),
        (None, None) => Err("has neither env nor file; it needs exactly one of them"),
    }
}

fn in_variable(place: &str, variable: &str) -> Result<Found, String> {
    if !is_variable(variable) {
        return Err(format!("{place}: env must be the name of an environment variable; {REVOKE}"));
    }
    let variable_name = format!("the environment variable {variable}");
    match std::env::var(variable) {
        Ok(text) => Ok(Found { place: variable_name, text, file: None }),
        Err(VarError::NotPresent) => {
            Err(format!("{place}: {variable_name} is not set; set it for this program"))
        }
        Err(VarError::NotUnicode(_)) => Err(format!("{place}: {variable_name} is not UTF-8")),
    }
}

fn in_file(place: &str, file: &str, folder: &Path) -> Result<Found, String> {
    let path = folder.join(file);
    let text = text::read(&path).map_err(|why| match is_like(file) {
        true => format!("{place}: file must be a file's path; {REVOKE}"),
        false if !path.exists() => format!(
            "{place}: the file {} does not exist; check the path, or create it with only the secret in it",
            path.display()
        ),
        false => format!("{place}: {}: {why}", path.display()),
    })?;
    let shown = if is_like(file) { "the file".to_owned() } else { path.display().to_string() };
    Ok(Found { place: shown, text, file: Some(path) })
}

/// Returns whether a text looks like the name of an environment variable.
fn is_variable(text: &str) -> bool {
    let mut all = text.bytes();
    all.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && all.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_like(text)
}

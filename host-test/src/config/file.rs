//! The config file. The operator writes it, so it may name files, environment variables and limits.
//! It never holds a token.

use crate::config::json;
use crate::config::keys::{known, object};
use crate::config::misplaced;
use crate::config::text::decode;
use crate::egress::origin::{DEFAULT_ENDPOINT, Origin};
use crate::egress::token::{PLACEHOLDER, Token, is_like};
use crate::exit::{Failure, Result};
use crate::guest::contract::{Configuration, Secret};
use crate::guest::limits::{self, Limits};
use serde_json::{Map, Value};
use std::env::VarError;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Maximum size of a config or secret file, in bytes: 1 MiB. A larger one is the wrong file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The secret that becomes the `Authorization` header.
const API_TOKEN: &str = "api_token";

/// Replaces the value in messages if it may be a token.
const REVOKE: &str = "if it was a real token, revoke it";

const KEYS: [&str; 4] = ["settings", "secrets", "component", "limits"];

/// A config file that was read and is well-formed. The component validates the settings.
#[derive(Debug)]
pub struct Config {
    /// The settings, as a JSON value.
    pub settings: Value,
    /// The names of all secrets.
    pub secret_names: Vec<String>,
    /// The token, which only the host sees.
    pub token: Option<Token>,
    /// The component to use instead of the bundled one.
    pub component: Option<PathBuf>,
    /// The limits on what the component may use.
    pub limits: Limits,
    /// Files that the config uses, including the config itself. None of them may be an output.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Reads a config file and the secrets that it points to. Relative paths start at the folder of the config file.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the file and the key, but never with the value of a secret.
    pub fn read(path: &Path) -> Result<Self> {
        read_small(path)
            .and_then(|text| Self::parse(&text, path))
            .map_err(|why| Failure::Refused(format!("{}: {why}", path.display())))
    }

    fn parse(text: &str, path: &Path) -> std::result::Result<Self, String> {
        let mut top = object(json::read(text)?, "the config")?;
        misplaced::at_top(&top, &KEYS)?;
        known(&top, "", &KEYS)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut config = Self {
            settings: top.remove("settings").ok_or("the key settings is missing")?,
            secret_names: Vec::new(),
            token: None,
            component: None,
            limits: limits(top.remove("limits"))?,
            files: vec![path.to_owned()],
        };
        misplaced::in_settings(&config.settings)?;
        if let Some(value) = top.remove("component") {
            let file = value.as_str().ok_or("component: must be the path of a file")?;
            config.component = Some(folder.join(file));
            config.files.push(folder.join(file));
        }
        if let Some(value) = top.remove("secrets") {
            for (name, source) in object(value, "secrets")? {
                misplaced::as_name(&name)?;
                config
                    .secret(&name, source, folder)
                    .map_err(|why| misplaced::in_secrets(&name, why))?;
            }
        }
        Ok(config)
    }

    fn secret(
        &mut self,
        name: &str,
        source: Value,
        folder: &Path,
    ) -> std::result::Result<(), String> {
        let (place, text) = match source {
            Value::Object(source) => self.fetch(name, source, folder),
            // The message does not quote the value, which may be a live token.
            _ => Err(format!(
                "secrets.{name}: a secret does not belong in the config; put it in a file and \
                 write {{\"file\": \"PATH\"}}, or {{\"env\": \"NAME\"}}; {REVOKE}"
            )),
        }?;
        let token = Token::new(&text)
            .map_err(|why| format!("secrets.{name}: the token in {place} {why}"))?;
        if name == API_TOKEN {
            self.token = Some(token);
        }
        self.secret_names.push(name.to_owned());
        Ok(())
    }

    /// Returns a description of where a secret is, and the secret.
    fn fetch(
        &mut self,
        name: &str,
        source: Map<String, Value>,
        folder: &Path,
    ) -> std::result::Result<(String, String), String> {
        known(&source, &format!("secrets.{name}."), &["env", "file"])?;
        match (source.get("env"), source.get("file")) {
            (Some(Value::String(variable)), None) => match is_variable(variable) {
                true => {
                    let place = format!("the environment variable {variable}");
                    let value = std::env::var(variable).map_err(|why| match why {
                        VarError::NotPresent => format!("secrets.{name}: {place} is not set"),
                        VarError::NotUnicode(_) => format!("secrets.{name}: {place} is not UTF-8"),
                    });
                    Ok((place, value?))
                }
                false => Err(format!(
                    "secrets.{name}: env must be the name of an environment variable; {REVOKE}"
                )),
            },
            (None, Some(Value::String(file))) => {
                let path = folder.join(file);
                let text = read_small(&path).map_err(|why| match is_like(file) {
                    true => format!("secrets.{name}: file must be the path of a file; {REVOKE}"),
                    false => format!("secrets.{name}: {}: {why}", path.display()),
                })?;
                let place =
                    if is_like(file) { "the file".into() } else { path.display().to_string() };
                self.files.push(path);
                Ok((place, text))
            }
            _ => Err(format!(
                "secrets.{name}: needs exactly one of \"env\" and \"file\", with a string"
            )),
        }
    }

    /// Returns what the component gets. If `is_exposed`, that includes the token itself instead of
    /// its placeholder.
    pub fn configuration(&self, checkpoint: Option<String>, is_exposed: bool) -> Configuration {
        let token = self.token.as_ref().filter(|_| is_exposed);
        let secret = |name: &String| {
            let token = token.filter(|_| name == API_TOKEN);
            let value = token.map_or(PLACEHOLDER, Token::exposed);
            Secret { name: name.clone(), value: value.to_owned() }
        };
        Configuration {
            settings: self.settings.to_string(),
            secrets: self.secret_names.iter().map(secret).collect(),
            checkpoint,
        }
    }

    /// Returns the origin of the endpoint in the settings, or else Buildkite's.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is wrong with the setting `endpoint`.
    pub fn origin(&self) -> std::result::Result<Origin, String> {
        match self.settings.get("endpoint") {
            None => Origin::parse(DEFAULT_ENDPOINT),
            Some(Value::String(url)) => Origin::parse(url),
            Some(_) => Err("must be a string".to_owned()),
        }
        .map_err(|why| format!("settings.endpoint: {why}"))
    }
}

/// Returns whether a text looks like the name of an environment variable.
fn is_variable(text: &str) -> bool {
    let mut all = text.bytes();
    all.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && all.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_like(text)
}

fn read_small(path: &Path) -> std::result::Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let size =
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if size as u64 > FILE_BYTES_MAX {
        return Err(format!("is larger than {FILE_BYTES_MAX} bytes"));
    }
    decode(bytes)
}

fn limits(value: Option<Value>) -> std::result::Result<Limits, String> {
    let mut limits = Limits::default();
    if let Some(value) = value {
        let object = object(value, "limits")?;
        known(&object, "limits.", &limits::KEYS)?;
        limits.set(&object)?;
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::result::Result<Config, String> {
        Config::parse(text, Path::new("/nowhere/config.json"))
    }

    #[test]
    fn an_unknown_key_is_named_with_a_similar_known_key() {
        let error = parse(r#"{"setings": {}}"#).unwrap_err();
        assert_eq!(error, "unknown key setings; did you mean settings?");
        let error = parse(r#"{"settings": {}, "limits": {"memory": 1}}"#).unwrap_err();
        assert_eq!(error, "unknown key limits.memory; did you mean limits.memory_mib?");
        let error = parse(r#"{"settings": {}, "x": 1}"#).unwrap_err();
        assert_eq!(error, "unknown key x; known: settings, secrets, component, limits");
    }

    #[test]
    fn a_literal_token_is_refused_and_not_quoted() {
        let text = r#"{"settings": {}, "secrets": {"api_token": "bkua_secret"}}"#;
        let error = parse(text).unwrap_err();
        assert!(error.contains("{\"file\": \"PATH\"}") && !error.contains("bkua"), "{error}");
    }

    #[test]
    fn a_secret_names_exactly_one_place() {
        for bad in [r#"{}"#, r#"{"env": "A", "file": "B"}"#, r#"{"env": 1}"#] {
            let text = format!(r#"{{"settings": {{}}, "secrets": {{"api_token": {bad}}}}}"#);
            assert!(parse(&text).unwrap_err().contains("exactly one"), "{bad}");
        }
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(parse(r#"{"settings": {}}"#).unwrap().limits, Limits::default());
        for bad in ["0", "4097", "-1", "\"1\"", "1.5"] {
            let text = format!(r#"{{"settings": {{}}, "limits": {{"memory_mib": {bad}}}}}"#);
            assert!(parse(&text).unwrap_err().contains("from 1 to 4096"), "{bad}");
        }
    }
}

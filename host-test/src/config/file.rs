//! The config file. The operator writes it, so it may name files, environment variables and limits.
//! It never holds a token.

use crate::config::json;
use crate::config::keys::{known, object};
use crate::config::misplaced;
use crate::config::secret;
use crate::config::{credential, text};
use crate::credential::held::Credential;
use crate::credential::token::{PLACEHOLDER, Token};
use crate::egress::origin::Origin;
use crate::exit::Failure;
use crate::guest::contract::{Configuration, Secret};
use crate::limits::Limits;
use buildkite_audit_logs::settings::endpoint;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The secret that becomes the `Authorization` header.
const API_TOKEN: &str = "api_token";

const KEYS: [&str; 4] = ["settings", "secrets", "component", "limits"];

/// A well-formed config file. The component validates the settings.
#[derive(Debug)]
pub struct Config {
    /// The settings, as a JSON value.
    pub settings: Value,
    /// The names of all secrets.
    pub secret_names: Vec<String>,
    /// What `api_token` says, which only the host sees.
    pub credential: Option<Credential>,
    /// The component to use instead of the bundled one.
    pub component: Option<PathBuf>,
    /// The limits on the component's resources.
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
    pub fn read(path: &Path) -> Result<Self, Failure> {
        text::read(path)
            .and_then(|text| Self::parse(&text, path))
            .map_err(|why| Failure::Refused(format!("{}: {why}", path.display())))
    }

    fn parse(text: &str, path: &Path) -> Result<Self, String> {
        let mut top = object(json::read(text)?, "the config")?;
        misplaced::at_top(&top, &KEYS)?;
        known(&top, "", &KEYS)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut config = Self {
            settings: top.remove("settings").ok_or("the key settings is missing")?,
            secret_names: Vec::new(),
            credential: None,
            component: None,
            limits: limits(top.remove("limits"))?,
            files: vec![path.to_owned()],
        };
        misplaced::in_settings(&config.settings)?;
        if let Some(value) = top.remove("component") {
            let file = value.as_str().ok_or(
                "component: must be a file's path; leave it out for the bundled component",
            )?;
            config.component = Some(folder.join(file));
            config.files.push(folder.join(file));
        }
        if let Some(value) = top.remove("secrets") {
            for (name, source) in object(value, "secrets")? {
                let mut files = Vec::new();
                let mut find = |place: &str, source: Value| {
                    let found = secret::find(place, source, folder)?;
                    files.extend(found.file.clone());
                    Ok(found)
                };
                config.keep(&name, source, &mut find)?;
                config.files.append(&mut files);
            }
        }
        Ok(config)
    }

    /// Keeps a secret. `find` reads what a value points to.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is wrong with it and does not quote it.
    pub(crate) fn keep(
        &mut self,
        name: &str,
        source: Value,
        find: &mut credential::Find<'_>,
    ) -> Result<(), String> {
        misplaced::as_name(name)?;
        let place = format!("secrets.{name}");
        if name == API_TOKEN && credential::is_method(&source) {
            self.credential = Some(credential::method(&place, source, &self.settings, find)?);
        } else {
            let read = find(&place, source)
                .and_then(|found| {
                    credential::stored(&found).map_err(|why| format!("{place}: {why}"))
                })
                .map_err(|why| misplaced::in_secrets(name, why))?;
            if name == API_TOKEN {
                self.credential = Some(read);
            }
        }
        self.secret_names.push(name.to_owned());
        Ok(())
    }

    /// Returns what the component receives. If `is_exposed`, that includes the token itself instead of
    /// its placeholder.
    ///
    /// # Errors
    ///
    /// Returns a message if `is_exposed`, but the credential is not a stored token.
    pub fn configuration(
        &self,
        checkpoint: Option<String>,
        is_exposed: bool,
    ) -> Result<Configuration, String> {
        let credential = self.credential.as_ref().filter(|_| is_exposed);
        let token = credential.and_then(Credential::plain_token);
        if credential.is_some() && token.is_none() {
            return Err(
                "secrets.api_token: with --expose-token, it must be a token in a file".into()
            );
        }
        let secret = |name: &String| {
            let token = token.as_ref().filter(|_| name == API_TOKEN);
            let value = token.map_or(PLACEHOLDER, Token::exposed);
            Secret { name: name.clone(), value: value.to_owned() }
        };
        Ok(Configuration {
            settings: self.settings.to_string(),
            secrets: self.secret_names.iter().map(secret).collect(),
            checkpoint,
        })
    }

    /// Returns the origin of the endpoint in the settings, or else Buildkite's.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is wrong with the setting `endpoint`.
    pub fn origin(&self) -> Result<Origin, String> {
        match self.settings.get("endpoint") {
            None => Origin::parse(endpoint::DEFAULT),
            Some(Value::String(url)) => Origin::parse(url),
            Some(_) => Err("must be a string".to_owned()),
        }
        .map_err(|why| format!("settings.endpoint: {why}"))
    }
}

fn limits(value: Option<Value>) -> Result<Limits, String> {
    let mut limits = Limits::default();
    if let Some(value) = value {
        let object = object(value, "limits")?;
        known(&object, "limits.", &Limits::keys())?;
        limits.set(&object)?;
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
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
        for (bad, words) in [
            (r#"{}"#, "has neither env nor file"),
            (r#"{"env": "A", "file": "B"}"#, "has both env and file"),
            (r#"{"env": 1}"#, "env must be a string"),
            (r#"{"file": null}"#, "file must be a string"),
            ("null", "must not be null"),
            (
                r#"{"file": "missing"}"#,
                "the file /nowhere/missing does not exist; check the path, or create it",
            ),
            (r#"{"value": "bkua_secret"}"#, "revoke it"),
        ] {
            let text = format!(r#"{{"settings": {{}}, "secrets": {{"api_token": {bad}}}}}"#);
            let error = parse(&text).unwrap_err();
            assert!(
                error.starts_with("secrets.api_token: ") || error.contains("unknown key"),
                "{error}"
            );
            assert!(error.contains(words) && !error.contains("bkua_"), "{error}");
        }
    }

    #[test]
    fn a_token_instead_of_a_config_is_recognized_and_not_quoted() {
        let error = parse("bkua_0123456789abcdef0123456789abcdef01234567\n").unwrap_err();
        assert!(
            error.starts_with("is a token, not a config") && !error.contains("bkua_"),
            "{error}"
        );
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

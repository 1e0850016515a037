//! The settings: which schema, in which version.

use serde_json::{Map, Value};

/// JSON Schema of the settings.
pub const SETTINGS_SCHEMA: &str = include_str!("settings.schema.json");

/// Maximum length of `org_slug` in characters. Buildkite's own limit is lower.
const SLUG_CHARS_MAX: usize = 255;

/// The schema to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The Open Cybersecurity Schema Framework.
    Ocsf(Version),
    /// The Elastic Common Schema.
    Ecs(Version),
}

/// A version of a schema, as text and as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// For example `1.8.0`.
    pub text: &'static str,
    /// Major and minor number.
    pub number: (u16, u16),
}

/// Versions of OCSF. The first is the default: the newest one that validators have.
const OCSF: [Version; 2] =
    [Version { text: "1.8.0", number: (1, 8) }, Version { text: "1.9.0", number: (1, 9) }];

/// Versions of ECS. The first is the default: the one that Elastic's own integrations write.
const ECS: [Version; 2] =
    [Version { text: "8.11.0", number: (8, 11) }, Version { text: "9.4.0", number: (9, 4) }];

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The schema to write.
    pub schema: Schema,
    /// The slug of the organization.
    pub org_slug: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the field; `settings` for the object as a whole.
    pub field: String,
    /// What is wrong, and what a valid value looks like.
    pub message: String,
}

impl Settings {
    /// Reads the settings, a JSON object.
    ///
    /// # Errors
    ///
    /// Returns everything that is wrong with them.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let fault = |field: &str, message: String| Fault { field: field.to_owned(), message };
        let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
            vec![fault("settings", format!("must be a JSON object, such as {{}}: {error}"))]
        })?;
        let mut faults = Vec::new();
        for key in object.keys().filter(|key| !["schema", "version", "org_slug"].contains(&&***key))
        {
            let message = "unknown; the settings are schema, version and org_slug";
            faults.push(fault(key, message.to_owned()));
        }
        let (wrap, versions): (fn(Version) -> Schema, _) = match object.get("schema") {
            None => (Schema::Ocsf, OCSF),
            Some(name) if name == "ocsf" => (Schema::Ocsf, OCSF),
            Some(name) if name == "ecs" => (Schema::Ecs, ECS),
            Some(_) => {
                faults.push(fault("schema", "must be \"ocsf\" or \"ecs\"".to_owned()));
                (Schema::Ocsf, OCSF)
            }
        };
        let named = |name: &Value| versions.into_iter().find(|version| name == version.text);
        let version = object.get("version").map_or(Some(versions[0]), named);
        if version.is_none() && !faults.iter().any(|fault| fault.field == "schema") {
            let [default, other] = versions.map(|version| version.text);
            let name = if versions[0] == ECS[0] { "ecs" } else { "ocsf" };
            let message = format!("for {name}, must be \"{default}\" (the default) or \"{other}\"");
            faults.push(fault("version", message));
        }
        let org_slug = object.get("org_slug");
        let slug = org_slug.and_then(Value::as_str).filter(|slug| is_slug(slug));
        if org_slug.is_some() && slug.is_none() {
            let message = format!(
                "must be the organization's slug, a text of 1 to {SLUG_CHARS_MAX} characters; \
                 leave it out if there is none"
            );
            faults.push(fault("org_slug", message));
        }
        match version {
            Some(version) if faults.is_empty() => {
                Ok(Self { schema: wrap(version), org_slug: slug.map(str::to_owned) })
            }
            _ => Err(faults),
        }
    }
}

fn is_slug(text: &str) -> bool {
    (1..=SLUG_CHARS_MAX).contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Settings::parse(text).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn defaults_and_every_version_are_accepted() {
        let schema = |text| Settings::parse(text).unwrap().schema;
        assert_eq!(schema("{}"), Schema::Ocsf(OCSF[0]));
        assert_eq!(schema(r#"{"schema":"ecs"}"#), Schema::Ecs(ECS[0]));
        assert_eq!(schema(r#"{"version":"1.9.0"}"#), Schema::Ocsf(OCSF[1]));
        assert_eq!(schema(r#"{"schema":"ecs","version":"9.4.0"}"#), Schema::Ecs(ECS[1]));
        for version in OCSF.iter().chain(&ECS) {
            assert!(SETTINGS_SCHEMA.contains(&format!("\"{}\"", version.text)));
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        assert_eq!(faults("[]"), ["settings"]);
        assert_eq!(faults(r#"{"schema":"cef","version":1}"#), ["schema"]);
        assert_eq!(faults(r#"{"schema":"ecs","version":"1.8.0"}"#), ["version"]);
        assert_eq!(faults(r#"{"Schema":"ecs","org_slug":""}"#), ["Schema", "org_slug"]);
        assert_eq!(faults(r#"{"version":null,"org_slug":5}"#), ["version", "org_slug"]);
    }
}

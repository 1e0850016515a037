//! The settings: which schema, in which version.

use source_text::json::{Members, string};

/// JSON Schema of the settings.
pub const SETTINGS_SCHEMA: &str = include_str!("settings.schema.json");

/// Maximum length of `org_slug` in characters. Buildkite's own limit is lower.
const SLUG_CHARS_MAX: usize = 255;

/// The schema to write, and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// The Open Cybersecurity Schema Framework.
    Ocsf(&'static str),
    /// The Elastic Common Schema.
    Ecs(&'static str),
}

/// Versions of OCSF. The first is the default: the newest one that validators have.
const OCSF: [&str; 2] = ["1.8.0", "1.9.0"];

/// Versions of ECS. The first is the default: the one that Elastic's own integrations write.
const ECS: [&str; 2] = ["8.11.0", "9.4.0"];

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
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: String| {
            faults.push(Fault { field: field.to_owned(), message });
        };
        let mut members = Members::read(text).unwrap_or_else(|why| {
            fault("settings", format!("must be a JSON object, such as {{}}: {why}"));
            Members::default()
        });
        for key in ["schema", "version", "org_slug"] {
            if members.is_twice(key) {
                fault(key, "appears twice; remove one of the two".to_owned());
            }
        }
        // `None` for a key that is missing, and an empty text for anything but a text.
        let mut take = |key| members.take_any(key).map(|json| string(json).unwrap_or_default());
        let (schema, version, slug) = (take("schema"), take("version"), take("org_slug"));
        let (wrap, versions): (fn(&'static str) -> Schema, _) = match schema.as_deref() {
            Some("ecs") => (Schema::Ecs, Some(("ecs", ECS))),
            None | Some("ocsf") => (Schema::Ocsf, Some(("ocsf", OCSF))),
            Some(_) => {
                fault("schema", "must be \"ocsf\" or \"ecs\"".to_owned());
                (Schema::Ocsf, None)
            }
        };
        let mut chosen = OCSF[0];
        // Whose version it is is unknown without a schema.
        if let Some((name, [default, other])) = versions {
            chosen = default;
            match version.as_deref() {
                None => {}
                Some(version) if version == default => {}
                Some(version) if version == other => chosen = other,
                Some(_) => fault(
                    "version",
                    format!("for {name}, must be \"{default}\" (the default) or \"{other}\""),
                ),
            }
        }
        if slug.as_deref().is_some_and(|slug| !is_slug(slug)) {
            let message = format!(
                "must be the organization's slug, a text of 1 to {SLUG_CHARS_MAX} characters; \
                 leave it out if there is none"
            );
            fault("org_slug", message);
        }
        for key in members.rest() {
            let message = "unknown; the settings are schema, version and org_slug";
            fault(key, message.to_owned());
        }
        match faults.is_empty() {
            true => Ok(Self { schema: wrap(chosen), org_slug: slug }),
            false => Err(faults),
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
            assert!(SETTINGS_SCHEMA.contains(&format!("\"{version}\"")));
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        assert_eq!(faults("[]"), ["settings"]);
        assert_eq!(faults(r#"{"schema":"cef","version":1}"#), ["schema"]);
        assert_eq!(faults(r#"{"schema":"ecs","version":"1.8.0"}"#), ["version"]);
        assert_eq!(faults(r#"{"Schema":"ecs","org_slug":""}"#), ["org_slug", "Schema"]);
        assert_eq!(faults(r#"{"version":null,"org_slug":5}"#), ["version", "org_slug"]);
        assert_eq!(faults(r#"{"schema":"ecs","schema":"ocsf"}"#), ["schema"]);
        assert!(Settings::parse(&format!(r#"{{"org_slug":"{}"}}"#, "x".repeat(255))).is_ok());
        assert_eq!(faults(&format!(r#"{{"org_slug":"{}"}}"#, "x".repeat(256))), ["org_slug"]);
    }
}

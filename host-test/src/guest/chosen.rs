//! The transform that the operator chose, and its settings.

use crate::config::file::Config;
use crate::config::json;
use crate::exit::{Failure, Result};
use crate::guest::component::Plugin;
use crate::guest::engine::{CodeCache, Options, build};
use crate::guest::source::Source;
use crate::guest::transform::{BUNDLED, Descriptor, Transform, TransformPlugin};
use crate::limits::Limits;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// The operator's flags for a transform.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Flags {
    /// Write records as OCSF or ECS, or as the transform component FILE maps them.
    #[arg(long, value_name = "ocsf|ecs|FILE")]
    transform: Option<Choice>,
    /// Settings of the transform, for example '{"version": "1.9.0"}'. `host-test describe --transform
    /// ocsf` shows all of them.
    #[arg(long, value_name = "JSON", requires = "transform")]
    transform_settings: Option<String>,
}

/// A transform.
#[derive(Debug, Clone)]
pub enum Choice {
    /// The bundled one, with this schema.
    Bundled(&'static str),
    /// The component in a file.
    File(PathBuf),
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        let bundled = ["ocsf", "ecs"].into_iter().find(|name| *name == text);
        Ok(bundled.map_or_else(|| Self::File(text.into()), Self::Bundled))
    }
}

/// A transform, ready to be started.
pub struct Chosen {
    plugin: TransformPlugin,
    settings: Map<String, Value>,
    /// Whether it is known to have the setting `org_slug`.
    takes_slug: bool,
}

impl Flags {
    /// Returns the number of instances for each source: itself and, if one is chosen, the transform.
    pub fn instances_per_source(&self) -> u32 {
        1 + u32::from(self.transform.is_some())
    }

    /// Returns the transform as the operator named it, for the log.
    pub fn name(&self) -> String {
        match &self.transform {
            None => "none".to_owned(),
            Some(Choice::Bundled(schema)) => (*schema).to_owned(),
            Some(Choice::File(path)) => path.display().to_string(),
        }
    }

    /// Returns the file of the transform, unless it is the bundled one.
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.transform {
            Some(Choice::File(path)) => Some(path),
            _ => None,
        }
    }

    /// Loads the transform that is chosen, if any. It shares the engine of the source, if that can interrupt it or need
    /// not.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the settings are not a JSON object or choose another schema, and the errors of
    /// [`build`] and [`TransformPlugin::new`].
    pub fn load(&self, source: &Plugin, code: &CodeCache) -> Result<Option<Chosen>> {
        let Some(choice) = &self.transform else { return Ok(None) };
        let mut settings = self.settings()?;
        Ok(Some(match choice {
            Choice::Bundled(schema) => {
                let named = settings.insert("schema".to_owned(), Value::from(*schema));
                if named.is_some_and(|named| named != *schema) {
                    let why =
                        format!("schema: --transform {schema} already chose it; leave it out");
                    return Err(Failure::Refused(format!("--transform-settings: {why}")));
                }
                Chosen::bundled(source, settings)?
            }
            Choice::File(path) => {
                // Only the bundled components are trusted to run where nothing can interrupt them.
                let engine = match source.is_watched {
                    true => build(&Options { code: code.clone(), ..Options::default() })?,
                    false => source.engine.clone(),
                };
                let plugin = TransformPlugin::load(&engine, path)?;
                Chosen { plugin, settings, takes_slug: false }
            }
        }))
    }

    fn settings(&self) -> Result<Map<String, Value>> {
        let refuse = |why: &str| {
            let example = r#"'{"version": "1.9.0"}'"#;
            let why = format!("must be a JSON object, such as {example}: {why}");
            Failure::Refused(format!("--transform-settings: {why}"))
        };
        match json::read(self.transform_settings.as_deref().unwrap_or("{}")) {
            Ok(Value::Object(settings)) => Ok(settings),
            Ok(_) => Err(refuse("it is another value")),
            Err(why) => Err(refuse(&why)),
        }
    }
}

impl Chosen {
    /// Prepares the bundled transform. It shares the engine of the source.
    ///
    /// # Errors
    ///
    /// Same as [`TransformPlugin::new`].
    pub fn bundled(source: &Plugin, settings: Map<String, Value>) -> Result<Self> {
        let plugin = TransformPlugin::new(&source.engine, BUNDLED, source.is_watched)?;
        Ok(Self { plugin, settings, takes_slug: true })
    }

    /// Returns the transform's description of itself.
    ///
    /// # Errors
    ///
    /// Same as [`Transform::start`] and [`Transform::describe`].
    pub async fn describe(&self) -> Result<Descriptor> {
        Transform::start(&self.plugin, Limits::default()).await?.describe().await
    }

    /// Starts an instance, and configures it. The slug, if known, is the default of the bundled transform's setting.
    ///
    /// # Errors
    ///
    /// Same as [`Transform::start`] and [`Transform::configure`].
    pub async fn start(&self, limits: Limits, slug: Option<&str>) -> Result<Transform> {
        let mut settings = self.settings.clone();
        if let Some(slug) = slug.filter(|_| self.takes_slug) {
            settings.entry("org_slug").or_insert_with(|| Value::from(slug));
        }
        let mut transform = Transform::start(&self.plugin, limits).await?;
        transform.configure(&Value::Object(settings).to_string()).await?;
        Ok(transform)
    }

    /// Tries the settings for many tenants, so that a mistake in them is an error at the start, and not one of each tenant.
    ///
    /// # Errors
    ///
    /// Same as [`Chosen::start`].
    pub async fn tried(self, limits: Limits) -> Result<Self> {
        if self.takes_slug && self.settings.contains_key("org_slug") {
            let why =
                "org_slug: it would be that of every tenant; leave it out, and each has its own";
            return Err(Failure::Refused(format!("--transform-settings: {why}")));
        }
        self.start(limits, None).await.map(|_| self)
    }
}

/// Checks that a source does not contain a transform already, which would map its records twice.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if it does, and [`Failure::Failed`] on a trap or an exceeded limit.
pub async fn insist_on_raw(source: &mut Source) -> Result<()> {
    let schema = source.describe().await?.settings_schema;
    let schema: Value = serde_json::from_str(&schema).unwrap_or_default();
    match schema.pointer("/properties/transform") {
        None => Ok(()),
        Some(_) => Err(Failure::Refused(
            "--transform: the component contains a transform already (its setting `transform`); \
             leave out one of the two"
                .to_owned(),
        )),
    }
}

/// Starts the transform of a source with this config, if there is one.
///
/// # Errors
///
/// Same as [`Chosen::start`].
pub async fn start_for(chosen: Option<&Chosen>, config: &Config) -> Result<Option<Transform>> {
    let slug = config.settings.get("org_slug").and_then(Value::as_str);
    match chosen {
        Some(chosen) => chosen.start(config.limits, slug).await.map(Some),
        None => Ok(None),
    }
}

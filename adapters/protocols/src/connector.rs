//! The component, and what it says of itself.

use crate::settings::Settings;
use clap::Args;
use host_test::commands::source;
use host_test::egress::hook::Egress;
use host_test::egress::outbound::{Environment, Flags, Outbound};
use host_test::exit::{Failure, Result};
use host_test::guest::chosen::Chosen;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::CodeCache;
use host_test::guest::source::{Limits, Source};
use serde_json::{Map, Value};

/// The flags of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    #[command(flatten)]
    network: Flags,
    #[command(flatten)]
    code: CodeCache,
}

/// The bundled component, compiled.
pub struct Connector {
    plugin: Plugin,
    outbound: Outbound,
    /// JSON Schema of the settings. The key `x-secrets` lists the secrets.
    pub settings: Value,
    /// JSON Schema of a record, before a transform.
    pub record: Value,
}

impl Connector {
    /// Loads the bundled component, and asks it to describe itself. Sends nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if a flag is invalid, and [`Failure::Failed`] if this machine cannot run the component.
    pub async fn load(options: &Options) -> Result<Self> {
        let outbound = Outbound::new(&options.network, Environment::Used)?;
        let plugin = Plugin::trusted(&options.code, BUNDLED)?;
        let mut source = Source::start(&plugin, Egress::Closed, Limits::default(), None).await?;
        let described = source.describe().await?;
        Ok(Self {
            outbound,
            settings: schema(&described.settings_schema)?,
            record: schema(&described.record_schema)?,
            plugin,
        })
    }

    /// Returns the JSON Schema of the settings of the transform.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if this machine cannot run it.
    pub async fn transform_settings(&self) -> Result<Value> {
        let transform = Chosen::bundled(&self.plugin, Map::new())?;
        schema(&transform.describe().await?.settings_schema)
    }

    /// Starts an instance with these settings. It sends nothing until it is called.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with everything that is wrong with the settings or the checkpoint.
    pub async fn start(&self, settings: &Settings, checkpoint: Option<String>) -> Result<Source> {
        let chosen = settings.transform.clone();
        let chosen = chosen.map(|chosen| Chosen::bundled(&self.plugin, chosen)).transpose()?;
        source(&self.plugin, &settings.config, checkpoint, &self.outbound, chosen.as_ref()).await
    }
}

fn schema(text: &str) -> Result<Value> {
    let fail = |error| Failure::Failed(format!("the component's schema is not JSON: {error}"));
    serde_json::from_str(text).map_err(fail)
}

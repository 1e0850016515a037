//! Which component is run, and where its requests may go.

use crate::egress::hook::Egress;
use crate::egress::named;
use crate::egress::origin::Origin;
use crate::exit::{Failure, Result};
use crate::guest::component::Plugin;
use crate::guest::engine::{Options, build};
use crate::guest::limits::Limits;
use crate::guest::source::Source;
use std::path::PathBuf;

/// What the operator says of it.
#[derive(Debug, clap::Args)]
pub struct Supply {
    /// Where requests may go: https://HOST[:PORT]; may be repeated. Default: what the component
    /// describes, if it is the bundled one or pinned.
    #[arg(long = "allow-host", value_name = "ORIGIN")]
    allow_hosts: Vec<String>,
    /// Another component than the bundled one.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Take that component only if its SHA-256 is this one, in hexadecimal.
    #[arg(long, value_name = "HEX", requires = "component")]
    component_sha256: Option<String>,
}

impl Supply {
    /// Loads it.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it is not the pinned one, or refused by [`Plugin::load`].
    pub fn plugin(&self, options: &Options) -> Result<Plugin> {
        let engine = build(options)?;
        let plugin = Plugin::load(&engine, self.component.as_deref())?;
        match &self.component_sha256 {
            Some(pin) if !pin.eq_ignore_ascii_case(&plugin.sha256) => Err(Failure::Refused(
                format!("--component-sha256: the component's is {}, not {pin}", plugin.sha256),
            )),
            _ => Ok(plugin),
        }
    }

    /// Where requests may go: what the operator says, and only without that a trusted component's word.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when nobody who may says so, or what is said is not an origin.
    pub async fn origins(&self, plugin: &Plugin, limits: Limits) -> Result<Vec<Origin>> {
        if !self.allow_hosts.is_empty() {
            let named = self.allow_hosts.iter().map(|text| named::origin("--allow-host", text));
            return named.collect();
        }
        if self.component.is_some() && self.component_sha256.is_none() {
            let why = "nobody says where its requests may go: give --allow-host, or pin the component \
                   with --component-sha256 to take its word";
            return Err(Failure::Refused(format!("--component: {why}")));
        }
        let mut source = Source::start(plugin, Egress::Closed, limits, None).await?;
        let described = source.describe().await?.allowed_hosts;
        let origin = |url: &String| {
            Origin::parse(url)
                .map_err(|why| Failure::Refused(format!("the component describes {url}: {why}")))
        };
        described.iter().map(origin).collect()
    }
}

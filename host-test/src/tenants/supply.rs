//! The component to run, and the origins that it may send requests to.

use crate::egress::hook::Egress;
use crate::egress::named;
use crate::egress::origin::Origin;
use crate::exit::{Failure, Result};
use crate::guest::chosen::insist_on_raw;
use crate::guest::component::Plugin;
use crate::guest::engine::{Options, build};
use crate::guest::source::Source;
use crate::limits::Limits;
use std::path::PathBuf;

/// The operator's flags for the component.
#[derive(Debug, clap::Args)]
pub struct Supply {
    /// Allow requests to https://HOST[:PORT]; can be repeated. Default: the origins that the
    /// component describes, if it is the bundled one or pinned by --component-sha256.
    #[arg(long = "allow-host", value_name = "ORIGIN")]
    allow_hosts: Vec<String>,
    /// Run this component instead of the bundled one.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Refuse the component unless its SHA-256 is HEX.
    #[arg(long, value_name = "HEX", requires = "component")]
    component_sha256: Option<String>,
}

impl Supply {
    /// Loads the component.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it is not the pinned component, and the errors of [`build`] and
    /// [`Plugin::load`].
    pub fn plugin(&self, options: &Options) -> Result<Plugin> {
        let engine = build(options)?;
        let plugin = Plugin::load(&engine, self.component.as_deref())?;
        match &self.component_sha256 {
            Some(pin) if !pin.eq_ignore_ascii_case(&plugin.sha256) => {
                Err(Failure::Refused(format!(
                    "--component-sha256: the component's SHA-256 is {}, not {pin}",
                    plugin.sha256
                )))
            }
            _ => Ok(plugin),
        }
    }

    /// Returns the allowed origins: those that the operator named or, if there are none, those that
    /// a trusted component describes.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if there are none, if one is not a valid origin, or if there is a transform and the
    /// component contains another one.
    pub async fn origins(
        &self,
        plugin: &Plugin,
        limits: Limits,
        is_transformed: bool,
    ) -> Result<Vec<Origin>> {
        let mut source = Source::start(plugin, Egress::Closed, limits, None).await?;
        if is_transformed {
            insist_on_raw(&mut source).await?;
        }
        if !self.allow_hosts.is_empty() {
            let named = self.allow_hosts.iter().map(|text| named::origin("--allow-host", text));
            return named.collect();
        }
        if self.component.is_some() && self.component_sha256.is_none() {
            let why = "an unpinned component cannot choose its hosts; use --allow-host, or pin \
                       the component with --component-sha256";
            return Err(Failure::Refused(format!("--component: {why}")));
        }
        let described = source.describe().await?.allowed_hosts;
        let origin = |url: &String| {
            Origin::parse(url).map_err(|why| {
                Failure::Refused(format!("the component's allowed host {url} {why}"))
            })
        };
        described.iter().map(origin).collect()
    }
}

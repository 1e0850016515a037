//! One module for each command, and what they share: loading a component, configuring it, and printing.

pub mod check;
pub(crate) mod credential;
pub mod demo;
pub mod describe;
pub mod fake;
pub mod preview;
pub mod run;
pub mod state;
pub mod tenants;

use crate::config::file::Config;
use crate::credential::held::Credential;
use crate::egress::hook::Egress;
use crate::egress::network::Network;
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::exit::{Failure, Result};
use crate::guest::chosen::{Chosen, insist_on_raw, start_for};
use crate::guest::component::{BUNDLED, Plugin};
use crate::guest::engine::{CodeCache, Options, build};
use crate::guest::source::Source;
use crate::output::stream::{self, unwritten};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Loads the component that the command line names, or the one that the config names, or the bundled one.
///
/// # Errors
///
/// Same as [`Plugin::load`] and [`Plugin::trusted`].
pub fn plugin(named: Option<&PathBuf>, config: &Config, code: &CodeCache) -> Result<Plugin> {
    load(named.or(config.component.as_ref()).map(PathBuf::as_path), code)
}

/// Loads the component at `path`, or the bundled one. Only the bundled one is trusted.
///
/// # Errors
///
/// Same as [`Plugin::load`] and [`Plugin::trusted`].
fn load(path: Option<&Path>, code: &CodeCache) -> Result<Plugin> {
    match path {
        None => Plugin::trusted(code, BUNDLED),
        path => {
            let engine = build(&Options { code: code.clone(), ..Options::default() })?;
            Plugin::load(&engine, path)
        }
    }
}

/// Starts an instance and configures it, together with its transform. The instance can reach only the config's origin,
/// through the network that the operator chose.
///
/// # Errors
///
/// Returns what the component or the host finds wrong with the config.
pub async fn source(
    plugin: &Plugin,
    config: &Config,
    checkpoint: Option<String>,
    outbound: &Outbound,
    transform: Option<&Chosen>,
) -> Result<Source> {
    if config.settings.get("endpoint").and_then(Value::as_str).is_some_and(|url| url.contains('@'))
    {
        // Refused here without quoting the value: the component would quote the password.
        let why = "settings.endpoint: must not contain a user name, a password or any @";
        return Err(Failure::Refused(why.to_owned()));
    }
    // The component goes first, because it reports everything that is wrong with the settings.
    let (egress, wrong) = match config.origin() {
        Ok(origin) => {
            let credential = config.credential.clone();
            let mut all = vec![origin.clone()];
            let url = credential.as_ref().and_then(Credential::token_url);
            all.extend(url.and_then(|(url, _)| Origin::parse(url).ok()));
            outbound.prepare(&all)?;
            let network = Network::through(vec![origin], credential, outbound, &config.limits)?;
            (Egress::Network(network), None)
        }
        Err(why) => (Egress::Closed, Some(why)),
    };
    let mut source = Source::start(plugin, egress, config.limits, None).await?;
    let configuration = config.configuration(checkpoint, false).map_err(Failure::Refused)?;
    source.configure(&configuration).await?;
    if let Some(why) = wrong {
        return Err(Failure::Refused(why));
    }
    if transform.is_some() {
        insist_on_raw(&mut source).await?;
    }
    // The source goes first, because the slug is its setting.
    Ok(source.through(start_for(transform, config).await?))
}

/// Prints `text` to standard output, and flushes it.
///
/// # Errors
///
/// Returns [`Failure::ReaderGone`] if the reader of standard output is gone, and [`Failure::Failed`] for any other
/// error.
pub fn print(text: &str) -> Result<()> {
    stream::check_open()?;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

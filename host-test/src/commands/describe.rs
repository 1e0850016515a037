//! `describe`: prints what a component says about itself, and its imports, size and hash.

use super::{load, print};
use crate::egress::hook::Egress;
use crate::exit::Result;
use crate::guest::chosen::Choice;
use crate::guest::engine::{CodeCache, Options, build};
use crate::guest::source::Source;
use crate::guest::transform::{BUNDLED, Transform, TransformPlugin};
use crate::limits::Limits;
use buildkite_audit_logs::buildkite::query::DOCUMENT;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Options of `describe`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints JSON: the component's name, version, allowed hosts, imports, size in bytes, SHA-256, and \
the schemas of its settings and records. With --transform, prints the transform's name, version, size, SHA-256 and settings schema instead.\n
A portal grants the least privilege: its token can run only the query that --portal-query prints. \
In the config, set endpoint to https://portal.buildkite.com/organizations/ORG/portals/PORTAL.\n
Example:\n  host-test describe --portal-query > audit-log.graphql")]
pub struct Args {
    /// Describe this component instead of the bundled one.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Describe a transform instead: ocsf or ecs for the bundled one, or a component FILE.
    #[arg(long, value_name = "ocsf|ecs|FILE", conflicts_with_all = ["component", "portal_query"])]
    transform: Option<Choice>,
    /// Print only the query to store in a Buildkite portal.
    #[arg(long, conflicts_with = "component")]
    portal_query: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the component is refused or fails.
pub async fn describe(args: Args) -> Result<()> {
    if args.portal_query {
        return print(DOCUMENT);
    }
    if let Some(choice) = args.transform {
        return transform(&choice).await;
    }
    let plugin = load(args.component.as_deref(), &CodeCache::default())?;
    let mut source = Source::start(&plugin, Egress::Closed, Limits::default(), None).await?;
    let descriptor = source.describe().await?;
    let all = json!({
        "name": descriptor.name,
        "version": descriptor.version,
        "allowed_hosts": descriptor.allowed_hosts,
        "imports": plugin.imports,
        "size_bytes": plugin.size,
        "sha256": plugin.sha256,
        "settings_schema": parse(descriptor.settings_schema),
        "record_schema": parse(descriptor.record_schema),
    });
    print(&format!("{all:#}\n"))
}

async fn transform(choice: &Choice) -> Result<()> {
    let engine = build(&Options::default())?;
    let plugin = match choice {
        Choice::Bundled(_) => TransformPlugin::new(&engine, BUNDLED, false)?,
        Choice::File(path) => TransformPlugin::load(&engine, path)?,
    };
    let descriptor = Transform::start(&plugin, Limits::default()).await?.describe().await?;
    let all = json!({
        "name": descriptor.name,
        "version": descriptor.version,
        "size_bytes": plugin.size,
        "sha256": plugin.sha256,
        "settings_schema": parse(descriptor.settings_schema),
    });
    print(&format!("{all:#}\n"))
}

/// Returns a schema as JSON, or as text if it is not JSON.
fn parse(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

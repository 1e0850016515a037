//! The Singer tap. Source: <https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md>.

mod about;
pub mod catalog;
pub mod message;
mod receiver;
pub mod state;

use crate::connector::{Connector, Options};
use crate::output::print_message;
use crate::settings::{self, error_text};
use crate::stream::Form;
use crate::sync::{block_on, insist_on_start, sync};
use catalog::Selection;
use clap::Parser;
use host_test::commands::print;
use host_test::exit::{Failure, Result};
use host_test::run::progress;
use message::Message;
use receiver::Writer;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLE: &str = "\
Example:
  echo '{\"org_slug\": \"acme\", \"api_token\": \"...\", \"backfill_start_time\": \"2026-01-01T00:00:00Z\"}' > config.json
  tap-buildkite-audit-logs --config config.json --discover > catalog.json
  tap-buildkite-audit-logs --config config.json --catalog catalog.json | target-jsonl > states.jsonl
  tail -n 1 states.jsonl > state.json
  tap-buildkite-audit-logs --config config.json --catalog catalog.json --state state.json | target-jsonl";

/// Singer tap for Buildkite audit logs. Prints one Singer message per line.
#[derive(Debug, Parser)]
#[command(name = "tap-buildkite-audit-logs", version, after_help = EXAMPLE, max_term_width = 100)]
struct Cli {
    /// Config file: a JSON object with the settings that --about lists.
    #[arg(long, short, value_name = "FILE", required_unless_present_any = ["about", "discover"])]
    config: Option<PathBuf>,
    /// Print the catalog: the stream audit_events.
    #[arg(long, short)]
    discover: bool,
    /// Catalog file. Without it, all properties are read.
    #[arg(long, value_name = "FILE", visible_alias = "properties")]
    catalog: Option<PathBuf>,
    /// State file: the last state that the target printed.
    #[arg(long, short, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Print the tap's name, version, capabilities and settings.
    #[arg(long)]
    about: bool,
    /// The format of --about.
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = ["json"])]
    format: String,
    /// Log level on standard error: error, warn, info, debug, trace, off, or a filter.
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Runs the tap. An error is printed to standard error.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let cli = Cli::parse_from(args);
    let log = progress::start_log(cli.log.as_deref()).map_err(Failure::Refused);
    match log.and_then(|()| block_on(run(&cli))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            progress::say(&format!("error: {}", error_text(&failure)));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<()> {
    let connector = Connector::load(&cli.options).await?;
    match (&cli.config, cli.about, cli.discover) {
        (_, true, _) => {
            let transform = connector.transform_settings().await?;
            print(&format!("{:#}\n", about::about(&connector.settings, &transform)))
        }
        (None, _, true) => print_catalog(&connector, Form::Raw),
        (Some(config), _, true) => {
            let settings = settings::read(config, &connector.settings)?;
            // Finds what is wrong with the settings.
            connector.start(&settings, None).await?;
            print_catalog(&connector, Form::of(settings.transform.as_ref()))
        }
        (Some(config), ..) => read(&connector, config, cli).await,
        // Refused when the arguments are parsed.
        (None, ..) => Err(Failure::Refused("--config is missing".to_owned())),
    }
}

fn print_catalog(connector: &Connector, form: Form) -> Result<()> {
    print(&format!("{:#}\n", catalog::discovered(form, &connector.record)))
}

async fn read(connector: &Connector, config: &Path, cli: &Cli) -> Result<()> {
    let settings = settings::read(config, &connector.settings)?;
    let form = Form::of(settings.transform.as_ref());
    let chosen = cli.catalog.as_deref().map(|path| catalog::read(path, form)).transpose()?;
    let chosen: Selection = chosen.unwrap_or_default();
    let checkpoint = cli.state.as_deref().map(state::read).transpose()?.flatten();
    if chosen.is_deselected {
        tracing::warn!("the catalog selects no stream; nothing is read");
        return Ok(());
    }
    if chosen.is_full_table {
        insist_on_start(&settings)?;
    }
    let mut schema = form.schema(&connector.record);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !chosen.deselected.contains(name));
    }
    print_message(&Message::<()>::schema(schema, form))?;
    let checkpoint = checkpoint.filter(|_| !chosen.is_full_table);
    let writer = Box::new(Writer::without(chosen.deselected));
    sync(connector, &settings, checkpoint, writer).await.map(drop)
}

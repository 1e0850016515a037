//! The Airbyte source: `spec`, `check`, `discover` and `read`.
//! Source: <https://docs.airbyte.com/platform/understanding-airbyte/airbyte-protocol>.

pub mod catalog;
mod commands;
mod log;
pub mod message;
mod receiver;
pub mod spec;
pub mod state;

use crate::connector::{Connector, Options};
use crate::output::{now_ms, print_message};
use crate::settings::error_text;
use crate::sync::block_on;
use clap::{Args, Parser, Subcommand};
use host_test::exit::{Failure, Result};
use message::{FailureType, Message, Trace};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLE: &str = "\
Example:
  source-buildkite-audit-logs spec
  echo '{\"org_slug\": \"acme\", \"api_token\": \"...\", \"backfill_start_time\": \"2026-01-01T00:00:00Z\"}' > config.json
  source-buildkite-audit-logs check --config config.json

`source-buildkite-audit-logs singer --help` shows how to use it as a Singer tap.";

/// Airbyte source for Buildkite audit logs. Prints one Airbyte message per line.
#[derive(Debug, Parser)]
#[command(name = "source-buildkite-audit-logs", version, after_help = EXAMPLE, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the specification: the settings as a JSON Schema.
    Spec(SpecArgs),
    /// Check the config and the connection to Buildkite.
    Check(ConfigArgs),
    /// Print the catalog: the stream audit_events.
    Discover(ConfigArgs),
    /// Read the stream.
    Read(ReadArgs),
}

#[derive(Debug, Args)]
struct SpecArgs {
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// Config file: a JSON object with the settings that `spec` lists.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct ReadArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Configured catalog: which streams to read, and how.
    #[arg(long, value_name = "FILE")]
    catalog: PathBuf,
    /// State file of the last sync: a JSON array of states.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

/// Runs the command. An error, except in the arguments, becomes a message of the protocol and exit code 1.
pub fn main(args: Vec<OsString>) -> ExitCode {
    let cli = Cli::parse_from(args);
    let is_read = matches!(cli.command, Command::Read(_));
    match log::start().and_then(|()| block_on(run(cli.command))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = error_text(&failure);
            let trace = Trace::error(&text, failure_type(&failure), is_read, now_ms());
            if print_message(&Message::Trace { trace }).is_err() {
                host_test::run::progress::say(&format!("error: {text}"));
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    let options = match &command {
        Command::Spec(args) => &args.options,
        Command::Check(args) | Command::Discover(args) => &args.options,
        Command::Read(args) => &args.config.options,
    };
    let connector = Connector::load(options).await?;
    match &command {
        Command::Spec(_) => commands::spec(&connector).await,
        Command::Check(args) => commands::check(&connector, &args.config).await,
        Command::Discover(args) => commands::discover(&connector, &args.config).await,
        Command::Read(args) => {
            let state = args.state.as_deref();
            commands::read(&connector, &args.config.config, &args.catalog, state).await
        }
    }
}

/// Returns who has to act on a failure.
fn failure_type(failure: &Failure) -> FailureType {
    match failure {
        Failure::Refused(_) | Failure::Unauthorized(_) => FailureType::ConfigError,
        Failure::Transient(_) | Failure::Locked(_) => FailureType::TransientError,
        Failure::Failed(_) | Failure::ReaderGone => FailureType::SystemError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_names_who_has_to_act() {
        let text = String::new;
        for (failure, wanted) in [
            (Failure::Refused(text()), FailureType::ConfigError),
            (Failure::Unauthorized(text()), FailureType::ConfigError),
            (Failure::Transient(text()), FailureType::TransientError),
            (Failure::Failed(text()), FailureType::SystemError),
        ] {
            assert_eq!(failure_type(&failure), wanted, "{failure:?}");
        }
    }
}

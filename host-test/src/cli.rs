//! The command line. Each command is a module of [`crate::commands`].

use crate::commands::{check, demo, describe, fake, preview, run, state, tenants};
use crate::exit::{Failure, Result};
use crate::run::progress::{say, start_log};
use crate::run::stop::survive_file_limit;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLE: &str = "\
Try it without an account:
  host-test demo --events 1000 | head -n 3

Read your own audit log:
  echo '{\"settings\": {\"org_slug\": \"acme\", \"backfill_start_time\": \"2026-01-01T00:00:00Z\"},
         \"secrets\": {\"api_token\": {\"env\": \"BUILDKITE_TOKEN\"}}}' > acme.json
  host-test check --config acme.json
  host-test run --config acme.json --output acme.ndjson

Exit codes:
  0  success
  1  failed after retries (also if another program has locked the state or the output), protocol
     error, trap, exceeded limit, or the output cannot be written
  2  invalid configuration or usage; checkpoint, state or output refused, or in use by another run
  3  credentials or permissions";

/// Run a source component: read events, keep its state, write records.
#[derive(Debug, Parser)]
#[command(name = "host-test", version, after_help = EXAMPLE, max_term_width = 100)]
pub struct Cli {
    /// Log level on standard error: error, warn, info, debug, trace, off, or a filter.
    /// Default: RUST_LOG if set, otherwise info.
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a fake audit log, without an account and without writing files.
    Demo(demo::Args),
    /// Read the audit log that a config names, continuing where the last run ended.
    Run(run::Args),
    /// Test a config against the remote and report each step.
    Check(check::Args),
    /// Show a few records for a config, without keeping any state.
    Preview(preview::Args),
    /// Show the component's name, version, schemas, hosts and imports.
    Describe(describe::Args),
    /// Show or change a state file.
    State(state::Args),
    /// Read the audit logs of many untrusted tenants.
    Tenants(Box<tenants::Args>),
    /// Serve a fake audit log on this machine until SIGINT or SIGTERM.
    FakeBuildkite(fake::Args),
}

/// Parses the command line, runs the command, and turns a failure into a message and an exit code.
pub fn main() -> ExitCode {
    // Clap itself exits with 2 on invalid usage and with 0 after help.
    let cli = Cli::parse();
    match start_log(cli.log.as_deref()).map_err(Failure::Refused).and_then(|()| start(cli.command))
    {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

fn start(command: Command) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start the runtime: {error}")))?;
    let code = runtime.block_on(async {
        survive_file_limit()?;
        match command {
            Command::Demo(args) => demo::demo(args).await.map(|()| 0),
            Command::Run(args) => run::run(args).await.map(|()| 0),
            Command::Check(args) => check::check(args).await,
            Command::Preview(args) => preview::preview(args).await.map(|()| 0),
            Command::Describe(args) => describe::describe(args).await.map(|()| 0),
            Command::State(args) => state::state(args).map(|()| 0),
            Command::Tenants(args) => tenants::tenants(*args).await.map(|()| 0),
            Command::FakeBuildkite(args) => fake::fake(args).await.map(|()| 0),
        }
    });
    // A lookup that hangs in the system's resolver must not delay the exit.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

//! `check`: reports step by step what works, what does not, and what to do.

use super::{credential, plugin, print, source};
use crate::config::file::Config;
use crate::egress::named;
use crate::egress::outbound::{Environment, Flags, Outbound};
use crate::exit::{Failure, Result};
use crate::guest::contract::{CallError, Finding, Outcome};
use crate::guest::engine::CodeCache;
use buildkite_audit_logs::check::step;
use serde_json::json;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Options of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Makes at most three requests to the endpoint, and one for a token if the config says how to get \
one. Writes no records and does not use the state. Exit code: 0 if \
nothing failed, 2 if the config is refused, 3 if access is denied, 1 if anything else fails.\n
Example:\n  host-test check --config acme.json")]
pub struct Args {
    /// Config file, as for `run`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// Use this component instead of the bundled one.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Also ask Buildkite's REST API when a plain token expires and what it may do. This sends the
    /// token to ORIGIN, by default api.buildkite.com.
    #[arg(long, value_name = "ORIGIN", num_args = 0..=1, require_equals = true,
          default_missing_value = credential::REST)]
    inspect_token: Option<String>,
    #[command(flatten)]
    network: Flags,
    #[command(flatten)]
    code: CodeCache,
}

/// Runs the command and returns the exit code.
///
/// # Errors
///
/// Returns an error if there is no report to print, because the config file is refused or the component fails.
pub async fn check(args: Args) -> Result<u8> {
    let config = Config::read(&args.config)?;
    let outbound = Outbound::new(&args.network, Environment::Used)?;
    let inspect = args.inspect_token.as_deref();
    let inspect = inspect.map(|origin| named::origin("--inspect-token", origin)).transpose()?;
    let plugin = plugin(args.component.as_ref(), &config, &args.code)?;
    let (findings, denied) = match source(&plugin, &config, None, &outbound, None).await {
        Ok(mut source) => {
            let checked = source.check().await.map_err(|error: CallError| Failure::from(error));
            let mut findings = checked?;
            findings.push(credential::finding(&config, inspect.as_ref(), &outbound).await);
            (findings, source.was_denied())
        }
        Err(Failure::Refused(message)) => {
            let step = step::SETTINGS.to_owned();
            (vec![Finding { step, outcome: Outcome::Failed, message }], true)
        }
        Err(failure) => return Err(failure),
    };
    print(&if args.json { as_json(&findings) } else { as_table(&findings) })?;
    let failed = findings.iter().find(|finding| matches!(finding.outcome, Outcome::Failed));
    Ok(match failed.map(|finding| finding.step.as_str()) {
        None => 0,
        // The host itself refused the endpoint, as it does in `run`.
        Some(_) if denied => 2,
        Some(step) if step::OF_CONFIGURATION.contains(&step) => 2,
        Some(step) if step::OF_ACCESS.contains(&step) => 3,
        // Other components may have other steps; any of those counts as a failure to reach the remote.
        Some(_) => 1,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Warned => "warned",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
    }
}

fn as_json(findings: &[Finding]) -> String {
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| {
            let outcome = word(finding.outcome);
            json!({"step": finding.step, "outcome": outcome, "message": finding.message})
        })
        .collect();
    format!("{:#}\n", json!({ "findings": findings }))
}

fn as_table(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.step.chars().count()).max().unwrap_or(0);
    let color = std::io::stdout().is_terminal();
    let mut table = String::new();
    for finding in findings {
        let code = match finding.outcome {
            Outcome::Passed => 32,
            Outcome::Warned => 33,
            Outcome::Failed => 31,
            Outcome::Skipped => 90,
        };
        let word = format!("{:<7}", word(finding.outcome));
        let word = if color { format!("\x1b[{code}m{word}\x1b[0m") } else { word };
        let indented = finding.message.replace('\n', &format!("\n{:1$}", "", width + 11));
        // Writing to a `String` cannot fail.
        let _ = writeln!(table, "{word}  {:<width$}  {indented}", finding.step);
    }
    table
}

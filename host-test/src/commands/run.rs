//! `run`: reads the audit log that a config names, from where the last run ended.

use super::{plugin, source};
use crate::config::file::Config;
use crate::egress::outbound::{Environment, Flags, Outbound};
use crate::exit::{Failure, Result};
use crate::guest::chosen;
use crate::guest::engine::CodeCache;
use crate::names::{family, folder, is_same};
use crate::output::{Output, Target};
use crate::run::listen::Listen;
use crate::run::metrics::{Endpoint, Metrics};
use crate::run::patience;
use crate::run::rounds::{Job, run as run_loop};
use crate::run::stop::{Hangup, Stop};
use crate::run::tally::Tally;
use crate::state::State;
use buildkite_audit_logs::checkpoint::tools::look_now;
use rustix::fs::Access;
use source_driver::{Plan, Until};
use std::path::{Path, PathBuf};

const ABOUT: &str = "\
Config file, JSON:
  {\"settings\": {\"org_slug\": \"acme\", \"backfill_start_time\": \"2026-01-01T00:00:00Z\"},
   \"secrets\": {\"api_token\": {\"file\": \"acme.token\"}},
   \"limits\": {\"memory_mib\": 128, \"call_seconds\": 150, \"response_mib\": 64}}
A secret is {\"env\": \"NAME\"} or {\"file\": \"PATH\"}, never the value itself; white space around
the token is removed, and a file is read again when it changes. Instead, api_token can get tokens:
  {\"portal\": {\"client_id\": \"UUID\", \"secret\": {\"file\": \"acme.secret\"}}}
  {\"oauth\": {\"client_id\": \"ID\", \"key\": {\"file\": \"key.pem\"}, \"subject\": \"ana@example.com\"}}
  {\"public_key\": {\"token_uuid\": \"UUID\", \"key\": {\"file\": \"key.pem\"}}}
`limits` and `component` (a path) are optional. `host-test describe` shows all settings.

Every event is written exactly once to a file or to sqlite:FILE, even if the process is killed at
any moment. Standard output is at-least-once: after a kill, the next run may repeat the last batches.
SIGINT and SIGTERM end the run after the batch in progress, with exit code 0; the run waits at most
5 s for a remote that does not answer. A second signal ends it immediately, with exit code 130.
If the output was moved away, the run continues in a new one, at the next write or on SIGHUP.

Example:
  host-test run --config acme.json --output sqlite:acme.sqlite --until-idle";

/// Options of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = ABOUT)]
pub struct Args {
    /// Config file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// State file (SQLite), created if missing. Default: beside the config and named after it,
    /// acme.state.sqlite for acme.json.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Where to write records: a file (one JSON object per line, appended), `-` for standard output,
    /// or sqlite:FILE (table `events`).
    #[arg(long, value_name = "TARGET", default_value = "-")]
    output: Target,
    /// Continue with an output that does not belong to the state, such as one whose state was lost, one
    /// from a backup, or one that two states write to. Records in it may be repeated or missing.
    #[arg(long)]
    accept_output: bool,
    /// Exit once everything has been read; wait while the remote asks to wait.
    #[arg(long, conflicts_with = "once")]
    until_idle: bool,
    /// Exit once everything has been read or the remote asks to wait.
    #[arg(long)]
    once: bool,
    /// Use this component instead of the bundled one. Overrides the component in the config.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Maximum number of records in a batch. Batches become durable as a whole, several at once if
    /// the disk is slow.
    #[arg(long, value_name = "N", default_value_t = Plan::RUN.batch_records,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_records: u32,
    /// Serve metrics for Prometheus at http://HOST:PORT/metrics during the run.
    #[arg(long, value_name = "HOST:PORT")]
    metrics: Option<Listen>,
    /// Maximum number of consecutive retries after transient failures; waits grow up to a minute.
    #[arg(long, value_name = "N", default_value_t = Plan::RETRIES)]
    retries: u32,
    #[command(flatten)]
    transform: chosen::Flags,
    #[command(flatten)]
    network: Flags,
    #[command(flatten)]
    code: CodeCache,
}

/// Runs the command.
///
/// # Errors
///
/// Returns an error if the config, the state, the source or the output fails.
pub async fn run(args: Args) -> Result<()> {
    // First, because a log rotation may send SIGHUP at any time.
    let hangup = Hangup::on_signal()?;
    let mut stop = Stop::on_signals()?;
    if let Some(address) = &args.metrics {
        address.insist("--metrics")?;
    }
    let config = Config::read(&args.config)?;
    let outbound = Outbound::new(&args.network, Environment::Used)?;
    let path = args.state.clone().unwrap_or_else(|| beside(&args.config));
    let mut own = config.files.clone();
    own.extend(args.component.clone());
    own.extend(args.transform.file().cloned());
    let written = family(&path);
    if let Some(file) = written.iter().find(|file| own.iter().any(|own| is_same(file, own))) {
        let (name, file) = (path.display(), file.display());
        let why = format!(
            "state {name}: {file} is a file that the config uses; name another one with --state"
        );
        return Err(Failure::Refused(why));
    }
    let plugin = plugin(args.component.as_ref(), &config, &args.code)?;
    let transform = args.transform.load(&plugin, &args.code)?;
    let plan = plan(&args);
    let open = || State::open(&path).map_err(|failure| elsewhere(failure, &args, &path));
    let Some(state) = patience::open(plan, &mut stop, open).await? else { return Ok(()) };
    let checkpoint = state.checkpoint()?.map(|stored| stored.body);
    // An operator who starts a run wants new events now, even if the last run ended in a wait.
    let checkpoint = checkpoint.map(|stored| look_now(&stored).unwrap_or(stored));
    let mut source = source(&plugin, &config, checkpoint, &outbound, transform.as_ref()).await?;
    // Last, so that a refused run leaves the output unchanged.
    let Some(output) = output(&args, state, &own, &mut stop).await? else { return Ok(()) };
    let metrics = Metrics::default();
    let _endpoint = match &args.metrics {
        Some(address) => {
            let endpoint = Endpoint::listen(address, &metrics).await?;
            tracing::info!("metrics at http://{}/metrics", endpoint.address);
            Some(endpoint)
        }
        None => None,
    };
    let (state, transform) = (path.display(), args.transform.name());
    tracing::info!("started; state {state}; transform {transform}");
    let job = Job {
        plan,
        records_max: None,
        backfill: config.settings["backfill_start_time"].as_str().map(str::to_owned),
        metrics,
    };
    let mut tally = Tally::default();
    let result = run_loop(&mut source, output, job, &mut stop, hangup, &mut tally).await;
    // After an early failure, zeros would only distract from it.
    if result.is_ok() || tally.batches > 0 {
        tracing::info!("{tally}; {}", tally.lag);
    }
    result
}

fn plan(args: &Args) -> Plan {
    let until = match (args.once, args.until_idle) {
        (true, _) => Until::Once,
        (false, true) => Until::Idle,
        (false, false) => Until::Never,
    };
    let retries = Some(args.retries);
    Plan { until, batch_records: args.max_records, retries, ..Plan::RUN }
}

/// Opens the output. Returns `None` if a signal arrived while another program had it locked.
async fn output(
    args: &Args,
    state: State,
    own: &[PathBuf],
    stop: &mut Stop,
) -> Result<Option<Output>> {
    let mut state = Some(state);
    let open = || Output::open(&args.output, &mut state, own, args.accept_output);
    patience::open(plan(args), stop, open).await
}

/// Adds what to do if the default folder of the state is not writable.
fn elsewhere(failure: Failure, args: &Args, path: &Path) -> Failure {
    let is_writable = rustix::fs::access(folder(path), Access::WRITE_OK).is_ok();
    match failure {
        Failure::Refused(why) if args.state.is_none() && !is_writable => Failure::Refused(format!(
            "{why}; the state is beside the config by default; use --state to name a file in a \
             writable folder"
        )),
        failure => failure,
    }
}

/// Returns the default path of the state file.
fn beside(config: &Path) -> PathBuf {
    let mut name = config.file_stem().unwrap_or_default().to_owned();
    name.push(".state.sqlite");
    config.with_file_name(name)
}

//! `preview`: shows a few records for a config, without storing any state.

use super::{plugin, source};
use crate::config::file::Config;
use crate::egress::outbound::{Environment, Flags, Outbound};
use crate::exit::{Failure, Result};
use crate::guest::chosen;
use crate::guest::engine::CodeCache;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::progress::say;
use crate::run::rounds::{Job, run};
use crate::run::stop::{Hangup, Stop};
use crate::run::tally::Tally;
use serde_json::Value;
use source_driver::{Plan, Until};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// How far back a preview looks when the config does not ask for past records, in seconds: one day.
const LOOK_BACK_SECONDS: u64 = 24 * 60 * 60;

/// Options of `preview`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  host-test preview --config acme.json -n 3")]
pub struct Args {
    /// Config file, as for `run`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Number of records to show.
    #[arg(short = 'n', long = "records", value_name = "N", default_value_t = 10)]
    records: u32,
    /// Use this component instead of the bundled one.
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    #[command(flatten)]
    transform: chosen::Flags,
    #[command(flatten)]
    network: Flags,
    #[command(flatten)]
    code: CodeCache,
}

/// Runs the command. It is not an error if the reader closes standard output early.
///
/// # Errors
///
/// Returns an error if the config or the source fails.
pub async fn preview(args: Args) -> Result<()> {
    let mut stop = Stop::on_signals()?;
    let mut config = Config::read(&args.config)?;
    let outbound = Outbound::new(&args.network, Environment::Used)?;
    if let Value::Object(settings) = &mut config.settings
        && !settings.contains_key("backfill_start_time")
    {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let start = i64::try_from(now.saturating_sub(LOOK_BACK_SECONDS)).unwrap_or_default();
        if let Some(start) = chrono::DateTime::from_timestamp(start, 0) {
            let start = start.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            say(&format!(
                "no backfill_start_time: showing records since {start}; `run` would skip them"
            ));
            settings.insert("backfill_start_time".to_owned(), Value::String(start));
        }
    }
    let plugin = plugin(args.component.as_ref(), &config, &args.code)?;
    let transform = args.transform.load(&plugin, &args.code)?;
    let mut source = source(&plugin, &config, None, &outbound, transform.as_ref()).await?;
    let job = Job {
        plan: Plan {
            until: Until::Once,
            batch_records: args.records,
            retries: Some(2),
            ..Plan::RUN
        },
        records_max: Some(u64::from(args.records)),
        backfill: None,
        metrics: Metrics::default(),
    };
    let mut tally = Tally::default();
    let output = Output::stdout()?;
    match run(&mut source, output, job, &mut stop, Hangup::none(), &mut tally).await {
        Ok(()) if tally.events == 0 => {
            say("no records found; if there should be some, set an earlier backfill_start_time")
        }
        Ok(()) | Err(Failure::ReaderGone) => {}
        Err(failure) => return Err(failure),
    }
    Ok(())
}

//! `demo`: runs a whole backfill from a fake remote on loopback, in one process.

use super::{load, source};
use crate::config::file::Config;
use crate::credential::token::Token;
use crate::egress::outbound::Outbound;
use crate::egress::resolve::system;
use crate::exit::{Failure, Result};
use crate::guest::chosen;
use crate::guest::engine::CodeCache;
use crate::limits::Limits;
use crate::output::Output;
use crate::run::metrics::Metrics;
use crate::run::progress::say;
use crate::run::rounds::{Job, run};
use crate::run::stop::{Hangup, Stop};
use crate::run::tally::Tally;
use fake_buildkite::{FakeBuildkite, Options};
use serde_json::json;
use source_driver::{Plan, Until};
use std::time::Instant;

/// Options of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Starts a fake Buildkite on a free local port, reads its whole audit log through the component, and \
prints each event as a line of JSON on standard output and a summary on standard error. Needs no \
account, and writes no files except the code cache.\n
Example:\n  host-test demo --events 20000 | jq -r .type | sort | uniq -c")]
pub struct Args {
    /// Number of events in the fake audit log.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    events: u64,
    /// Seed for generating the events.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Maximum number of records in a batch.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_records: u32,
    #[command(flatten)]
    transform: chosen::Flags,
}

/// Runs the command. It is not an error if the reader closes standard output early.
///
/// # Errors
///
/// Returns an error if the fake remote, the component or the run fails.
pub async fn demo(args: Args) -> Result<()> {
    let mut stop = Stop::on_signals()?;
    let options = Options { seed: args.seed, events: args.events, ..Options::default() };
    let (slug, token) = (options.slug.clone(), options.token.clone());
    let fake = FakeBuildkite::start(options)
        .await
        .map_err(|error| Failure::Failed(format!("cannot start the fake remote: {error}")))?;
    let token = Token::new(&token).map_err(Failure::Failed)?;
    let config = Config {
        settings: json!({
            "org_slug": slug,
            "endpoint": fake.endpoint(),
            // The fake log begins in 2025.
            "backfill_start_time": "2024-12-31T00:00:00Z",
        }),
        secret_names: vec!["api_token".to_owned()],
        credential: Some(token.into()),
        component: None,
        limits: Limits::default(),
        files: Vec::new(),
    };
    let plugin = load(None, &CodeCache::default())?;
    let transform = args.transform.load(&plugin, &CodeCache::default())?;
    let began = Instant::now();
    let mut source =
        source(&plugin, &config, None, &Outbound::direct(system()), transform.as_ref()).await?;
    let job = Job {
        plan: Plan {
            until: Until::Idle,
            batch_records: args.max_records,
            retries: Some(2),
            ..Plan::RUN
        },
        records_max: None,
        backfill: None,
        metrics: Metrics::default(),
    };
    let output = Output::stdout()?;
    let mut tally = Tally::default();
    let result = run(&mut source, output, job, &mut stop, Hangup::none(), &mut tally).await;
    let seconds = began.elapsed().as_secs_f64();
    match result {
        Err(Failure::ReaderGone) => return Ok(()),
        result => result?,
    }
    let points = tally.points as f64 / (tally.events.max(1)) as f64;
    say(&tally.to_string());
    match tally.events {
        0 => say(&format!("{seconds:.2} s")),
        _ => say(&format!("{points:.3} API points per event; {seconds:.2} s")),
    }
    let imports = plugin.imports.join(", ");
    say(&format!("component: {} bytes; imports: {imports}", plugin.size));
    Ok(())
}

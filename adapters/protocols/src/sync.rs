//! One sync: everything from the stored checkpoint to the newest event.

use crate::connector::Connector;
use crate::settings::Settings;
use buildkite_audit_logs::checkpoint::tools::look_now;
use host_test::exit::{Failure, Result};
use host_test::output::Output;
use host_test::output::receiver::Receiver;
use host_test::run::metrics::Metrics;
use host_test::run::rounds::{Job, run};
use host_test::run::stop::{Hangup, Stop, survive_file_limit};
use host_test::run::tally::Tally;
use source_driver::{Plan, Until};
use std::time::Duration;

/// Reads until nothing is left, and waits while the remote asks to wait. The receiver gets everything that was read. Returns
/// the last checkpoint.
///
/// # Errors
///
/// Returns the error of the source or the receiver, and [`Failure::Transient`] if a signal stopped the sync. The next sync
/// continues from the last checkpoint that the receiver got.
pub async fn sync(
    connector: &Connector,
    settings: &Settings,
    checkpoint: Option<String>,
    receiver: Box<dyn Receiver>,
) -> Result<String> {
    let mut stop = Stop::on_signals()?;
    let backfill =
        settings.config.settings.get("backfill_start_time").and_then(|start| start.as_str());
    // The platform schedules syncs, so the wait that ended the last one is ignored.
    let checkpoint = checkpoint.map(|stored| look_now(&stored).unwrap_or(stored));
    let job = Job {
        plan: Plan { until: Until::Idle, ..Plan::RUN },
        records_max: None,
        backfill: backfill.map(str::to_owned),
        metrics: Metrics::default(),
    };
    let mut source = connector.start(settings, checkpoint).await?;
    let mut tally = Tally::default();
    let output = Output::to(receiver);
    let result = run(&mut source, output, job, &mut stop, Hangup::none(), &mut tally).await;
    if tally.batches > 0 {
        // As `host-test` logs it, since its level is the one that --log sets.
        tracing::info!(target: "host_test", "{tally}; {}", tally.lag);
    }
    result?;
    match stop.is_set() {
        true => Err(Failure::Transient(
            "a signal stopped the sync; the next one continues from the last state".to_owned(),
        )),
        false => Ok(source.checkpoint().await?),
    }
}

/// Refuses to read everything from no particular time.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if the settings do not say where the backfill begins.
pub fn insist_on_start(settings: &Settings) -> Result<()> {
    match settings.config.settings.get("backfill_start_time") {
        Some(_) => Ok(()),
        None => Err(Failure::Refused(
            "backfill_start_time: a full refresh needs it; without it, no past events are read"
                .to_owned(),
        )),
    }
}

/// Runs a command to its end.
///
/// # Errors
///
/// Returns the error of the command, and [`Failure::Failed`] if the system refuses threads or signal handlers.
pub fn block_on(command: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("cannot start the runtime: {error}")))?;
    let done = runtime.block_on(async {
        survive_file_limit()?;
        command.await
    });
    // A lookup that hangs in the system's resolver must not delay the exit.
    runtime.shutdown_timeout(Duration::from_millis(100));
    done
}

//! Reports the progress of a run: as one live line on a terminal, otherwise as a log line every few seconds.

use crate::run::estimate::Estimate;
use crate::run::tally::{Tally, count};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;

/// Time between two log lines if there is no terminal.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// The live line, which log lines must not break.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// Sends logs to standard error. `level` is one of tracing's levels or a filter. The default is
/// `RUST_LOG`, or `info` for this program and `warn` for its libraries.
///
/// # Errors
///
/// Returns what is wrong with the filter.
pub fn start_log(level: Option<&str>) -> Result<(), String> {
    let text = match (level, std::env::var("RUST_LOG")) {
        (Some(level), _) if level.parse::<tracing::Level>().is_ok() || level == "off" => {
            format!("warn,host_test={level}")
        }
        (Some(filter), _) if filter.contains('=') => filter.to_owned(),
        (Some(other), _) => {
            return Err(format!(
                "--log {other}: is not a level; use error, warn, info, debug, trace or off, or a \
                 filter such as host_test=debug"
            ));
        }
        (None, Ok(filter)) if !filter.is_empty() => filter,
        (None, _) => "warn,host_test=info".to_owned(),
    };
    let filter =
        EnvFilter::try_new(&text).map_err(|error| format!("log filter {text}: {error}"))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(|| Beside)
        .finish();
    // In tests, a second start keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Writes a line to standard error. Unlike `eprintln!`, it does not panic if standard error is
/// closed, because that must change neither the run nor the exit code.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes to standard error without breaking the live line.
struct Beside;

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // As in `say`: an error would make the subscriber call `eprintln!`.
        let _ = match BAR.get() {
            Some(bar) => bar.suspend(|| std::io::stderr().write_all(bytes)),
            None => std::io::stderr().write_all(bytes),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The progress of a run.
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    /// When it last reported. `None` makes the next report due at once.
    reported: Option<Instant>,
    back_to: String,
    /// The estimate, during a backfill.
    way: Option<Estimate>,
}

impl Progress {
    /// Starts to report, with a live line if standard error is a terminal. `backfill` is the start
    /// time of the backfill.
    pub fn start(backfill: Option<&str>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = BAR.get_or_init(|| {
                ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(
                    ProgressStyle::with_template("{spinner} {msg}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                )
            });
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.clone()
        });
        let now = Instant::now();
        let way = backfill.and_then(Estimate::to);
        Self { bar, began: now, reported: Some(now), back_to: String::new(), way }
    }

    /// Reports a delivered batch. `oldest` is the time of its oldest event, if it had any.
    pub fn batch(&mut self, tally: &Tally, oldest: Option<&str>) {
        if let Some(oldest) = oldest {
            self.back_to.clear();
            self.back_to.push_str(oldest);
            if let Some(way) = &mut self.way {
                way.see(oldest, self.began.elapsed());
            }
        }
        self.report(tally, None);
    }

    /// Ends the estimate, because the backfill is complete.
    pub fn caught_up(&mut self) {
        self.way = None;
    }

    /// Reports the start of a wait. A long one is always logged.
    pub fn wait(&mut self, tally: &Tally, why: &str, time: Duration) {
        if time >= LOG_EVERY {
            self.reported = None;
        }
        self.report(tally, Some((why, time)));
    }

    fn report(&mut self, tally: &Tally, wait: Option<(&str, Duration)>) {
        if self.bar.is_none() && self.reported.is_some_and(|last| last.elapsed() < LOG_EVERY) {
            return;
        }
        self.reported = Some(Instant::now());
        let elapsed = self.began.elapsed();
        // Waits count, so this is the rate that the rate limit allows.
        let rate = 60.0 * tally.events as f64 / elapsed.as_secs_f64().max(0.001);
        let events = count(tally.events, "event", "events");
        let mut text = format!("{events} ({rate:.0} per minute)");
        if !self.back_to.is_empty() {
            text.push_str(&format!(", now at {}", self.back_to));
        }
        if let Some(way) = self.way.as_ref().and_then(|way| way.text(elapsed)) {
            text.push_str(&format!(", {way}"));
        }
        if let Some((why, time)) = wait {
            text.push_str(&format!(", {why} for {:.0} s{}", time.as_secs_f64(), until(time)));
        }
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None => tracing::info!("{text}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Returns the time of day at which a wait ends, such as `, until 12:34:56 UTC`.
pub fn until(time: Duration) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let end = now.ok().and_then(|now| i64::try_from((now + time).as_secs()).ok());
    match end.and_then(|end| chrono::DateTime::from_timestamp(end, 0)) {
        Some(end) => format!(", until {} UTC", end.format("%H:%M:%S")),
        None => String::new(),
    }
}

//! The service: runs, logs, waits, and repeats until another service takes over.
#![allow(missing_docs, unsafe_code)] // Only for the generated bindings.

use std::cell::RefCell;

use source_driver::{Ended, Fault, Moment, Plan, Policy, Report, Then, at_once, drive};

use crate::options::Options;
use crate::shell::{Nats, Place, now_ms, sleep};
use crate::source::Composed;
use crate::voice::{Voice, in_words};

use crate::bindings;
use crate::bindings::exports::wasi::cli::run::Guest;
use crate::bindings::wasi::config::store as config;
use crate::bindings::wasi::logging::logging::{Level, log};

struct Service;

bindings::export!(Service with_types_in bindings);

impl Guest for Service {
    /// Returns only when another service of the same tenant has taken over, and waits after everything else, because
    /// the engine never restarts a service that returns or traps.
    fn run() -> Result<(), ()> {
        let mut voice = Voice::default();
        let mut place = None;
        let mut policy = Policy::new(Plan::SERVICE, now_ms());
        // Bounded by the lifetime of the service.
        loop {
            let ended = round(&mut voice, &mut place);
            let at = Moment::at(now_ms());
            let then = match ended {
                Some(ended) => policy.after_run(&ended, at),
                None => policy.failed(false, at),
            };
            match then {
                Then::Read => {}
                Then::Wait { ms, .. } => sleep(ms),
                Then::End(_) => return Ok(()),
            }
        }
    }
}

/// Performs one run with the current configuration. Returns `None` if the configuration cannot be used.
fn round(voice: &mut Voice, place: &mut Option<Place>) -> Option<Ended> {
    // A key that cannot be read must not count as unset: the default could be another subject.
    let unread = RefCell::new(Vec::new());
    let read = Options::read(|key| {
        config::get(key).unwrap_or_else(|_| {
            unread.borrow_mut().push(format!("{key}: cannot be read; check the engine's log"));
            None
        })
    });
    let unread = unread.into_inner();
    let options = match read {
        Ok(options) if unread.is_empty() => options,
        read => {
            let faults = if unread.is_empty() { read.err().unwrap_or_default() } else { unread };
            let message = in_words(Fault::InvalidConfig, &faults.join("; "));
            log_line(Level::Error, "", voice.fault(&message, None));
            return None;
        }
    };
    let mut shell = Nats::new(&options, place);
    let (settings, api_token) = (options.settings.clone(), options.token.expose().to_owned());
    let mut source = Composed { settings, api_token };
    // No step of this shell is ever pending, so there is always a report.
    let report = at_once(drive(&mut source, &mut shell, &options.plan))?;
    log_report(voice, &options, &report);
    Some(report.ended)
}

fn log_report(voice: &mut Voice, options: &Options, report: &Report) {
    let tenant = &options.tenant;
    let token = Some(options.token.expose());
    for note in &report.counts.stats.notes {
        log_line(Level::Warn, tenant, voice.note(note, token));
    }
    if report.counts.delivered > 0 {
        let source_driver::Counts { delivered, batches, stats } = &report.counts;
        let source_driver::Stats { requests, points, .. } = stats;
        let line = format!(
            "{delivered} events delivered and covered by a checkpoint, in {batches} batches, {requests} requests, {points} API points"
        );
        log_line(Level::Info, tenant, Some(line));
    }
    match &report.ended {
        Ended::Failed { fault, message, .. } => {
            log_line(Level::Error, tenant, voice.fault(&in_words(*fault, message), token));
        }
        Ended::Idle { .. } | Ended::Throttled { .. } | Ended::OutOfTime => {
            log_line(
                Level::Info,
                tenant,
                voice.well().map(|fault| format!("recovered from: {fault}")),
            );
        }
    }
}

fn log_line(level: Level, tenant: &str, line: Option<String>) {
    if let Some(line) = line {
        log(level, tenant, &line);
    }
}

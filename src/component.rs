//! The shell: the WIT world around [`Source`], and its clocks. Together with [`http`] it does all the IO. It makes no
//! decisions.
#![allow(missing_docs, unsafe_code)] // Only for the generated bindings.

use std::cell::RefCell;

use crate::check::Outcome as Ended;
use crate::descriptor;
use crate::error::Error as Failed;
use crate::source::{Batch as Handed, Checked, Next as When, Source, Turn};
use crate::text::time::Millis;

mod http;

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "source-plugin", generate_all });
}

use bindings::exports::etl::connector::source::{
    Batch, Configuration, Descriptor, Error, Event, FieldError, Finding, Guest, Next, Outcome,
    Stats,
};
use bindings::wasi::clocks::wall_clock;

thread_local! {
    /// The one source of this instance. `None` before a successful `configure`.
    static SOURCE: RefCell<Option<Source>> = const { RefCell::new(None) };
}

/// 7 kB smaller than the standard library's allocator. An instance has a single thread.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

struct Component;

bindings::export!(Component with_types_in bindings);

/// Returns the host's time.
fn now() -> Millis {
    let time = wall_clock::now();
    let seconds = i64::try_from(time.seconds).unwrap_or(i64::MAX);
    Millis::new(
        seconds.saturating_mul(1_000).saturating_add(i64::from(time.nanoseconds / 1_000_000)),
    )
}

fn with_source<T>(act: impl FnOnce(&mut Source) -> Result<T, Failed>) -> Result<T, Error> {
    SOURCE.with_borrow_mut(|source| match source {
        Some(source) => act(source).map_err(Error::from),
        None => Err(Error::InvalidConfig(vec![FieldError {
            field: "settings".into(),
            message: "not configured: configure must succeed first".into(),
        }])),
    })
}

impl Guest for Component {
    fn describe() -> Descriptor {
        Descriptor {
            name: descriptor::NAME.into(),
            version: descriptor::VERSION.into(),
            settings_schema: descriptor::SETTINGS_SCHEMA.into(),
            record_schema: descriptor::RECORD_SCHEMA.into(),
            allowed_hosts: descriptor::ALLOWED_HOSTS.map(String::from).into(),
        }
    }

    fn configure(config: Configuration) -> Result<(), Error> {
        let secrets: Vec<(String, String)> =
            config.secrets.into_iter().map(|secret| (secret.name, secret.value)).collect();
        // Reset first: a failed call must not leave the former source in place.
        SOURCE.set(None);
        let source =
            Source::configure(&config.settings, &secrets, config.checkpoint.as_deref(), now())?;
        SOURCE.set(Some(source));
        Ok(())
    }

    fn check() -> Result<Vec<Finding>, Error> {
        with_source(|source| {
            let mut probe = source.check();
            // At most three rounds: each requests fewer types than the one before, and the third none.
            loop {
                let exchange = http::exchange(probe.config(), probe.request());
                match probe.receive(exchange, now()) {
                    Checked::Report(report) => {
                        return Ok(report.into_iter().map(Finding::from).collect());
                    }
                    Checked::Again(next) => probe = next,
                }
            }
        })
    }

    fn read_batch(max_records: u32) -> Result<Batch, Error> {
        with_source(|source| match source.read_batch(max_records, now()) {
            Turn::Done(batch) => Ok(batch.into()),
            Turn::Send(call) => {
                let exchange = http::exchange(call.source().config(), call.request());
                call.receive(exchange, now()).map(Batch::from)
            }
        })
    }

    fn checkpoint() -> Result<String, Error> {
        with_source(|source| Ok(source.checkpoint()))
    }
}

impl From<Failed> for Error {
    fn from(error: Failed) -> Self {
        match error {
            Failed::InvalidConfig(faults) => Self::InvalidConfig(
                faults
                    .into_iter()
                    .map(|fault| FieldError { field: fault.field, message: fault.message })
                    .collect(),
            ),
            Failed::Unauthorized(why) => Self::Unauthorized(why),
            Failed::InvalidCheckpoint(why) => Self::InvalidCheckpoint(why),
            Failed::Transient(why) => Self::Transient(why),
            Failed::Protocol(why) => Self::Protocol(why),
        }
    }
}

impl From<Handed> for Batch {
    fn from(batch: Handed) -> Self {
        let dated = batch.rows.iter().rev().find(|row| row.at.is_some());
        let newest = dated.map(|row| row.occurred_at.clone());
        let stats = batch.stats;
        Self {
            next: match batch.next {
                When::Ready => Next::Ready,
                When::Idle(wait_ms) => Next::Idle(wait_ms),
                When::Throttled(wait_ms) => Next::Throttled(wait_ms),
            },
            stats: Stats {
                requests: stats.requests,
                points: stats.points,
                repeats: stats.repeats,
                excluded: stats.excluded,
                null_nodes: stats.null_nodes,
                newest,
                notes: stats.notes,
            },
            records: batch
                .rows
                .into_iter()
                .map(|row| Event {
                    id: row.id,
                    occurred_at: row.occurred_at,
                    kind: row.kind,
                    payload: row.payload,
                })
                .collect(),
        }
    }
}

impl From<crate::check::Finding> for Finding {
    fn from(finding: crate::check::Finding) -> Self {
        Self {
            step: finding.step.into(),
            outcome: match finding.outcome {
                Ended::Passed => Outcome::Passed,
                Ended::Warned => Outcome::Warned,
                Ended::Failed => Outcome::Failed,
                Ended::Skipped => Outcome::Skipped,
            },
            message: finding.message,
        }
    }
}

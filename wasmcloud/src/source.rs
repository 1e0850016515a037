//! The composed source, in the words of the loop.

use source_driver::{Batch, Event, FieldError, Next, Refusal, Source, Stats};

use crate::options::Options;
use crate::service::bindings::etl::connector::source;

/// The one source of this component.
pub struct Composed<'a>(&'a Options);

impl<'a> Composed<'a> {
    /// It is configured by the loop.
    pub fn new(options: &'a Options) -> Self {
        Self(options)
    }
}

impl Source for Composed<'_> {
    fn configure(&mut self, checkpoint: Option<String>) -> Result<(), Refusal> {
        let token = self.0.token.expose().to_owned();
        let secrets = vec![source::Secret { name: "api_token".into(), value: token }];
        let settings = self.0.settings.clone();
        source::configure(&source::Configuration { settings, secrets, checkpoint }).map_err(refusal)
    }

    fn read_batch(&mut self, records_max: u32) -> Result<Batch, Refusal> {
        source::read_batch(records_max).map(batch).map_err(refusal)
    }

    fn checkpoint(&mut self) -> Result<String, Refusal> {
        source::checkpoint().map_err(refusal)
    }
}

fn batch(batch: source::Batch) -> Batch {
    let event = |event: source::Event| Event {
        id: event.id,
        occurred_at: event.occurred_at,
        kind: event.kind,
        payload: event.payload,
    };
    let stats = batch.stats;
    Batch {
        records: batch.records.into_iter().map(event).collect(),
        next: match batch.next {
            source::Next::Ready => Next::Ready,
            source::Next::Idle(ms) => Next::Idle(ms),
            source::Next::Throttled(ms) => Next::Throttled(ms),
        },
        stats: Stats {
            requests: stats.requests,
            points: stats.points,
            repeats: stats.repeats,
            excluded: stats.excluded,
            null_nodes: stats.null_nodes,
            notes: stats.notes,
        },
    }
}

fn refusal(error: source::Error) -> Refusal {
    let fault =
        |fault: source::FieldError| FieldError { field: fault.field, message: fault.message };
    match error {
        source::Error::InvalidConfig(faults) => {
            Refusal::InvalidConfig(faults.into_iter().map(fault).collect())
        }
        source::Error::Unauthorized(why) => Refusal::Unauthorized(why),
        source::Error::InvalidCheckpoint(why) => Refusal::InvalidCheckpoint(why),
        source::Error::Transient(why) => Refusal::Transient(why),
        source::Error::Protocol(why) => Refusal::Protocol(why),
    }
}

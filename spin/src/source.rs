//! The source that is composed in, as the loop wants it.

use source_driver as driver;
use source_driver::Refusal;

use crate::bindings::etl::connector::source as wit;

/// The one instance of this trigger, with what it is configured with.
pub struct Composed {
    /// The settings, JSON.
    pub settings: String,
    /// The API token.
    pub api_token: String,
}

impl driver::Source for Composed {
    fn configure(&mut self, checkpoint: Option<String>) -> Result<(), Refusal> {
        let secret = wit::Secret { name: "api_token".into(), value: self.api_token.clone() };
        let settings = self.settings.clone();
        wit::configure(&wit::Configuration { settings, secrets: vec![secret], checkpoint })
            .map_err(refusal)
    }

    fn read_batch(&mut self, records_max: u32) -> Result<driver::Batch, Refusal> {
        let batch = wit::read_batch(records_max).map_err(refusal)?;
        let event = |event: wit::Event| driver::Event {
            id: event.id,
            occurred_at: event.occurred_at,
            kind: event.kind,
            payload: event.payload,
        };
        Ok(driver::Batch {
            records: batch.records.into_iter().map(event).collect(),
            next: match batch.next {
                wit::Next::Ready => driver::Next::Ready,
                wit::Next::Idle(ms) => driver::Next::Idle(ms),
                wit::Next::Throttled(ms) => driver::Next::Throttled(ms),
            },
            stats: driver::Stats {
                requests: batch.stats.requests,
                points: batch.stats.points,
                repeats: batch.stats.repeats,
                excluded: batch.stats.excluded,
                null_nodes: batch.stats.null_nodes,
                notes: batch.stats.notes,
            },
        })
    }

    fn checkpoint(&mut self) -> Result<String, Refusal> {
        wit::checkpoint().map_err(refusal)
    }
}

fn refusal(error: wit::Error) -> Refusal {
    match error {
        wit::Error::InvalidConfig(faults) => {
            let fault = |fault: wit::FieldError| driver::FieldError {
                field: fault.field,
                message: fault.message,
            };
            Refusal::InvalidConfig(faults.into_iter().map(fault).collect())
        }
        wit::Error::Unauthorized(why) => Refusal::Unauthorized(why),
        wit::Error::InvalidCheckpoint(why) => Refusal::InvalidCheckpoint(why),
        wit::Error::Transient(why) => Refusal::Transient(why),
        wit::Error::Protocol(why) => Refusal::Protocol(why),
    }
}

//! Converts generated bindings of `wit/source.wit` to this crate's types. This is a macro because each component and
//! each host generates its own bindings, which are distinct types to the compiler.

/// Implements `From` for [`Batch`](crate::Batch) and [`SourceError`](crate::SourceError), from the bindings at the
/// given path.
#[macro_export]
macro_rules! conversions {
    ($($wit:ident)::+) => {
        impl From<$($wit)::+::Batch> for $crate::Batch {
            fn from(batch: $($wit)::+::Batch) -> Self {
                use $($wit)::+ as wit;
                let event = |event: wit::Event| $crate::Event {
                    id: event.id,
                    occurred_at: event.occurred_at,
                    kind: event.kind,
                    payload: event.payload,
                };
                let stats = batch.stats;
                Self {
                    records: batch.records.into_iter().map(event).collect(),
                    next: match batch.next {
                        wit::Next::Ready => $crate::Next::Ready,
                        wit::Next::Idle(ms) => $crate::Next::Idle(ms),
                        wit::Next::Throttled(ms) => $crate::Next::Throttled(ms),
                    },
                    stats: $crate::Stats {
                        requests: stats.requests,
                        points: stats.points,
                        repeats: stats.repeats,
                        excluded: stats.excluded,
                        null_nodes: stats.null_nodes,
                        newest: stats.newest,
                        notes: stats.notes,
                    },
                }
            }
        }

        impl From<$($wit)::+::Error> for $crate::SourceError {
            fn from(error: $($wit)::+::Error) -> Self {
                use $($wit)::+::{Error, FieldError};
                let fault = |fault: FieldError| $crate::FieldError {
                    field: fault.field,
                    message: fault.message,
                };
                match error {
                    Error::InvalidConfig(faults) => {
                        Self::InvalidConfig(faults.into_iter().map(fault).collect())
                    }
                    Error::Unauthorized(why) => Self::Unauthorized(why),
                    Error::InvalidCheckpoint(why) => Self::InvalidCheckpoint(why),
                    Error::Transient(why) => Self::Transient(why),
                    Error::Protocol(why) => Self::Protocol(why),
                }
            }
        }
    };
}

//! Adapts a source that is composed into a component to the loop's [`Source`](crate::Source). This is a macro because
//! each component generates its own bindings, which are distinct types to the compiler.

/// Defines `Composed`, a [`Source`](crate::Source) backed by the imported interface `etl:connector/source`, whose
/// bindings are at the given path: `source_driver::composed!(crate::bindings::etl::connector::source);`
#[macro_export]
macro_rules! composed {
    ($($wit:ident)::+) => {
        use $($wit)::+ as wit;

        /// The only source of this component, with its configuration. It has no `Debug` since it holds the token.
        pub struct Composed {
            /// The settings, as JSON.
            pub settings: String,
            /// The API token.
            pub api_token: String,
        }

        impl $crate::Source for Composed {
            fn configure(&mut self, checkpoint: Option<String>) -> Result<(), $crate::Refusal> {
                let value = self.api_token.clone();
                let secrets = vec![wit::Secret { name: "api_token".into(), value }];
                let settings = self.settings.clone();
                wit::configure(&wit::Configuration { settings, secrets, checkpoint }).map_err(refusal)
            }

            fn read_batch(&mut self, records_max: u32) -> Result<$crate::Batch, $crate::Refusal> {
                wit::read_batch(records_max).map(batch).map_err(refusal)
            }

            fn checkpoint(&mut self) -> Result<String, $crate::Refusal> {
                wit::checkpoint().map_err(refusal)
            }
        }

        fn batch(batch: wit::Batch) -> $crate::Batch {
            let event = |event: wit::Event| $crate::Event {
                id: event.id,
                occurred_at: event.occurred_at,
                kind: event.kind,
                payload: event.payload,
            };
            let stats = batch.stats;
            $crate::Batch {
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
                    notes: stats.notes,
                },
            }
        }

        fn refusal(error: wit::Error) -> $crate::Refusal {
            let fault = |fault: wit::FieldError| $crate::FieldError {
                field: fault.field,
                message: fault.message,
            };
            match error {
                wit::Error::InvalidConfig(faults) => {
                    $crate::Refusal::InvalidConfig(faults.into_iter().map(fault).collect())
                }
                wit::Error::Unauthorized(why) => $crate::Refusal::Unauthorized(why),
                wit::Error::InvalidCheckpoint(why) => $crate::Refusal::InvalidCheckpoint(why),
                wit::Error::Transient(why) => $crate::Refusal::Transient(why),
                wit::Error::Protocol(why) => $crate::Refusal::Protocol(why),
            }
        }
    };
}

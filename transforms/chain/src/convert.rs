//! Conversions between the imported and the exported types. They are the same types of the WIT, but bindings differ.

use crate::component::bindings::etl::connector::{source, transform};
use crate::component::bindings::exports::etl::connector::source as own;
use crate::settings::KEY;

/// Implements `From` for a record whose fields are the same.
macro_rules! record {
    ($from:path => $to:path { $($field:ident),+ }) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                Self { $($field: from.$field),+ }
            }
        }
    };
}

record!(source::Event => transform::Event { id, occurred_at, kind, payload });
record!(transform::Event => own::Event { id, occurred_at, kind, payload });
record!(own::Secret => source::Secret { name, value });
record!(source::FieldError => own::FieldError { field, message });
record!(source::Stats => own::Stats { requests, points, repeats, excluded, null_nodes, newest, notes });

impl From<transform::FieldError> for own::FieldError {
    fn from(fault: transform::FieldError) -> Self {
        let field = match fault.field.as_str() {
            "settings" => KEY.to_owned(),
            field => format!("{KEY}.{field}"),
        };
        Self { field, message: fault.message }
    }
}

impl From<source::Next> for own::Next {
    fn from(next: source::Next) -> Self {
        match next {
            source::Next::Ready => Self::Ready,
            source::Next::Idle(ms) => Self::Idle(ms),
            source::Next::Throttled(ms) => Self::Throttled(ms),
        }
    }
}

impl From<source::Error> for own::Error {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::InvalidConfig(faults) => {
                Self::InvalidConfig(faults.into_iter().map(Into::into).collect())
            }
            source::Error::Unauthorized(why) => Self::Unauthorized(why),
            source::Error::InvalidCheckpoint(why) => Self::InvalidCheckpoint(why),
            source::Error::Transient(why) => Self::Transient(why),
            source::Error::Protocol(why) => Self::Protocol(why),
        }
    }
}

impl From<source::Finding> for own::Finding {
    fn from(finding: source::Finding) -> Self {
        let outcome = match finding.outcome {
            source::Outcome::Passed => own::Outcome::Passed,
            source::Outcome::Warned => own::Outcome::Warned,
            source::Outcome::Failed => own::Outcome::Failed,
            source::Outcome::Skipped => own::Outcome::Skipped,
        };
        Self { step: finding.step, outcome, message: finding.message }
    }
}

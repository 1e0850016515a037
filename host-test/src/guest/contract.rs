//! The types that calls to a source take and return, as defined in the WIT, and why a call failed.

use crate::exit::Failure;

pub use crate::guest::contract::bindings::exports::etl::connector::source::{
    Configuration, Descriptor, Error, Finding, Outcome, Secret,
};
pub use source_driver::{Batch, Event, FieldError, Next, SourceError, Stats};

/// Generated from the WIT, including its comments.
#[allow(missing_docs, unsafe_code, clippy::all)]
pub mod bindings {
    wasmtime::component::bindgen!({
        inline: "package host:view; world source-plugin { export etl:connector/source@0.1.0; }",
        path: "../wit",
        exports: { default: async },
    });
}

source_driver::conversions!(crate::guest::contract::bindings::exports::etl::connector::source);

/// Why a call failed.
#[derive(Debug)]
pub enum CallError {
    /// The source returned an error. The instance remains usable.
    Source(SourceError),
    /// A message about a trap or an exceeded limit. The instance is no longer usable.
    Host(String),
}

impl CallError {
    /// Returns whether retrying later helps.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Source(error) if error.is_transient())
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Host(text) => Self::Failed(text),
            CallError::Source(error) => Self::from(error),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::InvalidConfig(fields) => {
                let mut text = String::from("the settings or secrets are not valid");
                for field in fields {
                    text.push_str(&format!("\n  {}: {}", field.field, field.message));
                }
                Self::Refused(text)
            }
            SourceError::Unauthorized(text) => Self::Unauthorized(format!("unauthorized: {text}")),
            SourceError::InvalidCheckpoint(text) => {
                Self::Refused(format!("the stored checkpoint is refused: {text}"))
            }
            SourceError::Transient(text) => Self::Transient(format!("temporary failure: {text}")),
            SourceError::Protocol(text) => Self::Failed(format!("protocol error: {text}")),
        }
    }
}

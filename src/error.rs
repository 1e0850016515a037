//! Every way in which a call can fail, by who must act. A failed call changes nothing.

/// What is wrong with one field of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field (`page_size`, `rate_limit.unit`), `settings` for the whole, `secrets.NAME` for a secret.
    pub field: String,
    /// What is wrong and what a right value looks like. Never the value of a secret.
    pub message: String,
}

impl FieldError {
    /// One fault of one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// The beginning of a foreign text, enough to find it by in a message.
pub fn short(text: &str, letters: usize) -> String {
    source_token::cut(text, letters).to_owned()
}

/// Every failure of a call, by who must act; the texts are for people and never hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The operator must fix settings or secrets; at least one fault.
    InvalidConfig(Vec<FieldError>),
    /// The operator must fix the access: token, permission, organization.
    Unauthorized(String),
    /// The operator must choose: the checkpoint cannot be continued with this configuration.
    InvalidCheckpoint(String),
    /// The host should call again later.
    Transient(String),
    /// The developers: the remote answered in no known shape.
    Protocol(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InvalidConfig(faults) => {
                out.write_str("invalid configuration:")?;
                faults
                    .iter()
                    .try_for_each(|fault| write!(out, " {}: {};", fault.field, fault.message))
            }
            Self::Unauthorized(why) => write!(out, "unauthorized: {why}"),
            Self::InvalidCheckpoint(why) => write!(out, "invalid checkpoint: {why}"),
            Self::Transient(why) => write!(out, "transient: {why}"),
            Self::Protocol(why) => write!(out, "protocol: {why}"),
        }
    }
}

impl std::error::Error for Error {}

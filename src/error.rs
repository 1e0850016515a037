//! Every way in which a call can fail, by who must act. A failed call changes nothing.

/// What is wrong with one field of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field (`page_size`, `rate_limit.unit`), `settings` for the settings as a whole, or `secrets.NAME`
    /// for a secret.
    pub field: String,
    /// What is wrong and what a valid value looks like. Never contains the value of a secret.
    pub message: String,
}

impl FieldError {
    /// Creates an error about one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Returns at most `letters` characters from the start of an untrusted text, enough to identify it in a message.
pub fn short(text: &str, letters: usize) -> String {
    source_token::cut(text, letters).to_owned()
}

/// Every failure of a call, by who must act. The texts are for people and never contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The operator must fix settings or secrets. Holds at least one error.
    InvalidConfig(Vec<FieldError>),
    /// The operator must fix the access: token, permission or organization.
    Unauthorized(String),
    /// The operator must decide: the checkpoint cannot be continued with this configuration.
    InvalidCheckpoint(String),
    /// The host should call again later.
    Transient(String),
    /// The developers must act: the remote's answer has an unknown shape.
    Protocol(String),
}

impl Error {
    /// Returns the message without the kind of error.
    pub fn text(&self) -> String {
        match self {
            Self::InvalidConfig(faults) => {
                let fault = |fault: &FieldError| [&fault.field, ": ", &fault.message].concat();
                faults.iter().map(fault).collect::<Vec<_>>().join("; ")
            }
            Self::Unauthorized(why)
            | Self::InvalidCheckpoint(why)
            | Self::Transient(why)
            | Self::Protocol(why) => why.clone(),
        }
    }
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
            Self::Protocol(why) => write!(out, "protocol error: {why}"),
        }
    }
}

impl std::error::Error for Error {}

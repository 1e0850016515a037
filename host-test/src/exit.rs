//! Decides what the process says and returns when it does not succeed: one case per who must act.

/// Why a command ended without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Exit code 1: failed after retries, a protocol error, a trap or limit, or the output.
    Failed(String),
    /// Exit code 1: another program holds a lock on the state or the output; it may let go of it.
    Locked(String),
    /// Exit code 2: configuration or usage, checkpoint or state refused, state locked.
    Refused(String),
    /// Exit code 3: credentials or permission.
    Unauthorized(String),
    /// Exit code 1: whoever read our standard output has gone. `demo` and `preview` forgive it.
    ReaderGone,
}

/// What commands return.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// The exit code of the process, as the README lists them.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Locked(_) | Self::ReaderGone => 1,
            Self::Refused(_) => 2,
            Self::Unauthorized(_) => 3,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(text)
            | Self::Locked(text)
            | Self::Refused(text)
            | Self::Unauthorized(text) => f.write_str(text),
            Self::ReaderGone => f.write_str("the reader of standard output has gone"),
        }
    }
}

impl std::error::Error for Failure {}

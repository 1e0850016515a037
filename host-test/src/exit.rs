//! The message and exit code of a failed command: one case for each party that has to act.

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Exit code 1: protocol error, trap, exceeded limit, or the output cannot be written.
    Failed(String),
    /// Exit code 1: a temporary failure that retries did not overcome, or a signal. A later run may succeed without any change.
    Transient(String),
    /// Exit code 1: another program holds a lock on the state or the output, and may release it.
    Locked(String),
    /// Exit code 2: invalid configuration or usage; checkpoint, state or output refused, or in use by another run.
    Refused(String),
    /// Exit code 3: credentials or permissions.
    Unauthorized(String),
    /// Exit code 1: the reader of standard output has closed it. `demo` and `preview` ignore this.
    ReaderGone,
}

/// The result of a command.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Returns the exit code of the process, as listed in `docs/troubleshooting.md`.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Transient(_) | Self::Locked(_) | Self::ReaderGone => 1,
            Self::Refused(_) => 2,
            Self::Unauthorized(_) => 3,
        }
    }
}

/// Returns why a file or folder that the operator named cannot be used.
pub(crate) fn missing(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist; check the path".to_owned(),
        _ => error.to_string(),
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(text)
            | Self::Transient(text)
            | Self::Locked(text)
            | Self::Refused(text)
            | Self::Unauthorized(text) => f.write_str(text),
            Self::ReaderGone => f.write_str("the reader of standard output has closed it"),
        }
    }
}

impl std::error::Error for Failure {}

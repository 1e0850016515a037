//! Standard output, a pipe or a device, with at-least-once delivery. What was written before a crash
//! cannot be taken back, so records may be repeated.

use super::lines;
use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::state::causes;
use std::fs::File;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the process started without a standard output. It cannot be detected later: Rust's
/// startup code opens `/dev/null` in its place, where records would be lost silently.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Records whether standard output is closed. Call this at process start.
pub extern "C" fn note_closed() {
    // This call fails only with EBADF. Source: fcntl(2).
    CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// Checks that there is a standard output.
///
/// # Errors
///
/// Returns [`Failure::Failed`] if it was closed when the process started.
pub fn check_open() -> Result<()> {
    match CLOSED.load(Ordering::Relaxed) {
        true => Err(Failure::Failed("standard output is closed".to_owned())),
        false => Ok(()),
    }
}

/// Converts an error from writing to standard output into a failure.
pub fn unwritten(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::Failed(format!("cannot write to standard output: {error}")),
    }
}

/// An output that cannot be rewound.
pub struct StreamSink {
    to: Box<dyn Write + Send>,
    /// The name of the pipe or device; `None` for standard output.
    name: Option<String>,
}

impl StreamSink {
    /// Returns a sink for standard output.
    ///
    /// # Errors
    ///
    /// Same as [`check_open`].
    pub fn stdout() -> Result<Self> {
        check_open()?;
        Ok(Self { to: Box::new(std::io::stdout()), name: None })
    }

    /// Returns a sink for a pipe or device that was opened by name.
    pub fn file(file: File, path: &Path) -> Self {
        Self { to: Box::new(file), name: Some(path.display().to_string()) }
    }

    /// Writes all records, and flushes.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::ReaderGone`] if the reader of standard output is gone, and
    /// [`Failure::Failed`] for any other error.
    pub fn write(&mut self, events: &[&Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let written = self.to.write_all(&lines(events)).and_then(|()| self.to.flush());
        written.map_err(|error| match &self.name {
            None => unwritten(&error),
            Some(name) if error.kind() == ErrorKind::BrokenPipe => Failure::Failed(format!(
                "cannot write output {name}: its reader is gone; start the reader, then the run"
            )),
            Some(name) => {
                Failure::Failed(format!("cannot write output {name}: {}", causes::of(&error)))
            }
        })
    }
}

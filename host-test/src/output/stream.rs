//! Standard output, or a device: at least once. What was written before a crash cannot be taken
//! back, so a record may come twice, and none is lost once its reader has it.

use super::lines;
use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use std::fs::File;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the process began without a standard output. Afterwards it cannot be told: Rust's
/// start-up puts `/dev/null` into its place, where records would vanish with success.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// For the start of the process: notes that standard output is closed.
pub extern "C" fn note_closed() {
    // EBADF is the only error that this call has. Source: fcntl(2).
    CLOSED.store(rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// Insists that there is a standard output.
///
/// # Errors
///
/// [`Failure::Failed`] when the process began with it closed.
pub fn insist() -> Result<()> {
    match CLOSED.load(Ordering::Relaxed) {
        true => Err(Failure::Failed("standard output is closed".to_owned())),
        false => Ok(()),
    }
}

/// Why standard output was not written.
pub fn unwritten(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::Failed(format!("cannot write to standard output: {error}")),
    }
}

/// Something to write to that has no place to go back to.
pub struct StreamSink {
    to: Box<dyn Write + Send>,
    /// The name of a pipe or a device; none for standard output.
    name: Option<String>,
}

impl StreamSink {
    /// Standard output.
    ///
    /// # Errors
    ///
    /// As [`insist`].
    pub fn stdout() -> Result<Self> {
        insist()?;
        Ok(Self { to: Box::new(std::io::stdout()), name: None })
    }

    /// A pipe or a device that was opened by name.
    pub fn file(file: File, path: &Path) -> Self {
        Self { to: Box::new(file), name: Some(path.display().to_string()) }
    }

    /// Writes records, all of them, and flushes.
    ///
    /// # Errors
    ///
    /// [`Failure::ReaderGone`] when standard output is a closed pipe, [`Failure::Failed`] on anything else.
    pub fn write(&mut self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let written = self.to.write_all(&lines(events)).and_then(|()| self.to.flush());
        written.map_err(|error| match &self.name {
            None => unwritten(&error),
            Some(name) if error.kind() == ErrorKind::BrokenPipe => Failure::Failed(format!(
                "cannot write the output {name}: its reader has gone; start the reader, then the run"
            )),
            Some(name) => Failure::Failed(format!("cannot write the output {name}: {error}")),
        })
    }
}

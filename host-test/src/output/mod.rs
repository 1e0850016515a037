//! Where records go, and how they and the checkpoint become durable together.

pub mod file;
pub mod receiver;
mod reconcile;
mod records;
pub mod sqlite;
pub mod stream;
mod target;

use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::names::family;
use crate::output::receiver::Receiver;
pub use crate::output::target::Target;
use crate::output::target::refuse_own_files;
use crate::state::State;
use source_driver::Why;
use std::path::PathBuf;
use std::time::Duration;

/// An open output, together with the state that says how much of it is valid.
pub struct Output {
    sink: Sink,
    state: Option<State>,
    /// The last checkpoint. An equal one is not written again.
    last: Option<String>,
    /// Whether the current batch is already on the stream, and only its checkpoint is missing.
    is_written: bool,
}

enum Sink {
    Stream(stream::StreamSink),
    File(file::FileSink),
    Sqlite(sqlite::SqliteSink),
    Receiver(Box<dyn Receiver>),
}

impl Output {
    /// Opens standard output without a state, for `demo` and `preview`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if standard output is closed.
    pub fn stdout() -> Result<Self> {
        Ok(Self {
            sink: Sink::Stream(stream::StreamSink::stdout()?),
            state: None,
            last: None,
            is_written: false,
        })
    }

    /// Returns an output that passes records and checkpoints on, without a state of its own.
    pub fn to(receiver: Box<dyn Receiver>) -> Self {
        Self { sink: Sink::Receiver(receiver), state: None, last: None, is_written: false }
    }

    /// Opens an output. This may truncate or create a file, so call it after all other checks.
    ///
    /// `sources` are files that the output must not overwrite, such as the config. `is_accepted`
    /// allows an output that does not match the state. Takes the state only on success.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the output is the state or one of `sources`, its folder does
    /// not exist, another process uses it, another program made it, or it does not match the state;
    /// [`Failure::Locked`] if another program has locked it or the state.
    pub fn open(
        target: &Target,
        state: &mut Option<State>,
        sources: &[PathBuf],
        is_accepted: bool,
    ) -> Result<Self> {
        let Some(open) = state else {
            return Err(Failure::Failed("the state is not open".to_owned()));
        };
        let sink = Sink::open(target, open, sources, is_accepted)?;
        let last = open.checkpoint()?.map(|stored| stored.body);
        Ok(Self { sink, state: state.take(), last, is_written: false })
    }

    /// Makes records durable, and then (or together with them) the checkpoint that covers them. A
    /// file's checkpoint may be stored later; see [`Output::is_settled`].
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the write fails; the checkpoint is not stored in that case.
    /// Returns [`Failure::Locked`] if another program has locked a file; call again with the same
    /// records to continue. Returns [`Failure::ReaderGone`] if standard output was closed.
    pub fn append(&mut self, events: &[&Event], checkpoint: &str) -> Result<()> {
        let changed = self.last.as_deref() != Some(checkpoint);
        if events.is_empty() && !changed {
            return Ok(());
        }
        let Some(state) = &mut self.state else {
            match &mut self.sink {
                Sink::Stream(sink) => sink.write(events)?,
                Sink::Receiver(receiver) => receiver.write(events, checkpoint)?,
                Sink::File(_) | Sink::Sqlite(_) => {}
            }
            self.last = Some(checkpoint.to_owned());
            return Ok(());
        };
        match &mut self.sink {
            Sink::Stream(sink) => {
                if !self.is_written {
                    sink.write(events)?;
                }
                self.is_written = true;
                state.store(Some(checkpoint), None, |_| Ok(()))?;
                self.is_written = false;
            }
            Sink::File(sink) => sink.append(state, events, checkpoint)?,
            Sink::Sqlite(sink) => sink.write(state, events, checkpoint)?,
            // Has no state.
            Sink::Receiver(_) => {}
        }
        self.last = Some(checkpoint.to_owned());
        Ok(())
    }

    /// Stores the checkpoint of the records that were appended last, if it is not stored yet.
    ///
    /// # Errors
    ///
    /// Same as [`Output::append`].
    pub fn settle(&mut self) -> Result<()> {
        match (&mut self.sink, &mut self.state) {
            (Sink::File(sink), Some(state)) => sink.settle(state),
            _ => Ok(()),
        }
    }

    /// Returns whether a stored checkpoint covers everything that was appended. If not, the next
    /// [`Output::append`] or [`Output::settle`] stores it.
    pub fn is_settled(&self) -> bool {
        match &self.sink {
            Sink::File(sink) => sink.is_settled(),
            Sink::Stream(_) | Sink::Sqlite(_) | Sink::Receiver(_) => true,
        }
    }

    /// Tells a receiver that the run waits.
    ///
    /// # Errors
    ///
    /// Same as [`Receiver::wait`].
    pub fn wait(&mut self, why: Why, time: Duration) -> Result<()> {
        match &mut self.sink {
            Sink::Receiver(receiver) => receiver.wait(why, time),
            Sink::File(_) | Sink::Sqlite(_) | Sink::Stream(_) => Ok(()),
        }
    }

    /// Continues in a new file if the output was moved away, for example by log rotation.
    ///
    /// # Errors
    ///
    /// Same as [`Output::open`].
    pub fn reopen(&mut self) -> Result<()> {
        match (&mut self.sink, &mut self.state) {
            (Sink::File(sink), Some(state)) => sink.reopen(state),
            (Sink::Sqlite(sink), Some(state)) => sink.reopen(state),
            _ => Ok(()),
        }
    }
}

impl Sink {
    fn open(
        target: &Target,
        state: &mut State,
        sources: &[PathBuf],
        is_accepted: bool,
    ) -> Result<Self> {
        Ok(match target {
            Target::Stdout => Self::Stream(stream::StreamSink::stdout()?),
            Target::File(path) => {
                refuse_own_files(path, std::slice::from_ref(path), state.path(), sources)?;
                match file::FileSink::open(path, state, is_accepted)? {
                    file::Opened::File(sink) => Self::File(sink),
                    file::Opened::Stream(file) => {
                        Self::Stream(stream::StreamSink::file(file, path))
                    }
                }
            }
            Target::Sqlite(path) => {
                refuse_own_files(path, &family(path), state.path(), sources)?;
                Self::Sqlite(sqlite::SqliteSink::open(path, state, is_accepted)?)
            }
        })
    }
}

/// Returns the records as lines: one JSON object each, as the component returned it.
fn lines(events: &[&Event]) -> Vec<u8> {
    let size = events.iter().map(|event| event.payload.len() + 1).sum();
    let mut lines = Vec::with_capacity(size);
    for event in events {
        let begins = lines.len();
        lines.extend_from_slice(event.payload.as_bytes());
        // One line is one record. In valid JSON, a raw line break is only white space. In anything
        // else, it would forge records.
        while let Some(at) = memchr::memchr2(b'\n', b'\r', &lines[begins..]) {
            lines[begins + at] = b' ';
        }
        lines.push(b'\n');
    }
    lines
}

//! Where records go, and how they and the checkpoint become durable together.

pub mod file;
mod reconcile;
mod records;
pub mod sqlite;
pub mod stream;

use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::names::{family, folder, is_same, no_folder};
use crate::state::State;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An output that the operator named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `-`: standard output, delivered at least once.
    Stdout,
    /// A file with one record per line, delivered exactly once.
    File(PathBuf),
    /// `sqlite:FILE`: the table `events` of a database, delivered exactly once.
    Sqlite(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match (text, text.strip_prefix("sqlite:")) {
            ("", _) | (_, Some("")) => {
                Err("the name is empty; name a file, - or sqlite:FILE".to_owned())
            }
            ("-", _) => Ok(Self::Stdout),
            (_, Some(path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            (path, None) => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

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
            if let Sink::Stream(sink) = &mut self.sink {
                sink.write(events)?;
            }
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
            Sink::Stream(_) | Sink::Sqlite(_) => true,
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

/// Refuses an output that would overwrite files with another purpose. `written` lists all files
/// that the output consists of.
fn refuse_own_files(
    output: &Path,
    written: &[PathBuf],
    state: &Path,
    sources: &[PathBuf],
) -> Result<()> {
    let name = output.display();
    let folder = folder(output);
    if let Err(error) = folder.canonicalize() {
        return Err(Failure::Refused(format!("output {name}: {}", no_folder(folder, &error))));
    }
    for file in written {
        let clash = match () {
            () if sources.iter().any(|own| is_same(file, own)) => "a file that the config uses",
            () if family(state).iter().any(|own| is_same(file, own)) => {
                "the state file, its lock or its journal"
            }
            () => continue,
        };
        return Err(Failure::Refused(match file == output {
            true => format!("output {name} is {clash}; name another file"),
            false => format!(
                "output {name} needs {}, which is {clash}; name another file",
                file.display()
            ),
        }));
    }
    Ok(())
}

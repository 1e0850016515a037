//! Where records go, and how they and the checkpoint become durable together.

pub mod file;
mod mend;
mod records;
pub mod sqlite;
pub mod stream;

use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::names::{family, folder, is_same};
use crate::state::State;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What the operator names as output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `-`: standard output, at least once.
    Stdout,
    /// A file, one record a line, exactly once.
    File(PathBuf),
    /// `sqlite:FILE`: the table `events` of a database, exactly once.
    Sqlite(PathBuf),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match (text, text.strip_prefix("sqlite:")) {
            ("", _) | (_, Some("")) => Err("the name of the output is empty".to_owned()),
            ("-", _) => Ok(Self::Stdout),
            (_, Some(path)) => Ok(Self::Sqlite(PathBuf::from(path))),
            (path, None) => Ok(Self::File(PathBuf::from(path))),
        }
    }
}

/// An open output, together with the state that says how far it is valid.
pub struct Output {
    sink: Sink,
    state: Option<State>,
    /// The checkpoint stored last, to spare the disk one that says nothing new.
    last: Option<String>,
    /// The records under way went down a stream; what is open is the state.
    is_written: bool,
}

enum Sink {
    Stream(stream::StreamSink),
    File(file::FileSink),
    Sqlite(sqlite::SqliteSink),
}

impl Output {
    /// Standard output, without a state: for `demo` and `preview`.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when it is closed.
    pub fn stdout() -> Result<Self> {
        Ok(Self {
            sink: Sink::Stream(stream::StreamSink::stdout()?),
            state: None,
            last: None,
            is_written: false,
        })
    }

    /// Opens an output, which may cut or make a file: only when nothing else can be refused any
    /// more. `sources`: files it must not be, such as the config. `is_accepted`: also an output that
    /// does not go with the state. The state is taken when it is open, and stays when it is not.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it is one of our own files, lies in no folder, is in use by
    /// another process, is no file of ours, or does not go with the state; [`Failure::Locked`] when
    /// another program has it or the state locked.
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

    /// Makes records durable, and then, or with them, the checkpoint that covers them.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the disk does not take it; the checkpoint was not stored then.
    /// [`Failure::Locked`] when another program has a file locked: called again with the same
    /// records, it goes on where it was. [`Failure::ReaderGone`] when standard output was closed.
    pub fn deliver(&mut self, events: &[Event], checkpoint: String) -> Result<()> {
        let changed = self.last.as_ref() != Some(&checkpoint);
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
                state.store(Some(&checkpoint), None, |_| Ok(()))?;
                self.is_written = false;
            }
            Sink::File(sink) => sink.write(state, events, &checkpoint)?,
            Sink::Sqlite(sink) => sink.write(state, events, &checkpoint)?,
        }
        self.last = Some(checkpoint);
        Ok(())
    }

    /// Goes on in a new file if the output was moved away, as when logs are rotated.
    ///
    /// # Errors
    ///
    /// As [`Output::open`].
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

/// The lines of records: one JSON object each, as the component gave it.
fn lines(events: &[Event]) -> Vec<u8> {
    let size = events.iter().map(|event| event.payload.len() + 1).sum();
    let mut lines = Vec::with_capacity(size);
    for event in events {
        let begins = lines.len();
        lines.extend_from_slice(event.payload.as_bytes());
        // A line is a record. In JSON a line break is only ever blank space; in what is none, it forges records.
        while let Some(at) = memchr::memchr2(b'\n', b'\r', &lines[begins..]) {
            lines[begins + at] = b' ';
        }
        lines.push(b'\n');
    }
    lines
}

/// Refuses an output that would be written over files that are in use for something else.
/// `written`: all files that the output consists of.
fn refuse_own_files(
    output: &Path,
    written: &[PathBuf],
    state: &Path,
    sources: &[PathBuf],
) -> Result<()> {
    let name = output.display();
    let folder = folder(output);
    if !folder.is_dir() {
        let folder = folder.display();
        let why = format!("output {name}: the folder {folder} does not exist");
        return Err(Failure::Refused(why));
    }
    for file in written {
        let clash = match () {
            () if sources.iter().any(|own| is_same(file, own)) => {
                "a file that the config stands on"
            }
            () if family(state).iter().any(|own| is_same(file, own)) => {
                "the state file, its lock or its journal"
            }
            () => continue,
        };
        return Err(Failure::Refused(match file == output {
            true => format!("output {name} is {clash}"),
            false => format!("output {name} needs {}, which is {clash}", file.display()),
        }));
    }
    Ok(())
}

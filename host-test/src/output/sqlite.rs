//! An SQLite database. Records and checkpoint are stored in one transaction over two files, the
//! output and the state.

use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::names::{folder, true_name};
use crate::state::State;
use crate::state::causes::OUTPUT_DAMAGED;
use crate::state::database::Kind;
use crate::state::lock::Lock;
use crate::state::pair;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The output database. The application ID is "BAev".
const EVENTS: Kind = Kind {
    name: "output",
    application_id: 0x4241_6576,
    version: 1,
    is_checked: false,
    tables: &["events"],
    added: &[pair::OUTPUT],
    damaged: OUTPUT_DAMAGED,
};

/// There is no unique key on `uuid`, because a repeated record must be visible.
const LAYOUT: &str = "
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL, occurred_at TEXT NOT NULL,
        kind TEXT NOT NULL, payload TEXT NOT NULL);";

/// Maximum number of attempts to write a batch while the file is moved away again and again. A rotation moves it once.
const MOVES_MAX: u32 = 10;

/// An output database, attached to the state.
#[derive(Debug)]
pub struct SqliteSink {
    path: PathBuf,
    /// The device and inode of the attached file; `None` while none is attached.
    id: Option<(u64, u64)>,
    is_accepted: bool,
    _lock: Lock,
}

impl SqliteSink {
    /// Opens or creates the database and attaches it to the state. `is_accepted` allows a database
    /// that does not match the state.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file is not ours, is damaged, has a newer version, is in
    /// use, or does not match the state; [`Failure::Locked`] if another program has locked it.
    pub fn open(path: &Path, state: &mut State, is_accepted: bool) -> Result<Self> {
        EVENTS.look(path)?;
        let path = true_name(path)?;
        let lock = Lock::take(&path)?;
        let mut sink = Self { path, id: None, is_accepted, _lock: lock };
        sink.attach(state)?;
        Ok(sink)
    }

    /// Writes the records and the checkpoint: both or neither.
    ///
    /// # Errors
    ///
    /// Same as [`State::store`] and [`SqliteSink::reopen`].
    pub fn write(&mut self, state: &mut State, events: &[&Event], checkpoint: &str) -> Result<()> {
        for _ in 1..MOVES_MAX {
            self.reopen(state)?;
            match store(state, events, checkpoint) {
                // Moved away between the check and the write: SQLite stored nothing.
                Err(Failure::Failed(_)) if !self.is_there() => {}
                done => return done,
            }
        }
        self.reopen(state)?;
        store(state, events, checkpoint)
    }

    /// Continues in a new file if the path no longer names the attached file, or if that file was
    /// emptied, for example by log rotation.
    ///
    /// # Errors
    ///
    /// Same as [`SqliteSink::open`].
    pub fn reopen(&mut self, state: &mut State) -> Result<()> {
        if self.is_there() {
            return Ok(());
        }
        if self.id.take().is_some() {
            let path = self.path.display();
            tracing::info!("{path} was moved, removed or emptied; continuing in a new file");
            state.detach();
        }
        self.attach(state)
    }

    fn attach(&mut self, state: &mut State) -> Result<()> {
        for _ in 1..MOVES_MAX {
            let before = self.named();
            let done = self.try_attach(state);
            let after = self.named();
            // Log rotation may also put an empty file in its place.
            let is_moved = after.is_none() || before.is_some() && before != after;
            let is_locked = matches!(done, Err(Failure::Locked(_)));
            if done.is_ok() || is_locked || !is_moved || !folder(&self.path).is_dir() {
                return done;
            }
        }
        self.try_attach(state)
    }

    fn try_attach(&mut self, state: &mut State) -> Result<()> {
        drop(EVENTS.open(&self.path, LAYOUT)?);
        let opened = self.named();
        state.attach(&self.path)?;
        let mut done = state.check_partner(self.is_accepted);
        if done.is_ok() && (opened.is_none() || self.named() != opened) {
            let path = self.path.display();
            done = Err(Failure::Failed(format!("output {path} was moved while it was opened")));
        }
        match done {
            Ok(()) => self.id = opened,
            Err(_) => state.detach(),
        }
        done
    }

    fn is_there(&self) -> bool {
        self.id.is_some() && self.named() == self.id
    }

    /// Returns the identity of the file at the path, unless it is empty.
    fn named(&self) -> Option<(u64, u64)> {
        self.path.metadata().is_ok_and(|named| named.len() > 0).then(|| identity(&self.path))?
    }
}

/// Returns the device and inode of a file, if it exists.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|named| (named.dev(), named.ino()))
}

fn store(state: &mut State, events: &[&Event], checkpoint: &str) -> Result<()> {
    state.store(Some(checkpoint), None, |all| {
        let mut insert = all.prepare_cached(
            "INSERT INTO output.events (uuid, occurred_at, kind, payload) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for event in events {
            insert.execute([&event.id, &event.occurred_at, &event.kind, &event.payload])?;
        }
        if events.is_empty() { Ok(()) } else { pair::advance(all) }
    })
}

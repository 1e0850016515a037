//! A database: records and checkpoint in one transaction over two files, the output and the state.

use crate::exit::Result;
use crate::guest::contract::Event;
use crate::names::true_name;
use crate::state::State;
use crate::state::database::Kind;
use crate::state::lock::Lock;
use crate::state::pair;
use std::path::Path;

/// "BAev": tells our output files from other databases.
const EVENTS: Kind = Kind {
    name: "output",
    application_id: 0x4241_6576,
    version: 1,
    is_checked: false,
    tables: &["events"],
    added: pair::OUTPUT,
};

/// No unique key on `uuid`: a repeated record must show, not vanish.
const LAYOUT: &str = "
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL, occurred_at TEXT NOT NULL,
        kind TEXT NOT NULL, payload TEXT NOT NULL);";

/// An output database, attached to the state.
#[derive(Debug)]
pub struct SqliteSink {
    _lock: Lock,
}

impl SqliteSink {
    /// Opens or makes the database and attaches it to the state. `is_accepted`: also one that does
    /// not go with the state.
    ///
    /// # Errors
    ///
    /// [`crate::exit::Failure::Refused`]: not ours, damaged, of a newer version, in use, or it does
    /// not go with the state. [`crate::exit::Failure::Locked`]: locked by another program.
    pub fn open(path: &Path, state: &mut State, is_accepted: bool) -> Result<Self> {
        EVENTS.look(path)?;
        let path = true_name(path)?;
        let lock = Lock::take(&path)?;
        drop(EVENTS.open(&path, LAYOUT)?);
        state.attach(&path)?;
        if let Err(failure) = state.insist_on_partner(is_accepted) {
            state.detach();
            return Err(failure);
        }
        Ok(Self { _lock: lock })
    }

    /// Writes records and checkpoint, both or none.
    ///
    /// # Errors
    ///
    /// As [`State::store`].
    pub fn write(&mut self, state: &mut State, events: &[Event], checkpoint: &str) -> Result<()> {
        state.store(Some(checkpoint), None, |all| {
            let mut insert = all.prepare_cached(
                "INSERT INTO output.events (uuid, occurred_at, kind, payload) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for event in events {
                insert.execute([&event.id, &event.occurred_at, &event.kind, &event.payload])?;
            }
            if events.is_empty() { Ok(()) } else { pair::advance(all) }
        })
    }
}

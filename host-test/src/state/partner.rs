//! Writes the state and an attached output database together.

use super::State;
use crate::exit::{Failure, Result};
use crate::state::causes::{STATE_DAMAGED, words};
use crate::state::database::prepare;
use crate::state::ledger::Ledger;
use crate::state::{locked, pair};
use std::path::Path;

impl State {
    /// Attaches another database as the schema `output`. From then on, [`State::store`] writes both
    /// or neither.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if it cannot be opened, and [`Failure::Locked`] if another program
    /// has locked it.
    pub fn attach(&mut self, path: &Path) -> Result<()> {
        let name = path.to_str().ok_or_else(|| {
            Failure::Refused(format!("output {}: the name is not UTF-8", path.display()))
        })?;
        let attached = self.database.execute("ATTACH DATABASE ?1 AS output", [name]);
        let ready = attached.and_then(|_| prepare(&self.database, "output"));
        self.output = Some(path.to_owned());
        ready.map_err(|error| {
            self.detach();
            let why = format!("output {name}: {error}");
            if locked::is(&error) { locked::failure("output", path) } else { Failure::Refused(why) }
        })
    }

    /// Detaches the output, so that it can be attached again.
    pub fn detach(&mut self) {
        self.output = None;
        // Fails only if none is attached, for example because attaching failed.
        let _ = self.database.execute_batch("DETACH DATABASE output");
    }

    /// Refuses an attached output that does not match this state, unless that is accepted.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with what to do, or the same errors as [`State::store`] if a
    /// file cannot be read or written.
    pub fn check_partner(&mut self, is_accepted: bool) -> Result<()> {
        let Some(output) = self.output.clone() else { return Ok(()) };
        let is_new = self.is_new()?;
        let path = self.path.clone();
        pair::check(&mut self.database, &path, &output, is_new, is_accepted)
            .map_err(|error| self.unwritten(&error))?
    }

    /// Returns the failure for a failed write. SQLite does not say which of the two files it was.
    pub(super) fn unwritten(&self, error: &rusqlite::Error) -> Failure {
        let state = self.path.display();
        if locked::is(error) {
            return match &self.output {
                Some(output) if !locked::has_writer(&self.path) => {
                    locked::failure("output", output)
                }
                _ => locked::failure("state", &self.path),
            };
        }
        Failure::Failed(match &self.output {
            Some(output) => {
                format!(
                    "cannot write output {} and state {state}: {}",
                    output.display(),
                    words(error, STATE_DAMAGED)
                )
            }
            None => format!("cannot write state {state}: {}", words(error, STATE_DAMAGED)),
        })
    }
}

//! The state and an output database beside it, written together.

use super::State;
use crate::exit::{Failure, Result};
use crate::state::causes::words;
use crate::state::database::prepare;
use crate::state::ledger::Ledger;
use crate::state::{locked, pair};
use std::path::Path;

impl State {
    /// Opens another database beside this one, as the schema `output`: [`State::store`] then
    /// writes to both or to none.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it cannot be opened.
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

    /// Lets go of the output, so that it can be attached again.
    pub fn detach(&mut self) {
        self.output = None;
        // It fails only when none is attached, as after an attachment that failed.
        let _ = self.database.execute_batch("DETACH DATABASE output");
    }

    /// Refuses an attached output that does not go with this state, unless that is accepted.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`], with what to do; as [`State::store`] when a file cannot be read or written.
    pub fn insist_on_partner(&mut self, is_accepted: bool) -> Result<()> {
        let Some(output) = self.output.clone() else { return Ok(()) };
        let is_new = self.is_new()?;
        let path = self.path.clone();
        pair::insist(&mut self.database, &path, &output, is_new, is_accepted)
            .map_err(|error| self.unwritten(&error))?
    }

    /// What a write that failed means. SQLite does not tell which of two files it was.
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
                    words(error)
                )
            }
            None => format!("cannot write state {state}: {}", words(error)),
        })
    }
}

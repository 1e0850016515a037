//! State ⇄ the text that a host stores: versioned, readable JSON. Anything else is refused with an
//! explanation.

use crate::error::{Error, short};
use crate::sync::state::State;
use crate::text::object::Object;
use crate::text::reader::Reader;

/// Value of the `format` member.
const FORMAT: &str = "buildkite-audit-logs";
/// The only version so far.
const VERSION: i64 = 1;
/// Maximum size of the text: 40,000 uuids take 1.2 MB, 17 cursors 70 kB, the list of types 50 kB.
pub const CHECKPOINT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Maximum number of characters of a member's name that a message shows.
const NAME: usize = 60;

/// Writes the state as text.
pub fn encode(state: &State) -> String {
    let mut text = String::with_capacity(1_024 + 30 * state.walk.known());
    let mut all = Object::open(&mut text);
    all.text("format", FORMAT);
    all.number("version", VERSION);
    state.write(&mut all);
    all.close();
    text
}

fn refused(why: &str) -> Error {
    Error::InvalidCheckpoint(format!(
        "{why}; nothing was changed: restore an earlier copy, or start over without a checkpoint \
         (with backfill_start_time, to fetch the past again)"
    ))
}

/// Reads the text, whatever it is bound to.
///
/// # Errors
///
/// Returns [`Error::InvalidCheckpoint`] if the text is too large, is not a checkpoint of this connector, has a newer
/// version, or contradicts itself.
pub fn decode(text: &str) -> Result<State, Error> {
    if text.len() > CHECKPOINT_BYTES_MAX {
        return Err(refused("the checkpoint is larger than the maximum of 2 MiB"));
    }
    let mut reader = Reader::open(text);
    let (format, version) = (reader.text("format"), reader.number("version"));
    if reader.is_wrong() {
        return Err(refused("the checkpoint is not from this connector, or is corrupt"));
    }
    if format != FORMAT {
        return Err(refused("the checkpoint belongs to another connector"));
    }
    if version != VERSION {
        return Err(refused(&format!(
            "the checkpoint has version {version}, but this connector supports only {VERSION}: \
             use the one that wrote it"
        )));
    }
    let state = State::read(&mut reader);
    reader.close().map_err(|wrong| {
        refused(&format!("the checkpoint is corrupt (at {})", short(&wrong, NAME)))
    })?;
    match state.fault() {
        Some(why) => Err(refused(&format!("the checkpoint contradicts itself ({why})"))),
        None => Ok(state),
    }
}

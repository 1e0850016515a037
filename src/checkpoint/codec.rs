//! State ⇄ the text that a host stores. Versioned, readable JSON; whatever is not exactly ours is refused in words.

use crate::budget::Budget;
use crate::error::{Error, short};
use crate::sync::binding::Binding;
use crate::sync::rejected_types::Unknown;
use crate::sync::rest::Rest;
use crate::sync::state::{Reduced, State};
use crate::sync::tail::Tail;
use crate::sync::walk::Walk;
use crate::text::object::Object;
use crate::text::reader::{Reader, Wrong};

/// What the text says it is.
const FORMAT: &str = "buildkite-audit-logs";
/// The only version there is.
const VERSION: i64 = 1;
/// Largest text: 40,000 uuids take 1.2 MB, 17 cursors 70 kB, the list of types 50 kB.
pub const CHECKPOINT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Letters of a member's name that a message shows.
const NAME: usize = 60;

/// Writes the text.
pub fn encode(state: &State) -> String {
    let mut text = String::with_capacity(1_024 + 30 * state.walk.known());
    let mut all = Object::open(&mut text);
    all.text("format", FORMAT);
    all.number("version", VERSION);
    state.binding.write(&mut all);
    state.tail.write(&mut all);
    all.time("asked", state.asked);
    all.time("throttled_until", state.throttled_until);
    state.rest.write(&mut all);
    if let Some(reduced) = &state.reduced {
        all.number("page_size", reduced.size.into());
        all.number("good_pages", reduced.good.into());
    }
    state.unknown.write(&mut all);
    state.budget.write(&mut all);
    state.walk.write(&mut all);
    all.close();
    text
}

fn read(mut reader: Reader) -> Result<State, Wrong> {
    let state = State {
        binding: Binding::read(&mut reader),
        tail: Tail::read(&mut reader),
        asked: reader.time("asked"),
        throttled_until: reader.time("throttled_until"),
        rest: Rest::read(&mut reader),
        reduced: reader
            .count_or_none("page_size")
            .map(|size| Reduced { size, good: reader.count("good_pages") }),
        unknown: Unknown::read(&mut reader),
        budget: Budget::read(&mut reader),
        walk: Walk::read(&mut reader),
    };
    reader.close().map(|()| state)
}

fn refused(why: &str) -> Error {
    Error::InvalidCheckpoint(format!(
        "{why}; nothing was changed: restore an earlier copy, or start anew without a checkpoint \
         (with backfill_start_time, to fetch the past again)"
    ))
}

/// Reads the text, whoever it belongs to.
///
/// # Errors
///
/// [`Error::InvalidCheckpoint`]: too large, no checkpoint of ours, of a newer version, or one that contradicts itself.
pub fn decode(text: &str) -> Result<State, Error> {
    if text.len() > CHECKPOINT_BYTES_MAX {
        return Err(refused("the checkpoint is larger than 2 MiB, which ours never are"));
    }
    let mut reader = Reader::open(text);
    let (format, version) = (reader.text("format"), reader.number("version"));
    if reader.is_wrong() {
        return Err(refused("the checkpoint is not one of this connector, or is corrupt"));
    }
    if format != FORMAT {
        return Err(refused("the checkpoint belongs to another connector"));
    }
    if version != VERSION {
        return Err(refused(&format!(
            "the checkpoint has version {version}, this connector knows version {VERSION}: use the one that wrote it"
        )));
    }
    let state = read(reader).map_err(|wrong| {
        refused(&format!("the checkpoint is corrupt (at {})", short(&wrong, NAME)))
    })?;
    match fault(&state) {
        Some(why) => Err(refused(&format!("the checkpoint contradicts itself ({why})"))),
        None => Ok(state),
    }
}

/// What cannot be true of any state of ours.
fn fault(state: &State) -> Option<&'static str> {
    let fault = state.walk.fault(state.tail.start()).or(state.tail.fault());
    if fault.is_some() {
        fault
    } else if state.tail.high_water().is_none() && !state.walk.is_fresh() {
        Some("gaps without a high-water time")
    } else if state.reduced.as_ref().is_some_and(|reduced| reduced.size == 0) {
        Some("a page of no events")
    } else if !state.binding.can_leave_out(&state.unknown.names) {
        Some("unknown types that nobody asks for, or nothing else")
    } else {
        None
    }
}

//! Recovery from a bad answer, so that the next call does better: a page that was too heavy is halved, a refused cursor
//! is dropped, and a type that the remote does not know is left out.

use crate::ask::{Ask, Target};
use crate::error::{Error, FieldError, short};
use crate::settings::Config;
use crate::sync::pace::Pace;
use crate::sync::state::State;
use crate::text::time::Millis;

/// Maximum number of characters of a list of types that are shown.
const NAMES: usize = 200;

/// Halves the page. Returns a note.
///
/// # Errors
///
/// Returns `hopeless` for a page of one event.
pub fn halve(state: &mut State, ask: &Ask, hopeless: Error) -> Result<String, Error> {
    match state.pace.halve(ask) {
        Some(size) => {
            Ok(format!("the page was too heavy: asking for {size} events per page ({hopeless})"))
        }
        None => Err(hopeless),
    }
}

/// Drops a refused cursor: the walk continues by time. Returns a note.
///
/// # Errors
///
/// Returns [`Error::Protocol`] if cursors are refused repeatedly without progress.
pub fn drop_cursor(state: &mut State, ask: &Ask, quote: String) -> Result<String, Error> {
    match ask.target {
        Target::Gap(index) if state.walk.drop_cursor(index) => {
            Ok(format!("a cursor was refused; continuing by time ({quote})"))
        }
        _ => Err(Error::Protocol(quote)),
    }
}

/// Leaves out types that the remote does not know, where `refused_at` is the server's time of the refusal and `now` the
/// host's. Returns a note.
///
/// # Errors
///
/// Returns [`Error::InvalidConfig`] if no type is left to ask for.
pub fn leave_out(
    config: &Config,
    state: &mut State,
    ask: &Ask,
    names: Vec<String>,
    refused_at: Option<Millis>,
    now: Millis,
) -> Result<String, Error> {
    if ask.without.len() + names.len() >= config.event_types.len() {
        return Err(unknown_types(&names));
    }
    let retried = if names.len() == 1 { "this one is" } else { "these are" };
    let note = format!(
        "event_types: Buildkite does not know {}; the other types are read, and {retried} retried",
        types(&names)
    );
    let (full, not_after) = (state.tail.full(), state.tail.high_water().or(refused_at));
    change(state, |pace| pace.refused_types(&ask.without, names, full, not_after, now));
    Ok(note)
}

/// Notes that a page arrived: types that were left out and are known again are requested from now on. Returns a note
/// about them.
pub fn answered(state: &mut State, ask: &Ask) -> Option<String> {
    let Target::Live { floor, full: true } = ask.target else { return None };
    let ceiling = state.tail.high_water()?;
    let known = change(state, |pace| pace.answered_types(&ask.without, ceiling));
    let names = short(&known.join(", "), NAMES);
    (!known.is_empty()).then(|| {
        format!(
            "event_types: Buildkite knows {names} again; events from {floor} on are read, and earlier ones \
             were skipped. To get those, read them with a separate state"
        )
    })
}

/// Applies a change of the filter. A cursor belongs to its filter, so if that changes, the walks continue by time.
fn change<T>(state: &mut State, how: impl FnOnce(&mut Pace) -> T) -> T {
    let before = state.pace.unknown().names().to_vec();
    let done = how(&mut state.pace);
    let after = state.pace.unknown().names();
    if before.len() != after.len() || !before.iter().all(|name| after.contains(name)) {
        state.walk.drop_cursors();
    }
    done
}

/// Returns the error for these types.
pub fn unknown_types(names: &[String]) -> Error {
    Error::InvalidConfig(vec![FieldError::new("event_types", unknown_words(names))])
}

/// Returns the message of that error.
pub fn unknown_words(names: &[String]) -> String {
    let them = if names.len() == 1 { "; fix it or remove it" } else { "; fix or remove them" };
    ["Buildkite does not know ", &types(names), them].concat()
}

/// Returns a list of types for a message.
fn types(names: &[String]) -> String {
    let noun = if names.len() == 1 { "the type " } else { "the types " };
    [noun, &short(&names.join(", "), NAMES)].concat()
}

//! What an unlucky answer moves, so that the next call fares better: a page that was too heavy is halved, a refused cursor
//! dropped, a type that the remote does not know left out.

use crate::ask::{Ask, Target};
use crate::error::{Error, FieldError, short};
use crate::settings::Config;
use crate::sync::rejected_types::Unknown;
use crate::sync::state::{Reduced, State};
use crate::text::time::Millis;

/// Good pages at a reduced size before a larger one is tried: seldom enough that a remote which cannot do better is
/// asked in vain for one page in sixteen.
const GOOD_PAGES: u32 = 16;

/// Letters of a list of types that are shown.
const NAMES: usize = 200;

/// Refusals in a row for types that are not known, one or more each, that are followed by another request at once: more
/// are a long list of slips, which has time.
const REFUSALS_FREE: u32 = 3;
/// Time to the next request after more of them, in milliseconds.
const REFUSAL_MS: i64 = 1_000;

/// Halves the page. Gives a note.
///
/// # Errors
///
/// `hopeless` for a page of one event.
pub fn halve(state: &mut State, ask: &Ask, hopeless: Error) -> Result<String, Error> {
    if ask.first <= 1 {
        return Err(hopeless);
    }
    let size = ask.first / 2;
    state.reduced = Some(Reduced { size, good: 0 });
    Ok(format!("the page was too heavy: asking for {size} events a page ({hopeless})"))
}

/// After enough good pages at a reduced size, a larger one is tried again.
pub fn grow(config: &Config, state: &mut State, ask: &Ask) {
    let Some(reduced) = state.reduced.as_mut().filter(|reduced| ask.first >= reduced.size) else {
        return;
    };
    reduced.good = reduced.good.saturating_add(1);
    if reduced.good >= GOOD_PAGES {
        *reduced = Reduced { size: reduced.size.saturating_mul(2), good: 0 };
        if reduced.size >= config.page_size {
            state.reduced = None;
        }
    }
}

/// Drops a refused cursor: the walk goes on by time. Gives a note.
///
/// # Errors
///
/// [`Error::Protocol`] when they are refused again and again without progress.
pub fn drop_cursor(state: &mut State, ask: &Ask, said: String) -> Result<String, Error> {
    match ask.target {
        Target::Gap(index) if state.walk.drop_cursor(index) => {
            Ok(format!("a cursor was refused: going on by time ({said})"))
        }
        _ => Err(Error::Protocol(said)),
    }
}

/// Leaves out types that the remote does not know; `refused_at`: the server's time of the refusal, `now` the host's. Gives
/// a note.
///
/// # Errors
///
/// [`Error::InvalidConfig`] when no type is left to ask for.
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
    let note = format!(
        "event_types: Buildkite knows no type {}; the others are read, and it is tried again",
        short(&names.join(", "), NAMES)
    );
    let (full, not_after) = (state.tail.full(), state.tail.high_water().or(refused_at));
    change(state, |unknown| unknown.refused(&ask.without, names, full, not_after));
    if state.unknown.refusals > REFUSALS_FREE {
        state.throttled_until = Some(now.plus(REFUSAL_MS));
    }
    Ok(note)
}

/// A page came. Types that were left out and are known again are asked for from here on. Gives a note on them.
pub fn answered(state: &mut State, ask: &Ask) -> Option<String> {
    let Target::Live { floor, full: true } = ask.target else { return None };
    let ceiling = state.tail.high_water()?;
    let mut known = Vec::new();
    change(state, |unknown| known = unknown.answered(&ask.without, ceiling));
    let names = short(&known.join(", "), NAMES);
    (!known.is_empty()).then(|| {
        format!(
            "event_types: Buildkite knows {names} again: its events from {floor} on are read, but none before that \
             while it was left out; to have them, read this type into a state of its own"
        )
    })
}

/// A cursor belongs to its filter: when that changes, the walks go on by time.
fn change(state: &mut State, how: impl FnOnce(&mut Unknown)) {
    let before = state.unknown.names.clone();
    how(&mut state.unknown);
    let after = &state.unknown.names;
    if before.len() != after.len() || !before.iter().all(|name| after.contains(name)) {
        state.walk.drop_cursors();
    }
}

/// What is wrong with these types.
pub fn unknown_types(names: &[String]) -> Error {
    Error::InvalidConfig(vec![FieldError::new("event_types", unknown_words(names))])
}

/// The same in words.
pub fn unknown_words(names: &[String]) -> String {
    let names = short(&names.join(", "), NAMES);
    ["Buildkite knows no type ", &names, "; mend it or leave it out"].concat()
}

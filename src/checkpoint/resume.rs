//! Continuing from a checkpoint: what it is bound to, and what changed settings mean for it.

use crate::checkpoint::codec::decode;
use crate::error::Error;
use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::sync::state::State;

/// Continues from a checkpoint with these settings. Returns the state and notes for the operator.
///
/// # Errors
///
/// Returns [`Error::InvalidCheckpoint`] as [`decode`] does, and for a checkpoint of another organization, endpoint or
/// filter.
pub fn resume(config: &Config, text: &str) -> Result<(State, Vec<String>), Error> {
    let mut state = decode(text)?;
    if let Some(why) = state.binding.refusal(&Binding::of(config)) {
        return Err(Error::InvalidCheckpoint(why));
    }
    state.pace.forget_assumed(config);
    let note = state.follow_start(config.backfill_start);
    Ok((state, note.into_iter().collect()))
}

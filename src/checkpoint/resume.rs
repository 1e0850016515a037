//! Continuing from a checkpoint: whose it is, and what changed settings mean for it.

use crate::checkpoint::codec::decode;
use crate::error::{Error, short};
use crate::settings::Config;
use crate::settings::endpoint::DEFAULT;
use crate::sync::state::{Binding, State};

/// Continues from a checkpoint with these settings. Gives notes for the operator beside the state.
///
/// # Errors
///
/// [`Error::InvalidCheckpoint`] as [`decode`] does, and for a checkpoint of another organization, endpoint or filter.
pub fn resume(config: &Config, text: &str) -> Result<(State, Vec<String>), Error> {
    let mut state = decode(text)?;
    let wanted = Binding::of(config);
    if state.binding != wanted {
        return Err(Error::InvalidCheckpoint(mismatch(&state.binding, &wanted)));
    }
    state.budget.forget_assumed(config);
    let note = state.follow_start(config.backfill_start);
    Ok((state, note.into_iter().collect()))
}

fn mismatch(has: &Binding, wants: &Binding) -> String {
    let types = |binding: &Binding| match binding.event_types.is_empty() {
        true => "all event types".to_owned(),
        false => format!("event_types {}", binding.event_types.join(", ")),
    };
    let (what, has, wants) = if has.org_slug != wants.org_slug {
        ("organization", has.org_slug.clone(), wants.org_slug.clone())
    } else if has.origin != wants.origin {
        ("endpoint", has.origin.clone(), wants.origin.clone())
    } else {
        ("filter", types(has), types(wants))
    };
    let (has, wants) = (short(&has, 200), short(&wants, 200));
    format!(
        "the checkpoint belongs to another {what}: it is for {has}, the settings say {wants}; nothing was changed. \
         Go back to the former setting, use a state of its own for the new one, or rebind the state \
         (the usual endpoint is {DEFAULT})"
    )
}

//! What an operator may do with a stored checkpoint by hand: look at it, and bind it to changed settings.

use crate::checkpoint::codec::{decode, encode};
use crate::error::Error;
use crate::settings::Config;
use crate::sync::binding::Binding;
use crate::text::time::Millis;

/// A checkpoint bound to other settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebound {
    /// The new checkpoint.
    pub checkpoint: String,
    /// What it leaves out, in sentences.
    pub left_out: Vec<String>,
}

/// Describes a checkpoint in lines for the operator.
///
/// # Errors
///
/// Returns a message if the text is not a checkpoint of this connector.
pub fn summary(checkpoint: &str) -> Result<String, String> {
    let state = decode(checkpoint).map_err(|error| error.to_string())?;
    let time = |time: Option<Millis>| time.map_or("not yet".to_owned(), |time| time.to_string());
    let unknown = state.pace.unknown().names().join(", ");
    let mut lines = vec![
        format!("organization    {}", state.binding.org_slug()),
        format!("endpoint        {}", state.binding.origin()),
        format!("event types     {}", state.binding.types()),
        format!("unknown types   {}", if unknown.is_empty() { "-" } else { &unknown }),
        format!("start           {}", time(state.tail.start())),
        format!("high-water      {}", time(state.tail.high_water())),
        format!("last poll       {}", time(state.tail.polled())),
        format!(
            "retry after     {}",
            state.pace.throttled_until().map_or("-".to_owned(), |until| until.to_string())
        ),
        format!(
            "rate limit      {}",
            state.pace.budget().buckets().summary().unwrap_or_else(|| "-".to_owned())
        ),
        format!("recent uuids    {}", state.walk.known()),
        format!("open gaps       {}", state.walk.gaps().len()),
    ];
    let gap = |gap: &crate::sync::gap::Gap| {
        format!("  from {} to {} not yet delivered", gap.floor, gap.reached)
    };
    lines.extend(state.walk.gaps().iter().map(gap));
    Ok(lines.join("\n"))
}

/// Returns a checkpoint whose next call looks for new events, although no poll is due: an operator who starts a run wants
/// to see what is new now. A backfill continues after it.
///
/// Returns `None` if nothing was read yet, or if the text is not a checkpoint of this connector.
pub fn look_now(checkpoint: &str) -> Option<String> {
    let mut state = decode(checkpoint).ok()?;
    let has_begun = state.tail.high_water().is_some();
    state.pace.look_now();
    has_begun.then(|| encode(&state))
}

/// Binds a checkpoint to the endpoint and filter of other settings, from its high-water mark on. Gaps that are still
/// open below it are abandoned and reported. The organization must stay the same.
///
/// # Errors
///
/// Returns a message if the text is not a checkpoint of this connector, if the settings are invalid, or if the
/// organization differs.
pub fn rebind(checkpoint: &str, settings: &str) -> Result<Rebound, String> {
    let words = |error: Error| error.to_string();
    let mut state = decode(checkpoint).map_err(words)?;
    // The secret is not used here, and the start time is not checked, so any value will do.
    let secrets = [("api_token".to_owned(), "unused-placeholder".to_owned())];
    let config = Config::parse(settings, &secrets, Millis::LAST).map_err(words)?;
    let binding = Binding::of(&config);
    if binding.org_slug() != state.binding.org_slug() {
        return Err(format!(
            "the state is for organization {}, but the settings are for {}; use a separate state",
            state.binding.org_slug(),
            binding.org_slug()
        ));
    }
    if binding == state.binding {
        return Ok(Rebound { checkpoint: checkpoint.to_owned(), left_out: Vec::new() });
    }
    let mut left_out: Vec<String> = state
        .walk
        .gaps()
        .iter()
        .map(|gap| {
            format!("events from {} to {} that were not yet delivered", gap.floor, gap.reached)
        })
        .collect();
    if let Some(high_water) = state.tail.high_water() {
        left_out.push(format!("events before {high_water} that only the new settings would show"));
    }
    state.rebind(&config);
    Ok(Rebound { checkpoint: encode(&state), left_out })
}

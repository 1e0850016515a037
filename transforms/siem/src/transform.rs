//! The transform itself: one event in, one event out, in the same order.

use serde_json::value::{RawValue, to_raw_value};

use crate::event::Event;
use crate::input::Input;
use crate::settings::{Schema, Settings};
use crate::time::millis;
use crate::{ecs, ocsf};

/// Returns the payload of each event in the schema.
///
/// An event without a readable time gets that of its neighbor in the list. With the time 0, no search would find it.
///
/// # Errors
///
/// Returns the error of the serializer, which does not fail on text.
pub fn transform<'a>(
    settings: &Settings,
    events: impl Iterator<Item = Input<'a>> + Clone,
) -> serde_json::Result<Vec<String>> {
    let first = events.clone().find_map(|event| millis(event.occurred_at));
    let mut time = first.unwrap_or_default();
    events
        .map(|input| {
            time = millis(input.occurred_at).unwrap_or(time);
            let input = Input { time, ..input };
            match Event::parse(input.payload) {
                Some(event) => write(settings, &input, event),
                None => write(settings, &input, Event::opaque(&json(input.payload)?)),
            }
        })
        .collect()
}

fn write(settings: &Settings, input: &Input, event: Event) -> serde_json::Result<String> {
    let slug = settings.org_slug.as_deref();
    match settings.schema {
        Schema::Ocsf(version) => ocsf::write(input, event, slug, version),
        Schema::Ecs(version) => ecs::write(input, event, slug, version),
    }
}

/// Returns a payload that is not an object: as it is if it is JSON, or else as text.
fn json(payload: &str) -> serde_json::Result<Box<RawValue>> {
    serde_json::from_str(payload).or_else(|_| to_raw_value(payload))
}

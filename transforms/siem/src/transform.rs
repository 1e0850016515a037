//! The transform itself: one event in, one event out, in the same order.

use source_text::object::push_line;
use source_text::scan::cursor::Cursor;
use source_text::scan::line::Line;
use source_text::time::Millis;

use crate::event::Event;
use crate::input::{Input, Time};
use crate::prefixes::Prefixes;
use crate::settings::{Schema, Settings};
use crate::{ecs, ocsf};

/// What the schemas add to an event, in bytes: a little more than they do, so that a record is written without a copy.
const ADDED_BYTES: usize = 768;

/// Maximum length of a type, in bytes. Buildkite's take at most 50. An event of a longer one counts as one without a type.
const TYPE_BYTES_MAX: usize = 256;

/// A transform with its settings.
#[derive(Debug)]
pub struct Transform {
    settings: Settings,
    ocsf: Prefixes<ocsf::Prefix>,
    ecs: Prefixes<ecs::Prefix>,
}

impl Transform {
    /// Returns a transform with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ocsf: Prefixes::default(), ecs: Prefixes::default() }
    }

    /// Returns the payload of each event in the schema.
    ///
    /// An event without a readable time gets that of the last event before it that has one, or else of the first after it,
    /// or else 0.
    pub fn apply<'a>(&mut self, events: impl Iterator<Item = Input<'a>> + Clone) -> Vec<String> {
        let millis = |event: &Input| Millis::parse_rfc3339(event.occurred_at).map(Millis::get);
        let mut ms = events.clone().find_map(|event| millis(&event)).unwrap_or_default();
        // Reused, so that its memory is.
        let mut event = Event::default();
        let each = |input: Input<'a>| {
            let own = millis(&input);
            ms = own.unwrap_or(ms);
            let time = Time { ms, is_own: own.is_some() };
            // It is nobody's type, and would be written several times.
            let kind = if input.kind.len() > TYPE_BYTES_MAX { "" } else { input.kind };
            let input = Input { kind, ..input };
            match event.read(input.payload) {
                true => self.written(&input, time, &mut event),
                false => self.unfit(&input, time),
            }
        };
        events.map(each).collect()
    }

    /// Returns the payload of an event that fits nothing, whatever its type.
    fn unfit(&mut self, input: &Input, time: Time) -> String {
        let object = wrapped(input.payload);
        let mut event = Event::default();
        event.read(&object);
        self.written(&Input { kind: "", ..*input }, time, &mut event)
    }

    fn written<'a>(&mut self, input: &Input<'a>, time: Time, event: &mut Event<'a>) -> String {
        let mut out = String::with_capacity(input.payload.len() + ADDED_BYTES);
        let (kind, slug) = (input.kind, self.settings.org_slug.as_deref());
        match self.settings.schema {
            Schema::Ocsf(version) => {
                let prefix = self.ocsf.of(kind, || ocsf::Prefix::new(kind, slug, version));
                ocsf::write(&mut out, input, time, event, prefix);
            }
            Schema::Ecs(version) => {
                let prefix = self.ecs.of(kind, || ecs::Prefix::new(kind, version));
                ecs::write(&mut out, input, time, event, prefix, slug);
            }
        }
        out
    }
}

/// Returns an object with a payload that is not one: as it is if it is JSON, or else as text.
fn wrapped(payload: &str) -> String {
    let mut out = String::from("{\"payload\":");
    let before = out.len();
    if Cursor::new(payload).whole(&mut Line::to(&mut out, 0)).is_err() {
        out.truncate(before);
        push_line(&mut out, payload);
    }
    out.push('}');
    out
}

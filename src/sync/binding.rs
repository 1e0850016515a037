//! What a state is bound to. With another organization, endpoint or filter, its times mean nothing.

use crate::error::short;
use crate::settings::Config;
use crate::text::object::Object;
use crate::text::reader::Reader;

/// Maximum number of characters of a setting that a message shows.
const SHOWN: usize = 200;

/// The settings that a state belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Slug of the organization.
    org_slug: String,
    /// Origin of the endpoint: scheme, host, port.
    origin: String,
    /// Event types requested, sorted. Empty for all.
    event_types: Vec<String>,
}

impl Binding {
    /// Returns the binding of these settings.
    pub fn of(config: &Config) -> Self {
        Self {
            org_slug: config.org_slug.clone(),
            origin: config.endpoint.origin(),
            event_types: config.event_types.clone(),
        }
    }

    /// Writes the binding's part of the checkpoint.
    pub fn write(&self, object: &mut Object) {
        object.text("org_slug", &self.org_slug);
        object.text("origin", &self.origin);
        object.texts("event_types", &self.event_types);
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            org_slug: reader.text("org_slug"),
            origin: reader.text("origin"),
            event_types: reader.texts("event_types"),
        }
    }

    /// Returns the slug of the organization.
    pub fn org_slug(&self) -> &str {
        &self.org_slug
    }

    /// Returns the origin of the endpoint: scheme, host, port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the requested event types, as a list for people.
    pub fn types(&self) -> String {
        if self.event_types.is_empty() { "all".to_owned() } else { self.event_types.join(", ") }
    }

    /// Returns whether these types can be left out: each is requested, is named only once, and is not the last one
    /// left.
    pub fn can_leave_out(&self, names: &[String]) -> bool {
        let asked = &self.event_types;
        let is_once =
            |(at, name): (usize, &String)| !names[..at].contains(name) && asked.contains(name);
        names.is_empty() || (names.len() < asked.len() && names.iter().enumerate().all(is_once))
    }

    /// Returns why a state with this binding cannot be continued with the `wanted` one, and what to do.
    ///
    /// Returns `None` if it can be continued.
    pub fn refusal(&self, wanted: &Self) -> Option<String> {
        let types = |binding: &Self| match binding.event_types.is_empty() {
            true => "all event types".to_owned(),
            false => format!("event_types {}", binding.event_types.join(", ")),
        };
        let (what, has, wants) = if self.org_slug != wanted.org_slug {
            ("organization", self.org_slug.clone(), wanted.org_slug.clone())
        } else if self.origin != wanted.origin {
            ("endpoint", self.origin.clone(), wanted.origin.clone())
        } else if self.event_types != wanted.event_types {
            ("list of event_types", types(self), types(wanted))
        } else {
            return None;
        };
        let (has, wants) = (short(&has, SHOWN), short(&wants, SHOWN));
        Some(format!(
            "the checkpoint belongs to another {what}: it is for {has}, but the settings say {wants}; nothing was \
             changed. Restore the old setting, use a separate state for the new one, or rebind the state, which skips \
             events not read yet"
        ))
    }
}

//! One event as the source delivered it.

use source_text::object::{Object, push_line};

/// One event as the source delivered it: the fields of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Identity of the event.
    pub id: &'a str,
    /// When it happened, as text. Not always a time.
    pub occurred_at: &'a str,
    /// Its type. Empty if unknown.
    pub kind: &'a str,
    /// The whole event, on one line.
    pub payload: &'a str,
}

/// When an event happened.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// In milliseconds since 1970.
    pub ms: i64,
    /// Whether it is the event's own. If that cannot be read, it is another event's.
    pub is_own: bool,
}

/// Writes a member that is a text from the source or the settings.
pub(crate) fn line(object: &mut Object, name: &str, text: &str) {
    push_line(object.member(name), text);
}
